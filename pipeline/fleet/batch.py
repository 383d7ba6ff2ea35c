"""The table of a batch, written by one process alone: which clips are done, and which are left."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from core import files, typed_json
from core.errors import InputError
from pipeline.fleet import addresses
from pipeline.fleet.addresses import absolute
from pipeline.fleet.task import DONE, Outcome, Settings, Task

FILE = "batch.json"


@dataclasses.dataclass(frozen=True)
class _Kept:
    settings: Settings
    outcomes: tuple[Outcome, ...]


class Batch:
    """A batch of clips and what became of them so far, in ``batch.json``.

    Attributes:
        outcomes: of the clips that came to an end, by where their reports lie.
    """

    def __init__(self, out: str, settings: Settings, resume: bool) -> None:
        """Begin a table, or go on with the one that is there.

        Args:
            out: folder or address of the batch.
            settings: of all its clips.
            resume: whether clips that are done already are left out.

        Raises:
            InputError: the batch that is there has other settings, or its table is damaged.
            StorageError: nothing can be written there.
        """
        self.out, self.settings = out, settings
        self.outcomes: dict[str, Outcome] = {}
        if resume and (before := _read(out)) is not None:
            if before.settings != settings:
                raise InputError(f"--resume: the batch in {out!r} was begun with {_differ(before.settings, settings)}; "
                                 "give the same settings, or another --out")  # fmt: skip
            self.outcomes = {one.out: one for one in before.outcomes if one.state == DONE}
        self._write()  # a place that cannot be written to is noticed before the first clip is analysed

    def left(self, tasks: Sequence[Task]) -> list[Task]:
        """Return the clips that have no whole report yet."""
        return [task for task in tasks if not self._is_done(task)]

    def _is_done(self, task: Task) -> bool:
        before = self.outcomes.get(absolute(task.out))
        return before is not None and before.clip == absolute(task.clip) and addresses.is_whole(task.out)

    def add(self, outcome: Outcome) -> None:
        """Take in what became of a clip, and write the table.

        Raises:
            StorageError: it could not be written.
        """
        clip, out = absolute(outcome.clip), absolute(outcome.out)
        self.outcomes[out] = dataclasses.replace(outcome, clip=clip, out=out)
        self._write()

    def _write(self) -> None:
        rows = sorted(self.outcomes.values(), key=lambda one: one.out)
        text = files.json_text({"settings": dataclasses.asdict(self.settings),
                                "outcomes": [dataclasses.asdict(one) for one in rows]})  # fmt: skip
        if addresses.is_address(self.out):
            addresses.put_text(text, f"{self.out.rstrip('/')}/{FILE}")
        else:
            files.write_text(files.folder(Path(self.out)) / FILE, text)


def is_there(out: str) -> bool:
    """Tell whether a folder or an address holds the table of a batch."""
    return addresses.get_text(f"{out.rstrip('/')}/{FILE}") is not None


def _read(out: str) -> _Kept | None:
    text = addresses.get_text(f"{out.rstrip('/')}/{FILE}")
    if text is None:
        return None
    return typed_json.load(_Kept, text, f"{FILE} in {out!r}", "remove it, or give another --out")


def _differ(before: Settings, now: Settings) -> str:
    pairs = zip(dataclasses.asdict(before).items(), dataclasses.asdict(now).values(), strict=True)
    return ", ".join(f"{name} {old}" for (name, old), new in pairs if old != new)
