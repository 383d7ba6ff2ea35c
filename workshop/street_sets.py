"""Labelled street pictures in YOLO's form: read from a folder or a git directory, made small once, and kept.

Looked for under one folder as ``OWNER+NAME``: a work tree, or a git directory (itself, or ``repo`` or ``.git`` in it),
of which the newest commit is read. Only sets with terms that allow it are here.
"""

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from core.arrays import Floats, Images
from core.boxes import iou
from core.contracts import ObjectModel
from core.errors import DataError
from core.files import folder, write_json, write_whole
from core.records import Detections
from explain.labels import PERSON
from explain.objects.compact import RIDDEN
from explain.objects.rcnn import COCO

MAX_SIDE_PIXELS = 640
MIN_CONFIDENCE, MIN_IGNORED_CONFIDENCE = 0.5, 0.05
"""The teacher's confidence from which it adds what a set leaves unlabelled, and from which a place is ignored."""
SAME_IOU, TOUCH_IOU = 0.5, 0.1
JPEG_QUALITY = 92
VEHICLES = ("car", "bus", "truck", "motorcycle")
Row = tuple[str, Floats, bool]
"""A label, its (4,) box, and whether it is ignored rather than learnt."""


@dataclass(frozen=True)
class LabelledSet:
    """One set.

    Attributes:
        repository: ``owner/name``.
        terms: under which it is published.
        learnt, held_out: folders of images; each one's labels lie in the same path with ``labels`` for ``images``.
        names: our name of each class number; None for what is ignored.
        known: labels that the set gives to all that it shows; others are no background there.
        every: of the learnt pictures only each N-th, as neighbours are alike.
        wide: pictures were squeezed from 16:9 to squares.
        speckled: pictures carry salt-and-pepper noise.
    """

    repository: str
    terms: str
    learnt: tuple[str, ...]
    held_out: tuple[str, ...]
    names: tuple[str | None, ...]
    known: tuple[str, ...]
    every: int = 1
    wide: bool = False
    speckled: bool = False


HIGHWAY = "yolov9_custom_object_detection/Highway-Object-Detection-40"
SETS = (
    LabelledSet(
        "Gautam001601/TrafficVision", "CC BY 4.0", ("vehicles-1/train/images",), ("vehicles-1/test/images",),
        ("bus", "truck", "bus", "bus", "car", "truck", "bus", "truck", "truck", "truck", "truck", "truck"),
        ("car", "bus", "truck", PERSON, "bicycle"), every=3, wide=True,
    ),
    LabelledSet(
        "adeirman46/Level2-FSD", "CC BY 4.0", (f"{HIGHWAY}/train/images",), (f"{HIGHWAY}/test/images",),
        ("bus", "car", "motorcycle", "person", "truck"), (*VEHICLES, PERSON),
    ),
    LabelledSet(
        "yuskun/object_detected", "CC BY 4.0", ("datasets/car/train/images",),
        ("datasets/car/valid/images", "datasets/car/test/images"),
        ("motorcycle", "bus", "car", "truck"), VEHICLES, speckled=True,
    ),
    LabelledSet(
        "untrall/cs8803asi", "CC BY 4.0", ("datasets/traffic/train/images",), ("datasets/traffic/test/images",),
        ("bicycle", "bus", "car", "motorcycle", PERSON, None, "truck"), ("bicycle", *VEHICLES, PERSON),
    ),
    LabelledSet(
        "marcelkandula/Pedestrian-and-Cyclist-Detection", "MIT", ("test_vids/images/1", "test_vids/images/2"),
        ("test_vids/images/3",), (PERSON, "bicycle"), ("bicycle",),
    ),
    LabelledSet(
        "lightly-ai/coco128_yolo", "COCO's terms of use", ("images/train2017",), ("images/val2017",), COCO, COCO,
    ),
)  # fmt: skip
ELSEWHERE = {
    "images/train2017": "object_detection/labels/train2017",
    "images/val2017": "object_detection/labels/val2017",
}
"""Folders of labels that do not lie beside their images."""

Read = Callable[[Sequence[str]], Iterator[bytes]]


@dataclass(frozen=True)
class Picture:
    """A kept picture.

    Attributes:
        path: JPEG file.
        source: ``owner/name`` of its set.
        known: labels of which all is boxed.
        rows: what is in it.
    """

    path: Path
    source: str
    known: tuple[str, ...]
    rows: tuple[Row, ...]

    def image(self) -> Images:
        """Read it, (H, W, 3) uint8."""
        read = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if read is None:
            raise DataError(f"{str(self.path)!r} is no picture; delete its folder to have it made again")
        return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)


def gather(
    root: Path, cache: Path, teacher: Callable[[], ObjectModel], say: Callable[[str], None], held_out: bool = False
) -> list[Picture]:
    """Read the pictures of all sets under ``root``, reduced once and kept in ``cache``; ``say`` gets a line a set.

    Raises:
        DataError: ``root`` holds none of the sets, or one has a picture or labels that cannot be read.
        WeightsError: the teacher's weights cannot be had.
        StorageError: ``cache`` cannot be written.
    """
    there = [(one, place) for one in SETS if (place := root / one.repository.replace("/", "+")).is_dir()]
    if not there:
        names = ", ".join(one.repository.replace("/", "+") for one in SETS)
        raise DataError(f"{root} holds none of the labelled sets; put one of these folders there: {names}")
    found: list[Picture] = []
    for one, place in there:
        target = cache / one.repository.replace("/", "+") / ("held_out" if held_out else "learnt")
        if not (target / "index.json").exists():
            _make(one, place, folder(target), teacher(), held_out)
        pictures = kept(target, one.repository, one.known)
        say(f"sets: {one.repository}, {len(pictures)} pictures ({one.terms})")
        found += pictures
    return found


def _files(place: Path) -> tuple[list[str], Read]:
    """Return the names of all files of a set, and how to read some of them."""
    for git in (place, place / "repo", place / ".git", place / "repo" / ".git"):
        if (git / "HEAD").is_file() and (git / "objects").is_dir():
            listed = _git(git, "ls-tree", "-r", "-z", "--name-only", "HEAD")
            return listed.decode().split("\0")[:-1], partial(_blobs, git)
    names = [str(PurePosixPath(path.relative_to(place))) for path in sorted(place.rglob("*")) if path.is_file()]
    return names, lambda wanted: ((place / name).read_bytes() for name in wanted)


def _git(git: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", f"--git-dir={git}", *arguments], capture_output=True, check=False)
    if done.returncode:
        raise DataError(f"{git} is no git directory that can be read: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _blobs(git: Path, names: Sequence[str]) -> Iterator[bytes]:
    command = ["git", f"--git-dir={git}", "cat-file", "--batch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        for name in names:
            reader.stdin.write(f"HEAD:{name}\n".encode())
            reader.stdin.flush()
            head = reader.stdout.readline().split()
            if len(head) != 3:
                raise DataError(f"{git} has no file {name!r} in its newest commit")
            yield reader.stdout.read(int(head[2]) + 1)[:-1]
        reader.stdin.close()


def _make(one: LabelledSet, place: Path, target: Path, teacher: ObjectModel, held_out: bool) -> None:
    (names, read), (folders, every) = _files(place), (one.held_out, 1) if held_out else (one.learnt, one.every)
    images = [n for n in names if str(PurePosixPath(n).parent) in folders and n.lower().endswith((".jpg", ".png"))]
    there = set(names)
    pairs = [(image, text) for image in images[::every] if (text := _labels(image)) in there]
    content = read([name for pair in pairs for name in pair])

    def pictures() -> Iterator[tuple[Images, Sequence[Row]]]:
        for name, _ in pairs:
            image, labels = _decode(one, name, next(content)), next(content).decode()
            taught = teacher.detect(image[None])[0]
            yield image, completed(_rows(one, labels, image.shape[:2], name), taught, one.known)

    keep(target, pictures())


def keep(target: Path, pictures: Iterable[tuple[Images, Sequence[Row]]]) -> None:
    """Write (H, W, 3) uint8 pictures and what is in them into a folder; raises a ``StorageError``."""
    index = []
    for number, (image, rows) in enumerate(pictures):
        written = target / f"{number:05d}.jpg"
        with write_whole(written) as file:
            file.write(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes())
        index.append({"file": written.name, "rows": [[r[0], [round(float(v), 1) for v in r[1]], r[2]] for r in rows]})
    write_json(target / "index.json", index)


def _labels(image: str) -> str:
    path = PurePosixPath(image)
    at = str(path.parent)
    beside = ELSEWHERE.get(at) or at.replace("/images", "/labels")
    return f"{beside}/{path.stem}.txt"


def _decode(one: LabelledSet, name: str, content: bytes) -> Images:
    read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if read is None:
        raise DataError(f"{name!r} of {one.repository} is no picture")
    if one.speckled:
        read = cv2.medianBlur(read, 3)
    height, width = read.shape[:2]
    return small(read, round(height * 9 / 16) if one.wide else height, width)[..., ::-1]


def small(image: Images, height: int, width: int) -> Images:
    """Bring an (H, W, 3) uint8 picture, shown at (height, width), to sides of :data:`MAX_SIDE_PIXELS` at most."""
    scale = min(1.0, MAX_SIDE_PIXELS / max(height, width))
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA), np.uint8)


def _rows(one: LabelledSet, text: str, size: tuple[int, int], name: str) -> list[Row]:
    """Read YOLO's lines: class, centre and size as shares of the picture, or a polygon's points."""
    rows: list[Row] = []
    for line in text.splitlines():
        try:
            number, *values = (float(part) for part in line.split())
            label = one.names[int(number)]
        except (ValueError, IndexError) as error:
            raise DataError(f"{name!r} of {one.repository} has labels that cannot be read: {line!r}") from error
        at = np.array(values, np.float32)
        if len(at) == 4:
            corners = np.concatenate([at[:2] - at[2:] / 2, at[:2] + at[2:] / 2])
        else:
            corners = np.concatenate([at.reshape(-1, 2).min(0), at.reshape(-1, 2).max(0)])
        box = corners * np.array([size[1], size[0]] * 2, np.float32)
        rows.append((label or PERSON, box, label is None))
    return rows


def completed(rows: Sequence[Row], taught: Detections, known: Sequence[str]) -> list[Row]:
    """Add what the teacher sees and a set leaves unlabelled, and have what is ridden hold its rider.

    What the teacher is sure of is learnt where the set does not know its label; else its place is ignored.
    """
    boxes = np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4)
    overlaps = iou(boxes, taught.boxes)
    added: list[Row] = []
    for i, (label, sure, box) in enumerate(zip(taught.labels, taught.confidence, taught.boxes, strict=True)):
        alike = [name == label or {name, label} <= {*VEHICLES} for name, _, _ in rows]
        if sure < MIN_IGNORED_CONFIDENCE or (overlaps[alike, i] >= SAME_IOU).any():
            continue
        added.append((label, box, bool(label in known or sure < MIN_CONFIDENCE)))
    whole = [*rows, *added]
    riders = np.array([box for label, box, _ in whole if label == PERSON], np.float32).reshape(-1, 4)
    return [(label, with_rider(box, riders) if label in RIDDEN else box, ignored) for label, box, ignored in whole]


def with_rider(box: Floats, riders: Floats) -> Floats:
    """Return the (4,) box that holds what is ridden and the rider of (N, 4) who touches it most, if any does."""
    overlaps = iou(box[None], riders)[0]
    if not len(riders) or overlaps.max() < TOUCH_IOU:
        return box
    rider = riders[overlaps.argmax()]
    return np.concatenate([np.minimum(box[:2], rider[:2]), np.maximum(box[2:], rider[2:])])


def kept(target: Path, source: str, known: tuple[str, ...]) -> list[Picture]:
    """Read what :func:`keep` wrote, of a source that boxes all of the ``known`` labels."""
    index: list[Mapping[str, Any]] = json.loads((target / "index.json").read_text(encoding="utf-8"))
    return [
        Picture(
            target / entry["file"], source, known,
            tuple((str(label), np.array(box, np.float32), bool(ignored)) for label, box, ignored in entry["rows"]),
        )
        for entry in index
    ]  # fmt: skip
