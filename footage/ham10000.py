"""HAM10000, skin lesions in a folder for each class (Tschandl, Rosendahl and Kittler, 2018).

::

    root/nv/*.jpg …                                        melanocytic nevi, which are normal
    root/akiec  root/bcc  root/bkl  root/df  root/mel  root/vasc

As in ``ravi2021class``, 6600 of the 6705 normal images are for training, here always the same ones; the rest are for
testing.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.errors import DataError
from footage import _image_sets
from footage._image_sets import ImageSet, Pictures

NORMAL = "nv"
CLASSES = {"nv": 6705, "akiec": 327, "bcc": 514, "bkl": 1099, "df": 115, "mel": 1113, "vasc": 142}
TRAINING = 6600


class Ham10000(ImageSet):
    """HAM10000: images of skin lesions in seven classes, one of them normal."""

    name = "ham10000"
    official: Mapping[str, int] = {
        "training_clips": 1, "training_frames": TRAINING, "test_clips": 1, "test_frames": 10_015 - TRAINING,
        "abnormal": 10_015 - CLASSES[NORMAL],
    }  # fmt: skip

    def __init__(self, root: Path) -> None:
        """Look for the class folders in ``root``; letter case does not matter.

        Raises:
            DataError: there is none for the normal class.
        """
        found = {name.casefold(): files for name, files in _image_sets.folders(Path(root)).items()}
        found = {name: files for name, files in found.items() if name in CLASSES}
        if NORMAL not in found:
            raise DataError(f"{root} must hold a folder {NORMAL!r} with the normal images, beside {', '.join(CLASSES)}")
        normal = found.pop(NORMAL)
        cut = round(len(normal) * TRAINING / CLASSES[NORMAL])
        order = np.random.default_rng(0).permutation(len(normal))
        test = _image_sets.flat(found) | {normal[i]: NORMAL for i in order[cut:]}
        train = tuple(normal[i] for i in sorted(order[:cut]))
        super().__init__([Pictures("lesions", train, test, NORMAL, "ham10000/classes")])


DATASETS = {"ham10000": Ham10000}
