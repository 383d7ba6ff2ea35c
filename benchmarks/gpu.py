"""The product on a GPU, or what a CPU can tell of it: ``./whycam bench gpu``, some minutes.

Rates are warm, in this process. Of an analysis it is counted, too, how long this process is busy beside the networks'
own calls, how often it would wait for a GPU, and how many operations it would have a GPU compute: on a CPU, where none
waits, these stand in for the rates that only a GPU has.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import plaza
from benchmarks import speed
from core import device, video
from core.device import Runtime
from explain import actions, objects
from footage.folder import Folder
from footage.ucsd import Ped2
from pipeline import camera
from pipeline.analyse import analyse
from pipeline.camera import make_detector
from pipeline.evaluation.evaluate import evaluate
from pipeline.explaining import source
from pipeline.scoring import CHUNK_FRAMES
from pipeline.store import DEMO
from pipeline.training.loop import FitOptions, fit

CAMERA, FRAME = "plaza", 400
"""Frame of the demo that is explained."""
QUIET_FRAMES, BUSY_SECONDS = {"cpu": 300, "cuda": 3000}, {"cpu": 12.0, "cuda": 60.0}
COUNTED_SECONDS = 4.0
"""Of each clip, for the counts, which slow an analysis down."""
TRAINED = "vqunet-prediction"
Rows = list[dict[str, Any]]


def measure(device_name: str, root: Path | None, tell: Callable[[str], None]) -> Rows:
    """Return a row for each figure: ``figure``, ``measured``, ``aim`` (of an H100 or H200).

    Args:
        device_name: ``auto``, ``cpu`` or ``cuda``.
        root: of UCSD Ped2, to be evaluated; None leaves that out.
        tell: told what is at work.
    """
    runtime = device.choose(device_name)
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        folder = Path(place)
        quiet = folder / "quiet.mp4"
        tell("rendering")
        pictures = plaza.render(seed=77, frames=QUIET_FRAMES[runtime.device.type], anomalies=())
        video.encode(quiet, (frame.image for frame in pictures), 25)
        return [
            *_networks(runtime, device_name, tell), *_analyses(quiet, device_name, runtime, folder, tell),
            *_explanations(folder, device_name, tell), *_training(quiet, runtime, folder, tell),
            *_evaluation(root, runtime, tell),
        ]  # fmt: skip


def _row(figure: str, value: float | str, aim: str = "", digits: int = 2) -> dict[str, Any]:
    return {"figure": figure, "measured": value if isinstance(value, str) else round(value, digits), "aim": aim}


def _networks(runtime: Runtime, device_name: str, tell: Callable[[str], None]) -> Rows:
    tell("the network alone")
    alone, work, peak = speed.network(device_name), speed.work_per_frame(), speed.matrix_product(device_name)
    rows = [_row("matrix product, TFLOP/s", peak / 1e12), _row("network alone, frames/s", alone, digits=1),
            _row("network alone, share of the matrix product", alone * work / peak, ">= 0.5")]  # fmt: skip
    if runtime.device.type == "cuda":
        compiled = speed.network(device_name, compiled=True)
        rows.append(_row("network alone, compiled, share of the matrix product", compiled * work / peak, ">= 0.5"))
    return rows


def _analyses(quiet: Path, device_name: str, runtime: Runtime, folder: Path, tell: Callable[[str], None]) -> Rows:
    rows, chunk = Rows(), CHUNK_FRAMES[runtime.device.type]
    demo = _beginning(DEMO, folder / "demo.mp4", BUSY_SECONDS[runtime.device.type])
    tell("loading")
    speed.whole(_beginning(DEMO, folder / "short.mp4", COUNTED_SECONDS), device_name)  # imports and loads everything
    for name, clip, fast, busy in (("quiet clip", quiet, ">= 1000", "<= 0.4"), ("busy clip", demo, ">= 200", "<= 3")):
        tell(f"{name}, analysed")
        with Inside() as inside:
            began = time.perf_counter()
            rate = speed.whole(clip, device_name)
            outside = time.perf_counter() - began - inside.seconds
        frames = video.probe(clip).frames or 1
        part = _beginning(clip, folder / f"{name}.mp4", COUNTED_SECONDS)
        tell(f"{name}, counted")
        with Reads(runtime.device) as reads, Operations() as operations:
            analysed = len(analyse(part, camera.load(CAMERA), folder / f"{name}, counted", runtime=runtime).scores)
        waits = reads.count - _loading(runtime) + operations.sized
        rows += [
            _row(f"{name}, frames/s", rate, fast, 1),
            _row(f"{name}, ms a frame beside the networks", 1000 * outside / frames, busy),
            _row(f"{name}, waits for the device a chunk", waits * chunk / analysed, "<= 2", 1),
            _row(f"{name}, operations of the device a frame", operations.count / analysed, digits=0),
        ]
    return rows


def _loading(runtime: Runtime) -> int:
    """Count the waits of loading the camera's models, which come once however long a clip is."""
    known = camera.load(CAMERA)
    with Reads(runtime.device) as reads:
        known.build(runtime)
        objects.choose("auto", runtime)
        actions.choose("auto", runtime)
    return int(reads.count)


def _beginning(clip: Path, target: Path, seconds: float) -> Path:
    """Write the first seconds of a clip."""
    fps = video.probe(clip).fps
    frames = (image for chunk in video.read(clip, 32) for image in chunk.images)
    video.encode(target, (image for image, _ in zip(frames, range(round(seconds * fps)), strict=False)), fps)
    return target


def _explanations(folder: Path, device_name: str, tell: Callable[[str], None]) -> Rows:
    rows = Rows()
    for name, aim in (("first", "<= 4"), ("warm", "<= 1")):
        tell(f"twelve explanations, {name}")
        began = time.perf_counter()
        source.explain_source(str(DEMO), CAMERA, FRAME, "all", folder / f"why, {name}", device_name=device_name)
        rows.append(_row(f"all methods on one frame, {name}, s", time.perf_counter() - began, aim))
    return rows


def _training(clip: Path, runtime: Runtime, folder: Path, tell: Callable[[str], None]) -> Rows:
    """Train one epoch, and count from the second batch on."""
    tell("training")
    said: list[tuple[float, float]] = []
    settings = {} if runtime.device.type == "cuda" else {"height": 64, "width": 96, "base": 16}
    detector = make_detector(TRAINED, {**settings, "epochs": 1})
    fit(detector, Folder(clip).training(), folder / "training", runtime,
        FitOptions(windows=QUIET_FRAMES[runtime.device.type],
                   report=lambda step: said.append((time.perf_counter(), step.behind))))  # fmt: skip
    (first, few), (last, many) = said[1], said[-1]
    size = "x".join(str(side) for side in (detector.window.height, detector.window.width))
    return [_row(f"training {TRAINED} at {size}, windows/s", (many - few) / max(last - first, 1e-9), ">= 1200", 1)]


def _evaluation(root: Path | None, runtime: Runtime, tell: Callable[[str], None]) -> Rows:
    name, aim = "evaluating UCSD Ped2, s", "<= 10"
    if root is None:
        return [_row(name, "not measured: name its folder by --root", aim)]
    tell("evaluating UCSD Ped2")
    began = time.perf_counter()
    evaluate(camera.load("ucsd-ped2"), Ped2(root), runtime)
    return [_row(name, time.perf_counter() - began, aim)]


class Inside:
    """Measures the time in calls of networks, outermost ones alone.

    Attributes:
        seconds: so far.
    """

    def __init__(self) -> None:
        self.seconds, self._depth, self._began = 0.0, 0, 0.0

    def __enter__(self) -> "Inside":
        self._hooks = (
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
        )
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _enter(self, module: nn.Module, inputs: object) -> None:
        if not self._depth:
            self._began = time.perf_counter()
        self._depth += 1

    def _leave(self, module: nn.Module, inputs: object, output: object) -> None:
        self._depth -= 1
        if not self._depth:
            self.seconds += time.perf_counter() - self._began


class Reads(TorchFunctionMode):
    """Counts what copies a tensor of the device to the host, which waits for it.

    Attributes:
        count: so far. On a CPU, all tensors are counted, as if they lay on a GPU.
    """

    NAMES = frozenset({"item", "tolist", "cpu", "__bool__", "__float__", "__int__", "__index__"})

    def __init__(self, device: torch.device) -> None:
        self.count, self._device = 0, device.type

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of PyTorch, and count it where it waits."""
        there = bool(args) and isinstance(args[0], Tensor) and args[0].device.type == self._device
        self.count += there and getattr(function, "__name__", "") in self.NAMES
        return function(*args, **(kwargs or {}))


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operations that a device computes, and those whose answer has a size that the host must wait for.

    Attributes:
        count: that compute; views and what only asks for a shape do not.
        sized: that the host waits for: picking by a mask, and non-maximum suppression.
    """

    SIZED = frozenset({"aten::nonzero", "aten::masked_select", "aten::_unique2", "torchvision::nms"})

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = self.sized = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call an operation, and count it."""
        name = function.name().partition(".")[0]
        masks = name == "aten::index" and any(one is not None and one.dtype == torch.bool for one in args[1])
        self.count += not function.is_view
        self.sized += masks or name in self.SIZED
        return function(*args, **(kwargs or {}))
