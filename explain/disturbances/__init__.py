"""What the camera does to its picture, told from all frames of a clip: see :mod:`explain.disturbances.monitor`."""
