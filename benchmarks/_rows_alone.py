"""What measures the app and the machinery around it, and gives rows without more."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import capacity, first_event, fleet, gpu, pages, player, stages, users

if TYPE_CHECKING:
    from benchmarks.run import Request

Rows = Sequence[Mapping[str, Any]]


def _clips(request: "Request") -> list[Path]:
    return [Path(clip) for clip in request.what[1:]]


ROWS_ALONE: dict[str, Callable[["Request"], Rows]] = {
    "player": lambda asked: player.measure(asked.tell), "pages": lambda asked: pages.measure(asked.tell),
    "first-event": lambda asked: first_event.measure(_clips(asked), asked.camera, asked.tell),
    "stages": lambda asked: stages.measure(_clips(asked), asked.camera, asked.device, asked.tell),
    "fleet": lambda asked: fleet.measure(asked.times or 0, asked.seed, asked.tell),
    "capacity": lambda asked: capacity.measure(asked.device, asked.seed, asked.out, asked.tell),
    "gpu": lambda asked: gpu.measure(asked.device, asked.root if asked.root != Path() else None, asked.tell),
    "users": lambda asked: users.measure(asked.minutes, asked.seed, asked.tell),
}  # fmt: skip
"""Name to what measures it."""
