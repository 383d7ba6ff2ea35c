"""Where published weights lie on this machine: checked, recorded, and taken over from other folders."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core import typed_json
from core.errors import InputError, WeightsError
from core.files import folder, home, storage_error, write_json, write_whole

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Part:
    """A download that is not complete: the bytes so far, and a note of the version of the file they are of.

    Attributes:
        whole: where the file will be.
    """

    whole: Path

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self.whole.with_name(f".{self.whole.name}.part")

    @property
    def note(self) -> Path:
        """Where the note is."""
        return self.path.with_suffix(".version")

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.path.stat().st_size if self.path.exists() else 0

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that ask for the rest of the same version, or none."""
        noted, _, version = self.note.read_text("utf-8").partition("\n") if self.note.exists() else ("", "", "")
        return {"Range": f"bytes={self.size}-", "If-Range": version} if noted == url and version and self.size else {}

    def begin(self, url: str, version: str) -> None:
        """Start afresh with the version that the server now gives; a weak tag names no exact bytes."""
        self.path.write_bytes(b"")
        self.note.write_text(f"{url}\n{'' if version.startswith('W/') else version}", "utf-8")

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def install(source: Path, name: str, sha256: str | None = None) -> Path:
    """Take a weights file that was carried over into ``$WHYCAM_HOME/weights``, whole or not at all.

    Args:
        source: the file, which stays where it is.
        name: file name here.
        sha256: its checksum, or the beginning of it; None as :func:`fetch` has it.

    Raises:
        WeightsError: the file, or what arrived of it, does not match the checksum; it is not kept.
        StorageError: the file cannot be stored.
    """
    place = folder(home() / "weights")
    with lock(place):
        digest = check(source, sha256 or recorded().get(name))
        with write_whole(place / name) as kept:
            try:
                with source.open("rb") as file:
                    shutil.copyfileobj(file, kept, BLOCK_BYTES)
            except OSError as error:
                raise WeightsError(f"the weights file {str(source)!r} cannot be read: {error.strerror}") from error
        try:
            check(place / name, digest)
            record(place / name, sha256)
        except WeightsError:
            (place / name).unlink(missing_ok=True)
            raise
        Part(place / name).remove()
    return place / name


def find(name: str) -> Path | None:
    """Return a weights file from where :func:`fetch` looks on this machine, in its order; None where it is not."""
    folders = [*([Path(local)] if (local := os.environ.get("WHYCAM_WEIGHTS")) else []), home() / "weights"]
    return next((place / name for place in folders if (place / name).is_file()), None)


def is_here(name: str) -> bool:
    """Tell whether a weights file is where :func:`fetch` looks on this machine."""
    return find(name) is not None


def part_size(name: str) -> int:
    """Return how many bytes of a download that broke off are kept; 0 without any."""
    return Part(home() / "weights" / name).size


def record(path: Path, sha256: str | None) -> None:
    """Check a file that is here; where the publisher gives no checksum, keep that of the first one."""
    digest = check(path, sha256 or recorded().get(path.name))
    if sha256 is None and path.name not in recorded():
        write_json(path.parent / "checksums.json", {**recorded(), path.name: digest})


def check(path: Path, sha256: str | None, name: str | None = None) -> str:
    """Return a file's SHA-256 after holding it against the expected beginning of it."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"the weights file {str(path)!r} cannot be read: {error.strerror}") from error
    compare(digest, sha256, name or path.name, f"; delete {path} and it is fetched again")
    return digest


def compare(digest: str, sha256: str | None, name: str, remedy: str = "") -> None:
    """Refuse what has another SHA-256 than the expected beginning of it."""
    if sha256 is not None and not (sha256 and digest.startswith(sha256.lower())):
        said = f"its sha256 must begin with {sha256[:12]}, got {digest[:12]}"
        raise WeightsError(f"{name!r} was changed or damaged: {said}{remedy}")


def recorded() -> dict[str, str]:
    """Return the checksums of what was downloaded, by file name."""
    path = home() / "weights" / "checksums.json"
    try:
        return typed_json.read(dict[str, str], path) if path.exists() else {}
    except InputError as error:
        raise WeightsError(f"the list of checksums {path} is damaged; delete it and the weights beside it") from error


@contextmanager
def lock(place: Path) -> Iterator[None]:
    """Let one process at a time look for weights and download them."""
    held = FileLock(place / ".lock")
    try:
        held.acquire()
    except OSError as error:
        raise storage_error(place / ".lock", error) from error
    try:
        yield
    finally:
        held.release()
