"""What verbs of the command line are run on while they are killed, or their disk fills: a folder with all they need.

The folder holds a user's own folder with a small camera, another one, and a finished run; a clip, its analysis, an
archive of it, footage to train on, and a data set. It is made once, and copied anew for every run of a verb.
"""

import io
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import _small_camera
from benchmarks._app import at_home
from benchmarks._forked_verbs import Ended, Verbs
from benchmarks._verb_results import broken, digests, unlike
from core import device
from core.errors import WhycamError
from pipeline import restore, store
from pipeline.analyse import analyse
from pipeline.backup import backup
from pipeline.camera import Camera, load
from pipeline.export.export import export
from pipeline.export.sources import find
from pipeline.kinds import queue

THRESHOLD, FRAME = "0.05", "14"
"""With which the clip has an event, and a frame of it."""
SETTINGS = tuple(word for name, value in _small_camera.SETTINGS.items() for word in ("--set", f"{name}={value}"))
TRAINING = ("--normal", "normal", "--epochs", "2", "--anyway", "--device", "cpu", *SETTINGS)
REPLACED, CASE, BACKUP, BACKED_UP, WORKER = "replaced", "case.zip", "backup.zip", "backed-up", "made by hand"


@dataclass(frozen=True)
class Verb:
    """A verb as a user gives it.

    Attributes:
        words: the verb and its arguments; RUN stands for the id of the run.
        again: what is added to go on after it was stopped.
        changes: beginning of the paths of what was there before and may change.
        finished: whether the app's start finishes what it had begun when it was stopped.
    """

    words: tuple[str, ...]
    again: tuple[str, ...] = ()
    changes: str = " "
    finished: bool = False


VERBS: dict[str, Verb] = {
    "analyse": Verb(("analyse", "clip.mp4", "--camera", _small_camera.NAME, "--threshold", THRESHOLD, "--out", "new",
                     "--device", "cpu")),
    "train": Verb(("train", _small_camera.DETECTOR, *TRAINING, "--out", "new"), ("--resume", "--replace")),
    "train --replace": Verb(("train", _small_camera.DETECTOR, *TRAINING, "--out", REPLACED, "--replace"),
                            ("--resume",), f"home/cameras/{REPLACED}/"),
    "train --measure": Verb(("train", "--normal", "normal", "--measure", "--out", REPLACED, "--device", "cpu"), (),
                            f"home/cameras/{REPLACED}/"),
    "explain": Verb(("explain", "RUN", "--event", "--frame", FRAME, "--methods", "residual,occlusion,lime",
                     "--budget", "16", "--out", "new", "--device", "cpu")),
    "evaluate": Verb(("evaluate", _small_camera.NAME, "--data", "ped2", "--root", "UCSDped2", "--keep", "new",
                      "--json", "figures.json", "--card", "--device", "cpu"), (),
                     f"home/cameras/{_small_camera.NAME}/camera.json"),
    "export": Verb(("export", "out", "--out", "new.zip"), ("--replace",)),
    "export --replace": Verb(("export", "RUN", "--out", CASE, "--replace"), (), CASE),
    "backup": Verb(("backup", "new.zip")),
    "restore": Verb(("restore", BACKUP, "--replace"), (), "home/", True),
}  # fmt: skip


class Work:
    """The folder, and what is found in it.

    Attributes:
        folder: of the present run.
        expected: verb to what it leaves undisturbed, by :func:`benchmarks._verb_results.digests`.
        seconds: verb to what it takes undisturbed.

    Args:
        place: the folder is ``work`` in it.
        kept: where it is kept as it was made.
    """

    def __init__(self, place: Path, kept: Path) -> None:
        self.folder, self._kept, self._place = place / "work", kept / "kept", place
        self.expected: dict[str, dict[str, str]] = {}
        self.seconds: dict[str, float] = {}
        self._seconds_anew: dict[str, float] = {}
        self._whole: set[str] = set()
        with at_home(str(self.home)):
            self.run = _made(self.folder)
        shutil.copytree(self.folder, self._kept)
        (place / "tmp").mkdir()

    @property
    def home(self) -> Path:
        """The user's folder."""
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        """What verbs are told of it."""
        return {"WHYCAM_HOME": str(self.home), "TMPDIR": str(self._place / "tmp"), "WHYCAM_OFFLINE": "1"}

    @cached_property
    def before(self) -> dict[str, str]:
        """What is there before a verb runs."""
        return digests(self._kept)

    def begin(self) -> None:
        """Make all as it was."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder)

    def words(self, name: str, *, again: bool = False) -> list[str]:
        """Return what a verb is called with."""
        verb = VERBS[name]
        return [self.run if word == "RUN" else word for word in (*verb.words, *(verb.again if again else ()))]

    def undisturbed(self, name: str, verbs: Verbs) -> None:
        """Run a verb once for what it leaves, and again for what it takes.

        Raises:
            RuntimeError: it fails, or does not leave the same twice.
        """
        for _ in range(2):
            self.begin()
            ended = verbs.run(self.words(name), self.folder)
            found = digests(self.folder)
            if ended.code or broken(self.folder, self._whole):
                raise RuntimeError(f"{name} ended with {ended.code}, {broken(self.folder, self._whole)}: {ended.said}")
            if wrong := unlike(self.expected.setdefault(name, found), found):
                raise RuntimeError(f"{name} does not leave the same twice: {wrong}")
            self.seconds[name] = ended.seconds

    def seconds_anew(self, name: str, verbs: Verbs) -> float:
        """Return the seconds that a verb takes with loading everything."""
        if name not in self._seconds_anew:
            self.begin()
            self._seconds_anew[name] = verbs.run_anew(self.words(name), self.folder).seconds
            self.begin()
        return self._seconds_anew[name]

    def stopped(self, name: str, *, look: bool) -> list[str]:
        """Return a sentence for each thing that is lost or half there after a verb was stopped.

        Args:
            name: of the verb.
            look: load the cameras too, as whoever lists them does.
        """
        if VERBS[name].finished:
            with at_home(str(self.home)), suppress(WhycamError):  # the disk is full, and the next start finishes it
                restore.finish()
        now, wanted = digests(self.folder), self.expected[name]
        found = [f"{path} is lost" for path in self.before.keys() - now.keys()]
        found += [f"{path} was changed" for path in self.before.keys() & now.keys() if now[path] != self.before[path]
                  and not (path.startswith(VERBS[name].changes) and now[path] == wanted[path])]  # fmt: skip
        return [*found, *broken(self.folder, self._whole), *(self._cameras() if look else [])]

    def unfinished(self) -> list[str]:
        """Return a sentence for each file that has the name of what is still written."""
        names = (path for path in digests(self.folder) if any(part.startswith(".") for part in Path(path).parts))
        return [f"{path} is left" for path in names]

    def ended(self, name: str, ended: Ended) -> list[str]:
        """Return a sentence for each thing that is not as an undisturbed verb leaves it."""
        if ended.code:
            return [f"run again, it ended with {ended.code}: {ended.said.strip().splitlines()[-1:]}"]
        return [*unlike(self.expected[name], digests(self.folder)), *broken(self.folder, self._whole)]

    def _cameras(self) -> list[str]:
        found = []
        with at_home(str(self.home)):
            for path in sorted((self.home / "cameras").iterdir()):
                if (path / "camera.json").exists() or path.name == REPLACED:
                    try:
                        load(path.name).build(device.choose("cpu"))
                    except WhycamError as error:
                        found.append(str(error))
        return found


def _made(folder: Path) -> str:
    """Make the folder, and return the id of its run, if a verb needs one."""
    (folder / "normal").mkdir(parents=True)
    for number in range(2):
        _small_camera.clip(folder / "normal" / f"{number}.mp4", number)
    _small_camera.dataset(folder)
    camera = _small_camera.make()
    shutil.copytree(camera.folder, camera.folder.with_name(REPLACED))
    shutil.copytree(camera.folder, gone := camera.folder.with_name(BACKED_UP))
    backup(folder / BACKUP)
    shutil.rmtree(gone)  # what is restored is told from what was there by it
    clip = _small_camera.clip(folder / "clip.mp4", 0, covering=False)
    if not {"RUN", "out"} & {word for verb in VERBS.values() for word in verb.words}:
        return ""
    analyse(clip, camera, folder / "out", threshold=float(THRESHOLD), runtime=device.choose("cpu"))
    export(find([str(folder / "out")]), folder / CASE, blur="all")
    return _finished(clip, camera)


def _finished(clip: Path, camera: Camera) -> str:
    """Let there be a finished run, and return its id."""
    run, jobs = store.create(io.BytesIO(clip.read_bytes()), clip.name), queue().store
    jobs.enqueue(run.id, WORKER, {"camera": camera.name, "threshold": float(THRESHOLD)})
    jobs.begin(run.id)
    found = analyse(run.path, camera, run.folder, threshold=float(THRESHOLD), runtime=device.choose("cpu"))
    jobs.publish(run.id, {"events": len(found.events), "top_cause": "unknown"})
    jobs.finish(run.id)
    return run.id
