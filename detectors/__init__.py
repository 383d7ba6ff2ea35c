"""One file per paper: networks, losses, training stages, variants as data; each file registers itself in DETECTORS."""
