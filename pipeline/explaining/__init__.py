"""Explanation methods on one frame, and counterfactuals of events."""
