"""Types of arrays, named once; shapes, units and ranges stand in docstrings."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Images = npt.NDArray[np.uint8]
"""Pictures, RGB; a heat map or a table of bytes is of this type, too."""
Seconds = npt.NDArray[np.float64]
"""Times of frames, in seconds."""
