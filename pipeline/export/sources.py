"""What is exported: a run with the clip that it was made of, which is the same to the byte."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core import video
from core.errors import InputError
from pipeline import finished_run, store
from pipeline.finished_run import FACTS

MAX_FOLDER_CHARACTERS = 40


@dataclass(frozen=True)
class Source:
    """A finished run.

    Attributes:
        run: its id; empty for a folder of ``analyse --out``.
        folder: of its results.
        clip: the file that was analysed; of a run that keeps a blurred clip alone, that one.
        name: of the clip, as its owner wrote it.
    """

    run: str
    folder: Path
    clip: Path
    name: str


def find(names: Sequence[str], clips: Sequence[Path] = ()) -> list[Source]:
    """Find runs and their clips.

    Args:
        names: a run's id, or a folder of ``analyse --out``, each.
        clips: files in which the clip of a folder is looked for, by its checksum, before its own place is.

    Raises:
        InputError: there is no such run, it has no finished analysis, or its clip is not there or has changed.
    """
    if not names:
        raise InputError("nothing to export; name a run ('./whycam list runs') or a folder of 'analyse --out'")
    given = {video.sha256_of(path): path for path in clips}
    return [_find(name, given) for name in names]


def _find(name: str, given: Mapping[str, Path]) -> Source:
    folder = Path(name)
    if folder.is_dir():
        if not (folder / FACTS).exists():
            raise InputError(f"{name!r} holds no run; name a folder that 'analyse --out' wrote, or a run's id")
        return _of_folder(folder, given)
    run = store.get(name)
    if run.state != "done":
        raise InputError(f"run {name} is {run.state}; only a run that is done can be exported")
    if not run.path.is_file():
        raise InputError(f"the clip {run.clip!r} of run {name} is no longer there; analyse it again")
    facts = finished_run.read(run.folder).facts
    _check(run.path, facts.kept_sha256 or facts.clip.sha256, run.clip)
    return Source(run.id, run.folder, run.path, run.clip)


def _of_folder(folder: Path, given: Mapping[str, Path]) -> Source:
    facts = finished_run.read(folder).facts
    sha256, name = facts.clip.sha256, facts.clip.name
    if sha256 in given:
        return Source("", folder, given[sha256], name)
    where = Path(facts.source) if facts.source else None
    if where is None or not where.is_file():
        gone = f"is not at {where} any more" if where else "is of an earlier version, which did not note where it is"
        raise InputError(f"the clip {name!r} of {folder} {gone}; name the file with --clip")
    _check(where, sha256, name)
    return Source("", folder, where, name)


def _check(path: Path, sha256: str, name: str) -> None:
    if video.sha256_of(path) != sha256:
        raise InputError(f"the clip {name!r} is not the one that was analysed: its SHA-256 is another; name that file "
                         "with --clip, or analyse this one")  # fmt: skip


def folders(sources: Sequence[Source]) -> list[str]:
    """Name a folder of the archive for each run; the top for one alone.

    >>> one = Source("", Path("a"), Path("b"), "../Tür 1.mp4")
    >>> folders([one]), folders([one, one])
    ([''], ['01-Tür_1', '02-Tür_1'])
    """
    if len(sources) == 1:
        return [""]
    return [f"{number:02d}-{_plain(source.name)}" for number, source in enumerate(sources, 1)]


def _plain(name: str) -> str:
    stem = unicodedata.normalize("NFC", name).rpartition(".")[0] or name
    return re.sub(r"\W+", "_", stem).strip("_")[:MAX_FOLDER_CHARACTERS] or "clip"
