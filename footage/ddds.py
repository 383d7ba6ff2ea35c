"""Daytime Driver Distraction, in a folder for each class, as ``ravi2021class`` (section 4.2.2) uses it.

::

    root/train/normal/*.jpg …                              16 drivers who drive
    root/test/normal/*.jpg …                               the others, and
    root/test/talking  root/test/texting  root/test/operating_gps
"""

from collections.abc import Mapping
from pathlib import Path

from core.errors import DataError
from footage import _image_sets
from footage._image_sets import ImageSet, Pictures

NORMAL = "normal"
ABNORMAL = {"talking": 4921, "texting": 4991, "operating_gps": 4926}


class Ddds(ImageSet):
    """Daytime Driver Distraction: drivers who drive normally, talk, text or operate a GPS."""

    name = "ddds"
    official: Mapping[str, int] = {"training_clips": 1, "test_clips": 1, "abnormal": sum(ABNORMAL.values())}

    def __init__(self, root: Path) -> None:
        """Look for ``train`` and ``test`` in ``root``; letter case and spaces do not matter.

        Raises:
            DataError: there are no normal images to train or to test on.
        """
        root = Path(root)
        train, test = (
            {_plain(n): f for n, f in _image_sets.folders(root / part).items()} for part in ("train", "test")
        )
        if NORMAL not in train or NORMAL not in test:
            raise DataError(f"{root} must hold normal images in 'train/{NORMAL}' and in 'test/{NORMAL}'")
        super().__init__([Pictures("drivers", train[NORMAL], _image_sets.flat(test), NORMAL, "ddds/classes")])


def _plain(name: str) -> str:
    return name.casefold().replace(" ", "_").replace("-", "_")


DATASETS = {"ddds": Ddds}
