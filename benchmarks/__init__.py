"""Speed and quality, printed as ratios of one run."""
