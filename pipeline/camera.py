"""A camera: a directory with a detector, its weights and threshold, what is normal there, and a card."""

import contextlib
import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from core import files, pictures, video
from core.arrays import Images
from core.errors import InputError, UnknownNameError, WeightsError
from core.registry import collect, pick
from people import policy
from people.actor import current
from pipeline import camera_file, camera_place
from pipeline.camera_file import CameraFile

if TYPE_CHECKING:
    # Cameras are listed and read without PyTorch; only their networks need it.
    from core.contracts import Detector, DetectorEntry
    from core.device import Runtime

SHIPPED = Path(__file__).resolve().parent.parent / "assets" / "cameras"
MIN_RESEMBLANCE = 0.35
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LOOK_FRAMES = 64
_BACKGROUND_WIDTH, _BACKGROUND_HEIGHT = 96, 960
_MAX_BACKGROUND_PIXELS = 1 << 20
"""Of ``background.png``; ten times what is written."""


@dataclass(frozen=True)
class Camera(CameraFile):
    """Everything that scoring a clip of one fixed camera needs.

    Attributes:
        name: lower-case letters, digits, ``.``, ``_`` and ``-``.
        folder: where ``camera.json``, ``weights.safetensors`` and ``background.png`` lie.
        background: (h, w, 3) uint8 RGB median of the normal footage, small.
        by: the kind of score that labelled clips are scored by; all that it has, joined, unless one is chosen.
    """

    name: str
    folder: Path
    background: Images
    by: str = dataclasses.field(default="joined", kw_only=True)

    def __post_init__(self) -> None:
        """Check nothing: files are checked as they are read and written, and a kind of score may have no threshold."""

    def build(self, runtime: "Runtime") -> "Detector":
        """Build the detector, load its weights and place it.

        Raises:
            WeightsError: the weights are missing, were changed, or are another network's, or it is too large.
            UnknownNameError: this version of Whycam has no such detector or setting.
        """
        from core import network_size, weights

        path = self.folder / "weights.safetensors"
        state = weights.load(path, self.sha256)
        network_size.check(lambda: make_detector(self.detector, self.settings), path)
        module = make_detector(self.detector, self.settings)
        weights.apply(module, state)
        return runtime.to_inference(module)


def detector_entries() -> "dict[str, DetectorEntry]":
    """Return every registered detector by name."""
    return collect("detectors", "DETECTORS")


def make_detector(name: str, settings: Mapping[str, Any]) -> "Detector":
    """Build a registered detector with some settings changed.

    Raises:
        UnknownNameError: there is no such detector or setting; the known ones are listed.
    """
    entry: DetectorEntry = pick("detector", name, detector_entries())
    return entry.make(**settings)


def cameras() -> dict[str, Path]:
    """List the cameras that come with Whycam and the user's own, as far as the one who asks sees them.

    A user's wins over a shipped one of its name.
    """
    homes = (SHIPPED, files.home() / "cameras")
    for folder in camera_place.unsettled(homes[1]):
        with contextlib.suppress(InputError):  # said when the camera is loaded
            camera_place.settle(folder)
    found = {card.parent.name: card.parent for home in homes for card in sorted(home.glob("*/camera.json"))}
    return {name: folder for name, folder in found.items() if policy.sees([name])}


def named_or_only(name: str | None) -> str:
    """Return a camera's name as it is; without one, that of the only camera there is.

    Raises:
        InputError: none is named, and there are several or none.
    """
    known = cameras()
    if name is None and len(known) != 1:
        raise InputError(f"say which camera the clip is from with --camera; known: {', '.join(known) or 'none'}")
    return name or next(iter(known))


def load(name: str) -> Camera:
    """Load a camera by its name, or by the path of its directory.

    Raises:
        UnknownNameError: there is no such camera; the known ones are listed.
        InputError: its ``camera.json`` is not one, or a new one cannot take its place.
    """
    known = cameras()
    folder = known.get(name)
    if folder is None and not current().known and (Path(name) / "camera.json").is_file():
        folder = Path(name)
    if folder is None:
        raise UnknownNameError("camera", name, known)
    camera_place.settle(folder)
    kept = camera_file.read(folder)
    try:
        background = pictures.read(folder / "background.png", most_pixels=_MAX_BACKGROUND_PIXELS)
    except InputError as error:
        raise WeightsError(f"camera {folder.name} has no readable background.png ({error}); train it again") from error
    return Camera(**vars(kept), name=folder.name, folder=folder, background=background)


def check_name(name: str) -> None:
    """Refuse what is no name of a camera.

    Raises:
        InputError: it has other than lower-case letters, digits, ``.``, ``_`` and ``-``, or is too long.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"camera name {name!r} must be lower-case letters, digits, '.', '_' and '-', at most 64")


def check_target(folder: Path, replace: bool) -> None:
    """Refuse to make a camera in a folder where one is, unless it may be replaced, and under a shipped one's name.

    Raises:
        InputError: the name is that of a camera that comes with Whycam, or there is a camera already.
    """
    place = folder.resolve()
    if place.parent == (files.home() / "cameras").resolve() and (SHIPPED / place.name / camera_file.NAME).exists():
        raise InputError(f"camera {place.name!r} comes with Whycam and stays as it is; choose another name")
    camera_place.settle(folder)
    if (folder / camera_file.NAME).exists() and not replace:
        raise InputError(
            f"there is a camera {place.name!r} already; choose another name, or replace it: --replace lets the new one "
            "take its place once it is complete"
        )


def save(camera: Camera) -> None:
    """Write ``camera.json`` and ``background.png``; the weights are already there.

    Raises:
        InputError: the name is not one.
        StorageError: the disk is full or cannot be written to.
    """
    check_name(camera.name)
    with camera_place.writing(camera.folder):
        write(camera, camera.folder)


def write(camera: Camera, folder: Path) -> None:
    """Write ``background.png`` and ``camera.json`` into a folder that nobody reads yet, or that is held.

    Raises:
        StorageError: the disk is full or cannot be written to.
    """
    ok, png = cv2.imencode(".png", camera.background[..., ::-1])
    with files.write_whole(folder / "background.png") as handle:
        handle.write(png.tobytes() if ok else b"")
    content = {field.name: getattr(camera, field.name) for field in dataclasses.fields(CameraFile)}
    files.write_json(folder / "camera.json", dataclasses.asdict(CameraFile(**content)))


def note(camera: Camera, result: Mapping[str, Any]) -> None:
    """Write the figures of an evaluation on the camera's card, under the id of its label set.

    Raises:
        StorageError: the card cannot be written.
    """
    kept = ("protocol", "auc", "auc_pr", "eer", "f1", "f1_oracle", "frame_index", "frames", "scored", "abnormal")
    with camera_place.writing(camera.folder):
        now = load(str(camera.folder))
        figures = {**now.card.get("figures", {}), result["label_set"]: {name: result[name] for name in kept}}
        save(dataclasses.replace(now, card={**now.card, "figures": figures}))


def likeness(camera: Camera, images: Images, size: tuple[int, int] | None = None) -> tuple[tuple[str, ...], float]:
    """Hold footage against this camera's normal footage.

    Args:
        camera: the camera that would score the clip.
        images: (T, H, W, 3) uint8, some frames of the clip.
        size: (height, width) of the clip, where ``images`` are its thumbnails.

    Returns:
        Sentences: that the picture has another shape, that it shows another place, a view that has moved or turned
        since, or the place by night; none where it does not differ. And the share of the background that is alike,
        0 to 1, as :class:`pipeline.scene.Likeness` has it.
    """
    from pipeline import scene  # with SciPy, half a second that listing cameras does not need

    height, width = size or images.shape[1:3]
    warnings = []
    if abs(math.log((width / height) / (camera.width / camera.height))) > 0.02:
        warnings.append(
            f"The clip is {width}×{height}, camera {camera.name} saw {camera.width}×{camera.height}: "
            "the picture is stretched to fit, and its scores are less certain."
        )
    background = np.asarray(np.median(images if size else thumbnails(images), axis=0), np.uint8)
    found = scene.compare(camera.background, background, (camera.width, camera.height))
    return (*warnings, *scene.differences(found, camera.name)), found.alike


def look(camera: Camera, path: Path) -> tuple[tuple[str, ...], float]:
    """Do :func:`likeness` on the first frames of a clip.

    Raises:
        ClipError: the clip cannot be read.
    """
    seen: list[Images] = []
    size = (0, 0)
    for chunk in video.read(path, chunk=16, wanted=lambda frame: frame % 4 == 0):
        seen.append(thumbnails(chunk.images))
        size = chunk.images.shape[1:3]
        if chunk.first + len(chunk) >= _LOOK_FRAMES - 3:
            break
    return likeness(camera, np.concatenate(seen), size)


def background_of(images: Images) -> Images:
    """Return the median over time of (T, H, W, 3) frames, 96 pixels wide, (h, 96, 3) uint8."""
    return np.asarray(np.median(thumbnails(images), axis=0), np.uint8)


def thumbnails(images: Images) -> Images:
    """Scale (T, H, W, 3) frames to 96 pixels of width, (T, h, 96, 3) uint8; a very narrow picture grows wider."""
    height = min(max(1, round(images.shape[1] * _BACKGROUND_WIDTH / images.shape[2])), _BACKGROUND_HEIGHT)
    small = [cv2.resize(image, (_BACKGROUND_WIDTH, height), interpolation=cv2.INTER_AREA) for image in images]
    return np.stack(small)


def resemblance(one: Images, other: Images) -> float:
    """Correlate the structure of two backgrounds: 1 for the same place, about 0 for different ones.

    Both are brought to one size, to grey, and freed of slow changes of light, so that day and dusk resemble each other.
    """
    size = (one.shape[1], one.shape[0])
    flat = []
    for picture in (one, cv2.resize(other, size, interpolation=cv2.INTER_AREA)):
        grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY).astype(np.float32)
        flat.append((grey - cv2.GaussianBlur(grey, (0, 0), size[0] / 12)).ravel())
    norm = float(np.linalg.norm(flat[0]) * np.linalg.norm(flat[1]))
    return float(flat[0] @ flat[1]) / norm if norm > 0 else 0.0


def own(camera: Camera) -> bool:
    """Tell whether a camera is the user's, and not one that comes with Whycam."""
    return SHIPPED not in camera.folder.resolve().parents
