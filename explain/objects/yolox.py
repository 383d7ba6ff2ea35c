"""YOLOX-nano (COCO's 80 classes) through ONNX Runtime: a small peer of the other object models, and a teacher.

``ge2021yolox``; Apache-2.0, by Megvii. ``yolox`` looks at the whole frame; ``yolox-tiles`` looks also at enlarged,
overlapping tiles of it, and so finds the small people of surveillance footage. ``auto`` never chooses either.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torchvision.ops import batched_nms

from core.arrays import Bools, Floats, Images, Ints
from core.device import Runtime
from core.errors import WeightsError
from core.records import Detections
from explain.backends import Progress, Published
from explain.objects.rcnn import COCO, check, to_detections

URL = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx"
FILE = "yolox_nano_coco.onnx"
SHA256 = "d39bee73564e338080378b0ad567fbb40e818b55bbfaf971de82a0267ed16b8a"
NAME = "YOLOX-nano (COCO)"
OFFICIAL = Published(URL, FILE, SHA256, 3_713_911, model=NAME)
SIDE, STRIDES, GREY = 416, (8, 16, 32), 114
MIN_CONFIDENCE, NMS_IOU = 0.05, 0.5
SHORT_SIDE = 720
"""To which ``yolox-tiles`` enlarges a frame's short side before it cuts tiles: Ped2's 240 rows three times."""
TILE_STEP_PIXELS = 300
"""Pixels from one tile to the next: what is at most 116 pixels wide lies whole in one of them."""
EDGE_PIXELS = 3.0
"""A box this close to a tile's inner edge is a part of what the next tile shows whole."""

Run = Callable[[Floats], Floats]
"""(1, 3, 416, 416) float32 to the raw answer (1, 3549, 85) float32."""
Place = tuple[int, int, int, int]


def _grid() -> tuple[Floats, Floats]:
    """Return each prediction's cell (3549, 2) as x, y, and its stride (3549, 1)."""
    cells = [np.stack(np.meshgrid(np.arange(SIDE // s), np.arange(SIDE // s)), 2).reshape(-1, 2) for s in STRIDES]
    strides = [np.full((len(c), 1), s) for c, s in zip(cells, STRIDES, strict=True)]
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


CELLS, STRIDE = _grid()


def decode(raw: Floats) -> tuple[Floats, Floats, Ints]:
    """Turn a raw answer into boxes (section 2.1: offsets in cells, sizes as logarithms, at strides 8, 16, 32).

    Args:
        raw: (3549, 85): x, y, log width, log height, objectness, 80 class probabilities.

    Returns:
        (N, 4) boxes in pixels of the network's input, (N,) confidence, (N,) class: those of confidence 0.05 and more.
    """
    which = raw[:, 5:].argmax(1)
    sure = raw[:, 4] * raw[np.arange(len(raw)), 5 + which]
    good = sure >= MIN_CONFIDENCE
    centre = (raw[good, :2] + CELLS[good]) * STRIDE[good]
    half = np.exp(np.minimum(raw[good, 2:4], 10)) * STRIDE[good] / 2
    boxes = np.concatenate([centre - half, centre + half], 1)
    return boxes.astype(np.float32), sure[good].astype(np.float32), which[good]


def letterbox(image: Images) -> tuple[Floats, float]:
    """Bring an RGB picture to the network's input: its upper left corner, the rest grey.

    Returns:
        (1, 3, 416, 416) float32 BGR of 0 to 255, and the factor by which the picture was scaled.
    """
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(np.ascontiguousarray(image), size)
    return np.ascontiguousarray(canvas[None, :, :, ::-1].transpose(0, 3, 1, 2), np.float32), scale


def tiles(height: int, width: int) -> list[Place]:
    """Cover an enlarged frame with overlapping tiles (x1, y1, x2, y2) of 416 pixels; none where one holds it all."""
    if max(height, width) <= SIDE:
        return []
    return [(x, y, min(x + SIDE, width), min(y + SIDE, height)) for y in _starts(height) for x in _starts(width)]


def _starts(length: int) -> list[int]:
    count = 1 + max(0, -(-(length - SIDE) // TILE_STEP_PIXELS))
    return [round(start) for start in np.linspace(0, max(0, length - SIDE), count)]


@dataclass
class YoloxModel:
    """YOLOX as an object model.

    Attributes:
        name: who answers.
        run: the network.
        short_side: frames are enlarged to it and looked at in tiles, too; 0 for the whole frame alone.
    """

    name: str
    run: Run
    short_side: int = 0
    labels: tuple[str, ...] = COCO

    def detect(self, images: Images, first: int = 0) -> list[Detections]:
        """Label the boxes of N frames, (N, H, W, 3) uint8; entry i is said to be of frame ``first + i``."""
        check(images)
        return [self._one(image, first + i) for i, image in enumerate(images)]

    def _one(self, image: Images, frame: int) -> Detections:
        seen = list(self._look(image))
        boxes, sure, which = (torch.from_numpy(np.concatenate(part)) for part in zip(*seen, strict=True))
        kept = batched_nms(boxes, sure, which, NMS_IOU)
        return to_detections([(boxes[kept], which[kept], sure[kept])], COCO, image.shape[:2], frame)[0]

    def _look(self, image: Images) -> Iterator[tuple[Floats, Floats, Ints]]:
        """Yield boxes in pixels of the frame, confidence and class, of the whole frame and of each tile."""
        yield self._pass(image)
        height, width = image.shape[:2]
        zoom = max(1.0, self.short_side / min(height, width))
        if not self.short_side or zoom * max(height, width) > 8 * SIDE:
            return
        size = (round(width * zoom), round(height * zoom))
        large = np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_CUBIC), np.uint8)
        for place in tiles(*large.shape[:2]):
            x1, y1, x2, y2 = place
            boxes, sure, which = self._pass(large[y1:y2, x1:x2])
            boxes += np.array([x1, y1, x1, y1], np.float32)
            good = whole(boxes, place, size)
            yield boxes[good] / np.float32(zoom), sure[good], which[good]

    def _pass(self, image: Images) -> tuple[Floats, Floats, Ints]:
        inputs, scale = letterbox(image)
        boxes, sure, which = decode(self.run(inputs)[0])
        return boxes / np.float32(scale), sure, which


def whole(boxes: Floats, place: Place, size: tuple[int, int]) -> Bools:
    """Return which boxes (N, 4) do not touch an inner edge of the tile; an edge of the frame (width, height) may be."""
    x1, y1, x2, y2 = place
    low = [-np.inf if at == 0 else at + EDGE_PIXELS for at in (x1, y1)]
    high = [np.inf if at == end else at - EDGE_PIXELS for at, end in zip((x2, y2), size, strict=True)]
    inside = (boxes[:, :2] > low) & (boxes[:, 2:] < high)
    return np.asarray(inside.all(axis=1), np.bool_)


def _session(path: str) -> Run:
    """Open an ONNX file for the CPU; a ``WeightsError`` where it is none."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises classes of its own C++ module, which have no common base
        raise WeightsError(f"{path!r} is no ONNX file that can be run; get it again") from error
    name = session.get_inputs()[0].name

    def run(inputs: Floats) -> Floats:
        return np.asarray(session.run(None, {name: inputs})[0], np.float32)

    return run


def load(runtime: Runtime, progress: Progress | None = None) -> YoloxModel:
    """Load it for whole frames: 4 MB, from a local copy, the cache, or the network; it runs on the CPU alone.

    Raises:
        WeightsUnavailable: the weights are neither here nor can be had.
        WeightsError: they are not those this was made with.
    """
    return YoloxModel(NAME, _session(str(OFFICIAL.fetch(progress))))


def load_tiles(runtime: Runtime, progress: Progress | None = None) -> YoloxModel:
    """Load it for whole frames and enlarged tiles: some ten times slower, for small people; raises as :func:`load`."""
    return YoloxModel(f"{NAME}, on tiles", load(runtime, progress).run, SHORT_SIDE)


OBJECT_MODELS = {"yolox": load, "yolox-tiles": load_tiles}
WEIGHTS = {"yolox": OFFICIAL}
