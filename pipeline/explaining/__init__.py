"""Why a score is what it is: explanation methods on one frame, and events without some of what moved."""
