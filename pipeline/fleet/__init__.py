"""Many clips, one after the other here or by several workers on this machine and others."""
