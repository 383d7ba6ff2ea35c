"""What measures what is lost: when processes are killed, disks fill, and power goes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks import dropped_flushes, full_disk, killed_commands, kills, power_loss

Measure = Callable[[int, int, float, Callable[[str], None]], tuple[Sequence[Mapping[str, Any]], Sequence[str]]]
"""Given how often, a seed, minutes and who is told, it returns rows, and a sentence for each thing that was lost."""

DURABILITY: dict[str, tuple[int, Measure]] = {
    "kills": (10, kills.measure), "power-loss": (1, power_loss.measure),
    "killed-commands": (40, killed_commands.measure), "full-disk": (2, full_disk.measure),
    "dropped-flushes": (2, dropped_flushes.measure),
}  # fmt: skip
"""Name to how often, if nobody says how often."""
