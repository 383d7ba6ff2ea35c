"""Cameras from normal footage: what is seen in it, the training loop, the threshold, and its cost."""
