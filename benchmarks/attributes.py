"""How well the attributes of things alone tell abnormal frames: learnt from a data set's training clips.

The threshold comes from the training clips, each scored by what was learnt from the others.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d

from core import device, files
from core.array_files import TEXT, open_npz
from core.arrays import Bools, Doubles
from core.clock import Clock
from core.contracts import Dataset, Footage, ObjectModel
from core.errors import DataError, InputError
from core.registry import collect, pick
from core.scored_things import ScoredThings
from core.things import OPTIONAL, Things
from detectors.attributes import TERMS, AttributeModel, cross_scored
from explain import objects
from metrics.frame_auc import macro, micro_normalised, micro_raw, video_auc
from pipeline.frame_difference import NAME as DIFFERENCE
from pipeline.frame_difference import compared, smoothed
from pipeline.observe import LOOKS_PER_SECOND, observe

SMOOTHED_SECONDS = 0.5
"""Standard deviation of the Gaussian that smooths the scores of frames."""
FLAGGED = 0.005
"""Share of the training frames that lies above the threshold."""
MOST_BYTES = 1 << 30
OBSERVED = 2
"""Counted up when something else is observed than in what earlier measurements kept."""
FIELDS = ("frames", "tracks", "labels", "boxes", "confidence", "values", "cut", "looked")
"""Of things, kept always; those that may be None are kept where there are any."""
SETS: Mapping[str, tuple[str, ...]] = {
    "all": TERMS, **{name: (name,) for name in TERMS},
    **{f"all but {name}": tuple(other for other in TERMS if other != name) for name in TERMS},
}  # fmt: skip
"""Sets of terms that are measured, by what the table calls them."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Seen:
    """A clip: what was observed in it, when its frames are shown, which are abnormal (none of training clips).

    ``difference`` is each frame's greatest mean of the absolute difference from the frame before over a square of
    :data:`pipeline.frame_difference.SQUARE_PIXELS`, (frames,) in grey levels: what any detector has to beat.
    """

    name: str
    things: Things
    clock: Clock
    difference: Doubles
    abnormal: Bools


def measure(
    chosen: str, data: str | None, root: Path, work: Path, say: Say, clips: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Measure all terms together, each alone, and all but each.

    Args:
        chosen: device, as :func:`core.device.choose` takes it.
        data: name of a data set with training clips, and test clips with labels.
        root: its folder.
        work: folder that keeps what was observed, so that a stopped measurement goes on.
        say: receives progress.
        clips: names of the test clips that are measured; all when empty.

    Returns:
        One row for each set of terms, the first one has all, and one for the frame difference.

    Raises:
        InputError: no data set is named.
        DataError: it is not in its folder, or has fewer than two training clips, or no abnormal or no normal frame
            in its test clips.
    """
    if data is None:
        raise InputError("name a data set with training clips, such as --data ped2 --root path/to/UCSDped2")
    dataset = pick("data set", data, collect("footage", "DATASETS"))(root)
    return of_dataset(dataset, objects.choose("auto", device.choose(chosen)), work, say, clips)


def of_dataset(
    dataset: Dataset, model: ObjectModel, work: Path, say: Say, clips: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Do :func:`measure` with an open data set and a given object model."""
    known = {clip.name: clip for clip in dataset.test()}
    asked = [pick("test clip", name, known) for name in clips or known]
    seen = [observed(clip, model, work, say) for clip in dataset.training()]
    test = [observed(clip, model, work, say, dataset.truth(clip).abnormal) for clip in asked]
    if len(seen) < 2 or len({bool(flag) for one in test for flag in one.abnormal}) < 2:
        raise DataError(f"{dataset.name} needs two training clips, it has {len(seen)}, and abnormal and normal frames")
    learnt = AttributeModel.fit([one.things for one in seen])
    normal = cross_scored([one.things for one in seen])
    tested = [learnt.score(one.things) for one in test]
    rows = []
    for name, terms in SETS.items():
        usual = [_scores(one, found, terms) for one, found in zip(seen, normal, strict=True)]
        rows.append(
            {"terms": name, **_figures(test, usual, [_scores(*of, terms) for of in zip(test, tested, strict=True)])}
        )
    usual, found = ([smoothed(one.difference, one.clock) for one in of] for of in (seen, test))
    return [*rows, {"terms": DIFFERENCE, **_figures(test, usual, found)}]


def observed(clip: Footage, model: ObjectModel, work: Path, say: Say, abnormal: Bools | None = None) -> Seen:
    """Observe a clip, or read what an earlier measurement with the same model observed in it."""
    path = files.folder(work) / f"{_key(clip, model)}.npz"
    if not path.exists():
        say(f"observing {clip.name}")
        difference: list[float] = []
        things, clock = observe(compared(clip.frames(), difference), model)
        with files.write_whole(path) as file:
            own = {name: getattr(things, name) for name in (*FIELDS, *OPTIONAL)}
            kept: dict[str, Any] = {name: np.asarray(value) for name, value in own.items() if value is not None}
            np.savez_compressed(file, times=clock.times, step=clock.step, difference=difference, **kept)
    with open_npz(path, MOST_BYTES) as arrays:
        names = [name for name in (*FIELDS, *OPTIONAL) if name != "labels" and name in arrays]
        read = {name: arrays.read(name) for name in names}
        labels = tuple(arrays.read("labels", TEXT + "biuf").tolist())
        clock, change = Clock.of(arrays.read("times"), float(arrays.read("step"))), arrays.read("difference")
    none = np.zeros(len(clock), np.bool_)
    return Seen(clip.name, Things(labels=labels, **read), clock, change, none if abnormal is None else abnormal)


def _key(clip: Footage, model: ObjectModel) -> str:
    """Name what is kept of a clip: data sets have clips of the same name, but not with the same first frame.

    What the model finds there tells one version of its weights from another.
    """
    first = next(iter(clip.frames(1))).images[:1]
    found = model.detect(first)[0].boxes.round().astype(np.int64)
    said = f"{clip.name}\n{model.name}\n{LOOKS_PER_SECOND}\n{OBSERVED}\n{found.tolist()}".encode()
    return hashlib.sha256(said + first.tobytes()).hexdigest()[:16]


def _scores(one: Seen, scored: ScoredThings, chosen: Sequence[str]) -> Doubles:
    scores = only(scored, chosen).frame_scores(len(one.clock))
    smooth: Doubles = gaussian_filter1d(scores, SMOOTHED_SECONDS * one.clock.rate)
    return smooth


def only(scored: ScoredThings, chosen: Sequence[str]) -> ScoredThings:
    """Return the things of a clip as if some terms of their scores were all."""
    columns = [scored.names.index(name) for name in chosen]
    return replace(scored, names=tuple(chosen), nats=scored.nats[:, columns], measured=scored.measured[:, columns])


def _figures(test: Sequence[Seen], usual: Sequence[Doubles], found: Sequence[Doubles]) -> dict[str, Any]:
    """Measure the scores of test clips at the threshold that the scores of training clips set."""
    threshold = float(np.quantile(np.concatenate(usual), 1 - FLAGGED))
    truth = [one.abnormal for one in test]
    flagged, abnormal = np.concatenate([s > threshold for s in found]), np.concatenate(truth)
    recall = {
        one.name: float((s > threshold)[y].mean()) for one, s, y in zip(test, found, truth, strict=True) if y.any()
    }
    each = {one.name: video_auc(s, y) for one, s, y in zip(test, found, truth, strict=True)}
    least, lowest = min(recall, key=lambda name: recall[name]), min(each, key=lambda name: each[name])
    return {
        "AUC": round(micro_raw(found, truth), 3), "normalised": round(micro_normalised(found, truth), 3),
        "macro": round(macro(found, truth), 3), "worst AUC": f"{each[lowest]:.3f} {lowest}",
        "recall": round(float(flagged[abnormal].mean()), 3), "worst recall": f"{recall[least]:.2f} {least}",
        "normal flagged": round(float(flagged[~abnormal].mean()), 3), "threshold": round(threshold, 2),
    }  # fmt: skip
