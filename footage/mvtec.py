"""MVTec AD in its official layout (Bergmann, Fauser, Sattlegger and Steger, CVPR 2019).

::

    root/bottle/train/good/000.png …                       normal images to train on
    root/bottle/test/good/000.png …                        normal ones, and
    root/bottle/test/broken_large/000.png …                those with a defect
    root/bottle/ground_truth/broken_large/000_mask.png …   their masks

``root`` may also be one category's folder.
"""

from collections.abc import Mapping
from pathlib import Path

from core.errors import DataError
from footage import _image_sets
from footage._image_sets import ImageSet, Pictures

COUNTS = {
    "bottle": (209, 20, 63), "cable": (224, 58, 92), "capsule": (219, 23, 109), "carpet": (280, 28, 89),
    "grid": (264, 21, 57), "hazelnut": (391, 40, 70), "leather": (245, 32, 92), "metal_nut": (220, 22, 93),
    "pill": (267, 26, 141), "screw": (320, 41, 119), "tile": (230, 33, 84), "toothbrush": (60, 12, 30),
    "transistor": (213, 60, 40), "wood": (247, 19, 60), "zipper": (240, 32, 119),
}  # fmt: skip
"""Images to train on, normal and abnormal ones to test on."""


class MVTec(ImageSet):
    """MVTec AD: images of 15 categories of objects and textures, each a clip of its own, with masks of the defects."""

    name = "mvtec"

    def __init__(self, root: Path) -> None:
        """Look for categories in ``root``.

        Raises:
            DataError: there is none.
        """
        root = Path(root)
        places = [root] if (root / "test").is_dir() else sorted(f.parent for f in root.glob("*/test") if f.is_dir())
        if not places:
            raise DataError(f"{root} is not MVTec AD in its official layout: it holds no category with a folder 'test'")
        super().__init__([_category(place) for place in places])
        self.official: Mapping[str, int] = _official([place.name for place in places])


def _official(names: list[str]) -> dict[str, int]:
    if not set(names) <= set(COUNTS):
        return {}
    train, good, bad = (sum(COUNTS[name][i] for name in names) for i in range(3))
    return {
        "training_clips": len(names),
        "training_frames": train,
        "test_clips": len(names),
        "test_frames": good + bad,
        "abnormal": bad,
    }


def _category(place: Path) -> Pictures:
    def mask_of(file: Path) -> Path | None:
        if file.parent.name == "good":
            return None
        return place / "ground_truth" / file.parent.name / f"{file.stem}_mask.png"

    train = _image_sets.folders(place / "train").get("good", ()) if (place / "train").is_dir() else ()
    test = _image_sets.flat(_image_sets.folders(place / "test"))
    return Pictures(place.name, train, test, "good", "mvtec/defects", mask_of)


DATASETS = {"mvtec": MVTec}
