"""What a user does while the disk with the user's folder is full: ``python -m tests.system.full_disk CLIP``.

Prints JSON: what was done to what came of it, a sentence or what is there.
"""

import contextlib
import dataclasses
import io
import json
import os
import sys
from pathlib import Path

from core import files, video
from core.errors import WhycamError
from jobs.store import JobStore
from pipeline import playback, store
from pipeline.export import exports
from pipeline.reviewing import cases, index, reviews
from pipeline.store import STATES
from pipeline.tidy import tidy
from tests.jobs import inline
from tests.ui import made


def fill():
    """Fill the disk to its last byte."""
    number = len(list(files.home().glob("filler*")))
    with contextlib.suppress(OSError), (files.home() / f"filler{number}").open("ab", 0) as out:
        for size in (1 << 16, 1 << 12, 1 << 8, 1):
            with contextlib.suppress(OSError):
                while True:
                    out.write(bytes(size))


def tried(do):
    try:
        return do()
    except WhycamError as error:
        return f"{type(error).__name__}: {error}"


def main(clip):
    """Prepare a user's folder, fill its disk, and try everything."""
    import pytest

    said = {"tidy": tidy()}
    runs = [made.filmed(clip, "plaza") for _ in range(3)]
    for run in runs:
        made.write_facts(run, dataclasses.replace(video.probe(run.path), name=run.clip))
        index.put(run)
    events = [row.key for row in sorted(index.rows(), key=lambda row: row.run != runs[2].id)]  # that run is kept
    reviews.add(events[:1], "Ann", verdict="true")
    with pytest.MonkeyPatch.context() as patch:
        inline.no_processes(patch)
        case = cases.create("a case", "Ann", events[:2])
        waiting = exports.submit_events(events[:2], case=case)
        fill()
        said["upload"] = tried(lambda: store.create(io.BytesIO(os.urandom(300_000)), "new.mp4").clip)
        said["export"] = [inline.work(waiting.id), exports.get(waiting.id).state, exports.get(waiting.id).reason]
        said["archive"] = waiting.path.exists()
        fill()
        said["playback"] = tried(lambda: playback.submit(runs[0]).state)
        said["review"] = [tried(lambda event=event: reviews.add([event], "Ben", verdict="false")) for event in events]
        fill()
        said["review later"] = tried(lambda: reviews.add(events[:1], "Cem", verdict="false"))
        said["case"] = tried(lambda: cases.create("another", "Ann", events[:2]))
        said["read"] = [len(store.runs(STATES)), len(reviews.opinions()), len(index.rows()), len(cases.cases())]
        said["start"] = tried(lambda: exports.submit_events(events[:2]).state)
        said["deleted"] = [tried(lambda run=run: store.delete(run.id)) for run in runs[:2]]
        said["left"] = [run.id == runs[2].id for run in store.runs(STATES)]
        said["folders"] = len(list((files.home() / "runs").iterdir()))
        for path in files.home().glob("filler*"):
            path.unlink()
        said["tidy"] += tidy()
        JobStore().delete(waiting.id)
        again = exports.submit_events(events[:2], case=case)
        said["export then"] = [inline.work(again.id), exports.get(again.id).reason, again.path.exists()]
    said["parts"] = [str(path) for path in files.home().rglob("*.part*")]
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
