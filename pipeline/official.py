"""The verb ``setup``: official object and action models, from their publishers or carried over in a folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core import typed_json, weights
from core.errors import InputError, WeightsError, WeightsUnavailable
from core.registry import collect
from explain.backends import Published

Say = Callable[[str, int, int | None], None]
"""Told a file's name, the bytes that are here, and the bytes there will be (None: not known)."""
CHECKSUMS = "checksums.json"
"""What a machine that downloaded weights keeps beside them, and what may be carried over with them."""


@dataclass(frozen=True)
class Carried:
    """What a folder of weights that were carried over holds.

    Attributes:
        taken: names of the files that were taken.
        missing: those that are neither in the folder nor here.
        superfluous: names in the folder that are no official model's.
    """

    taken: tuple[str, ...]
    missing: tuple[str, ...]
    superfluous: tuple[str, ...]


def published() -> dict[str, Published]:
    """Name to weights of every official model that this installation can use."""
    return {**collect("explain.objects", "WEIGHTS"), **collect("explain.actions", "WEIGHTS")}


def setup(fetch: bool, folder: Path | None, say: Say) -> str:
    """Do what ``./whycam setup`` was asked, and say what models there are now.

    Raises:
        InputError: as :func:`take` and :func:`fetch_all` do.
    """
    said = []
    if folder is not None:
        got = take(folder)
        said.append(f"taken from {folder}: {', '.join(got.taken)}")
        said += [f"missing in {folder}: {', '.join(got.missing)}"] if got.missing else []
        said += [f"not needed, and left there: {', '.join(got.superfluous)}"] if got.superfluous else []
    if fetch:
        fetch_all(say)
    states = {name: state(one) for name, one in published().items()}
    said += [f"{name}: {one.file}: {states[name]}{_first_use(one)}" for name, one in published().items()]
    if any(there != "here" for there in states.values()):
        said.append("where weights are not here, the compact models answer; --models fetches them")
    return "\n".join(said)


def state(one: Published) -> str:
    """Say whether a model's weights are here."""
    if weights.is_here(one.file):
        return "here"
    begun = weights.part_size(one.file)
    return f"begun, {begun >> 20} MB of it are here" if begun else "not here"


def _first_use(one: Published) -> str:
    """Say which checksum holds for a file whose publisher gives none; empty for all others."""
    digest = weights.recorded().get(one.file, "") if one.sha256 is None else ""
    held = "its publisher gives no checksum; from now on it must have the SHA-256 of this download"
    return f"; {held}, {digest}: compare it with that of another machine" if digest else ""


def fetch_all(say: Say) -> list[Path]:
    """Fetch the weights that are not here yet; what a broken download left is gone on with.

    Raises:
        WeightsUnavailable: some cannot be fetched; the sentence says which to carry here from which addresses.
        WeightsError: what came is not what was published, and is not kept.
    """
    found: list[Path] = []
    lacking: list[tuple[Published, WeightsUnavailable]] = []
    for one in published().values():
        try:
            found.append(one.fetch(lambda done, total, name=one.file: say(name, done, total)))  # type: ignore[misc]
        except WeightsUnavailable as error:
            lacking.append((one, error))
    if lacking:
        raise WeightsUnavailable(_by_hand([one for one, _ in lacking], lacking[0][1])) from lacking[0][1]
    return found


def _by_hand(lacking: list[Published], reason: Exception) -> str:
    """Say how to do without a network."""
    files = ", ".join(one.url for one in lacking)
    why = str(reason).partition("; ")[0]
    return (
        f"{len(lacking)} of {len(published())} official files cannot be fetched now ({why}): download {files} where "
        f"there is a network, bring them here in one folder, and run './whycam setup --from FOLDER'; "
        "until then the compact models answer"
    )


def take(folder: Path) -> Carried:
    """Take the official weights from a folder that they were carried over in.

    All files are checked before one is taken.

    Raises:
        InputError: it is no folder, or holds none of the files.
        WeightsError: files in it are not those that were published; nothing is taken.
        StorageError: they cannot be stored.
    """
    try:
        there = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    except OSError as error:
        raise InputError(f"{str(folder)!r} is no folder that can be read; give the one with the weights") from error
    listed, known = _listed(there.get(CHECKSUMS)), published()
    found = {name: next((there[file] for file in one.names if file in there), None) for name, one in known.items()}
    wrong = [said for name, path in found.items() if path and (said := _fault(path, known[name], listed))]
    if wrong:
        raise WeightsError(f"nothing was taken from {str(folder)!r}: {'; '.join(wrong)}; get those files again")
    here = {name: path for name, path in found.items() if path}
    missing = tuple(one.file for name, one in known.items() if name not in here and state(one) != "here")
    if not here:
        names = ", ".join(one.file for one in known.values())
        raise InputError(f"{str(folder)!r} holds none of the official files; it must hold {names}")
    for name, path in here.items():
        weights.install(path, known[name].file, known[name].sha256)
    ours = {file for one in known.values() for file in one.names} | {CHECKSUMS}
    return Carried(tuple(p.name for p in here.values()), missing, tuple(name for name in there if name not in ours))


def _fault(path: Path, one: Published, listed: Mapping[str, str]) -> str:
    """Say what is wrong with a file; empty where nothing is."""
    try:
        weights.check(path, one.sha256 or listed.get(one.file))
        if one.opens is not None:
            one.opens(path)
    except WeightsError as error:
        size = path.stat().st_size
        if one.size is not None and size != one.size:
            return f"{path.name!r} is wrong: it has {size:,} bytes, not {one.size:,}"
        return f"{path.name!r} is wrong: {str(error).partition('; ')[0]}"
    return ""


def _listed(path: Path | None) -> dict[str, str]:
    """Return the checksums that were carried over with the files."""
    remedy = "leave it out or bring it again"
    return typed_json.read(dict[str, str], path, f"the list of checksums {str(path)!r}", remedy) if path else {}
