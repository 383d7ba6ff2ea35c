"""Evaluations that the page asks for: jobs, each with a folder under :func:`core.files.home`."""

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from core import files, typed_json
from core.errors import DataError, InputError
from core.registry import collect
from jobs import legacy, usage
from jobs.job import STATES, Job
from jobs.locks import exclusive
from jobs.store import new_id
from people import policy
from pipeline.evaluation.xman_result import XmanResult
from pipeline.kinds import EVALUATION, queue

if TYPE_CHECKING:
    from core.datasets import Dataset

FOLDER = "evaluations"
RESULT, CURVES, SCORES, PREDICTIONS = "result.json", "curves.json", "scores.npz", "predictions.csv"
KEYS = ("camera", "data", "auc", "rules", "label_set", "protocol")
"""What the result of detection has at least."""
MOST_UPLOAD = 2 << 30


@dataclass(frozen=True)
class EvaluationRequest:
    """What is to be measured.

    Attributes:
        kind: ``camera`` or ``scores`` on a data set; ``xman``, predictions measured against X-MAN's labels, or
            ``causes``, those that a camera makes on a data set.
        system: the camera's name, or that of the uploaded file, as its owner wrote it.
        data: name of the data set; empty for ``xman``.
        protocol, normalisation, smoothing: as ``evaluate`` takes them; None for the protocol's own.
        distortion: as ``--distort`` takes it.
        by: score of the camera's detector, as ``--by`` takes it; empty for its own.
        labels: name of the uploaded label file, for ``xman`` and ``causes``.
        batch: the same for all that was submitted at once.
    """

    kind: str
    system: str
    data: str = ""
    protocol: str = "whycam"
    normalisation: str | None = None
    smoothing: str | None = None
    distortion: str = ""
    labels: str = ""
    by: str = ""
    batch: str = ""

    @property
    def name(self) -> str:
        """What is measured, in words."""
        return f"{self.system}, score {self.by}" if self.by else self.system

    @property
    def explains(self) -> bool:
        """Whether explanations are measured, by X-MAN's mAP, and not detection."""
        return self.kind in ("xman", "causes")


class Evaluation(Job):
    """One evaluation as it is kept."""

    KIND, NOUN = EVALUATION, "evaluation"

    @property
    def request(self) -> EvaluationRequest:
        """What is measured."""
        known = {one.name for one in dataclasses.fields(EvaluationRequest)}
        return EvaluationRequest(**{name: value for name, value in self.parameters.items() if name in known})

    @property
    def submitted(self) -> str:
        """When it was submitted, in UTC."""
        day, time_of_day, _ = self.id.split("-")
        return f"{day[:4]}-{day[4:6]}-{day[6:]} {time_of_day[:2]}:{time_of_day[2:4]}:{time_of_day[4:]}"

    def result(self) -> dict[str, Any] | XmanResult:
        """Return the figures of a finished one: of detection as JSON, of explanations as :class:`XmanResult`.

        Raises:
            InputError: they cannot be read, or are of another version of Whycam.
        """
        if self.request.explains:
            return XmanResult.read(self.folder / RESULT, "measure it again")
        found = self._read(RESULT)
        if missing := [key for key in KEYS if key not in found]:
            raise InputError(
                f"the result of {self.request.name!r} lacks {missing[0]!r}, so another version of Whycam kept it; "
                "measure it again"
            )
        return found

    def curves(self) -> dict[str, Any]:
        """Return the curves of a finished one of detection.

        Raises:
            InputError: they cannot be read.
        """
        return self._read(CURVES)

    def _read(self, name: str) -> dict[str, Any]:
        what = f"{name} of evaluation {self.id}"
        return typed_json.read(dict[str, Any], self.folder / name, what, "delete the evaluation")


def roots() -> Path | None:
    """Return the folder of data sets: the value of ``WHYCAM_DATA``; a browser cannot give a path."""
    named = os.environ.get("WHYCAM_DATA")
    return Path(named) if named and Path(named).is_dir() else None


def open_dataset(name: str) -> "Dataset":
    """Open a data set under :func:`roots`.

    Raises:
        InputError: there is none of that name there.
    """
    known, place = collect("footage", "DATASETS"), roots()
    if name in known and name == "plaza":
        made: Dataset = known[name](Path())
        return made
    if name in known and place is not None:
        folders = [folder for folder in sorted(place.iterdir()) if folder.is_dir()]
        for root in (place, *(f for f in folders if name in f.name.casefold().replace(" ", "").replace("_", ""))):
            with contextlib.suppress(DataError):
                found: Dataset = known[name](root)
                if found.test():
                    return found
    raise InputError(
        f"there is no data set {name[:40]!r} in its official layout under the folder that WHYCAM_DATA names"
    )


def datasets() -> list[str]:
    """List the data sets with test clips that can be opened."""
    found = []
    for name in collect("footage", "DATASETS"):
        with contextlib.suppress(InputError):
            open_dataset(name)
            found.append(name)
    return found


def submit(request: EvaluationRequest, uploads: Mapping[str, BinaryIO] | None = None) -> Evaluation:
    """Keep a request with its files, and queue it.

    Args:
        request: what is to be measured.
        uploads: ``system`` and ``labels`` to their content, read once.

    Raises:
        InputError: a file is too large.
        StorageError: it cannot be kept.
    """
    policy.require(policy.EVALUATE)
    evaluation_id = new_id()
    folder = files.folder(_home() / evaluation_id)
    try:
        with exclusive(folder):
            for name, stream in (uploads or {}).items():
                _keep(usage.metered(stream), folder / _upload(request, name))
            title, subject = _described(dataclasses.asdict(request))
            directory = f"{FOLDER}/{evaluation_id}"
            return queue().add(Evaluation, evaluation_id, title, directory, dataclasses.asdict(request), subject)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def upload(evaluation: Evaluation, name: str) -> Path:
    """Return where an uploaded file lies; its ending is that of its content's kind, not of its owner's name."""
    return evaluation.folder / _upload(evaluation.request, name)


def _upload(request: EvaluationRequest, name: str) -> str:
    csv = request.kind == "scores" and not request.system.lower().endswith(".npz")
    ending = ("csv" if csv else "npz") if request.kind == "scores" else "txt"
    return f"{'labels' if name == 'labels' else 'system'}.{ending}"


def get(evaluation_id: str) -> Evaluation:
    """Return one evaluation, after a look whether its worker lives.

    Raises:
        InputError: there is none of that id.
    """
    _take_over()
    return queue().get(evaluation_id, Evaluation)


def evaluations() -> list[Evaluation]:
    """List what there is, newest first."""
    _take_over()
    return queue().find(Evaluation, STATES[1:])


def delete(evaluation_id: str) -> None:
    """Delete an evaluation; one that is at work is stopped first."""
    queue().delete(get(evaluation_id).id, kill=True)


def _take_over() -> None:
    for state in sorted(_home().glob(f"*/{legacy.STATE}")):
        legacy.take_over(Evaluation, state.parent.name, state.parent, _described)


def _described(request: Mapping[str, Any]) -> tuple[str, str]:
    """Return the title of a request; any number may be at work at once."""
    if not all(isinstance(value, str | None) for value in request.values()):
        raise TypeError("a request is made of names")
    made = EvaluationRequest(**request)
    return f"{made.name}, {made.data or made.labels}", ""


def _home() -> Path:
    return files.home() / FOLDER


def _keep(stream: BinaryIO, path: Path) -> None:
    total = 0
    with files.write_whole(path) as out:
        while block := stream.read(1 << 20):
            total += len(block)
            if total > MOST_UPLOAD:
                raise InputError(f"a file is larger than {MOST_UPLOAD >> 30} GB, the most that is taken")
            out.write(block)
