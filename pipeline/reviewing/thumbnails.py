"""Which pictures of events are still there: files of a run may be deleted by hand, and its events are listed on."""

from pathlib import Path

from core.files import home
from pipeline import fault_pictures
from pipeline.finished_run import EVIDENCE
from pipeline.reviewing.rows import FAULT, EventRow
from pipeline.store import RUNS


class Thumbnails:
    """Looks at each folder once."""

    def __init__(self) -> None:
        self._known = dict[tuple[str, bool], frozenset[int]]()

    def there(self, row: EventRow) -> bool:
        """Tell whether the picture that stands for an event can be shown."""
        if row.shown is None:
            return False
        place = row.run, row.kind == FAULT
        if place not in self._known:
            files = _files(_folder(row.run) / (fault_pictures.FOLDER if row.kind == FAULT else EVIDENCE))
            self._known[place] = frozenset(int(path.stem) for path in files if path.stem.isdigit())
        return row.shown in self._known[place]


def gone(run: str) -> bool:
    """Tell whether the folder of a run is gone."""
    return not _folder(run).is_dir()


def _folder(run: str) -> Path:
    return home() / RUNS / run


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
