"""Scores of a data set's test clips, kept in a file so that figures can be computed again without scoring anything.

``.npz``: what Whycam keeps, with heat maps; ``.csv``: ``video,frame,score`` of any system, frames from 1.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core import files
from core.array_files import ArrayFile, open_npz
from core.arrays import Bools, Doubles, Floats, Ints
from core.csv_text import unmarked
from core.equivalence import Equivalence
from core.errors import DataError
from footage import keys
from pipeline.evaluation.heat import Heat
from pipeline.evaluation.located import Located, NatScale

FORMAT = 3
MOST_BYTES = 8 << 30
MOST_FACTS = 64 << 20
MOST_SIDE = 1 << 16
"""Pixels of a person, of a cell, and cells of a heat map."""
AXES = {"scores": 1, "flagged": 1, "heat": 3, "seconds": 1}
LOCATED = ("things", "pixels")
MAX_THINGS_PER_FRAME = 1000
MAX_KNOTS = 1000
COLUMNS = ("video", "frame", "score")
FACTS = ("format", "system", "detector", "data", "threshold", "skipped", "person", "clips", "facts")


@dataclass(frozen=True)
class ClipScores:
    """The scores of one clip.

    Attributes:
        name: of the clip in its data set.
        scores: (T,) float32, NaN where a frame has none.
        flagged: (T,) inside an event at the threshold; None where there is no threshold.
        fps: frames per second.
        heat: (T, h, w) float16, None where there is none.
        cell: pixels along a side of one of its cells.
        seconds: (T,) float64, when each frame is shown; None for a steady rate.
        located: where a joined score lies; None where the heat alone tells.
    """

    name: str
    scores: Floats
    flagged: Bools | None = None
    fps: float = 25.0
    heat: Heat | None = None
    cell: int = 0
    seconds: Doubles | None = None
    located: Located | None = None


@dataclass(frozen=True)
class ScoreFile:
    """The scores of one system on the test clips of one data set.

    Attributes:
        system: a camera's name, or a file's.
        detector: that scored.
        data: the data set's name; empty where a file does not say.
        threshold: of events; None where there is none.
        skipped: frames at the start of each clip that have no score.
        clips: the scores.
        facts: machine and versions, shown as they are.
        person: a person's height at the camera, in pixels; 0 where it is not known.
    """

    system: str
    detector: str
    data: str
    threshold: float | None
    skipped: int
    clips: tuple[ClipScores, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    person: float = 0.0


def write(stored: ScoreFile, path: Path) -> None:
    """Keep scores, whole or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    facts = {
        "format": FORMAT, "system": stored.system, "detector": stored.detector, "data": stored.data,
        "threshold": stored.threshold, "skipped": stored.skipped, "person": stored.person,
        "facts": dict(stored.facts),
        "clips": [{"name": c.name, "fps": c.fps, "cell": c.cell, **_scale_of(c.located)} for c in stored.clips],
    }  # fmt: skip
    arrays: dict[str, npt.NDArray[Any]] = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    for number, clip in enumerate(stored.clips):
        arrays |= {f"{kind}{number}": array for kind in AXES if (array := getattr(clip, kind)) is not None}
        where = {kind: getattr(clip.located, kind, None) for kind in LOCATED}
        arrays |= {f"{kind}{number}": array for kind, array in where.items() if array is not None}
    with files.write_whole(path) as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]


def _scale_of(located: Located | None) -> dict[str, Any]:
    if located is None:
        return {}
    scale = located.scale
    return {"nats": scale.equivalence.scores, "equal": scale.equivalence.equal, "decibels": scale.decibels}


def read(path: Path, clips: Sequence[str], lengths: Sequence[int]) -> ScoreFile:
    """Read kept scores, and match them with a data set's clips.

    Args:
        path: ``.npz`` or ``.csv``.
        clips: names of the test clips.
        lengths: frames of each.

    Returns:
        The scores in the data set's order; a clip that the file does not name has none.

    Raises:
        DataError: the file is missing or malformed, or names clips or frames that the data set does not have.
    """
    if not path.is_file():
        raise DataError(f"there is no file {str(path)!r}")
    if path.suffix.lower() == ".csv":
        return _csv(path, clips, lengths)
    found = _npz(path, max(lengths, default=0))
    by_name = {clip.name: clip for clip in found.clips}
    to, missing = keys.match(by_name, list(clips))
    if missing:
        raise DataError(f"{path} has scores of {missing[0]!r}, which is no test clip; known: {', '.join(clips)}")
    of = {clip: by_name[name] for name, clip in to.items()}
    kept = []
    for name, length in zip(clips, lengths, strict=True):
        if name in of and len(of[name].scores) != length:
            raise DataError(f"{path} has {len(of[name].scores)} scores of clip {name!r}, which has {length} frames")
        kept.append(of.get(name) or ClipScores(name, np.full(length, np.nan, np.float32)))
    return replace(found, clips=tuple(kept))


def _npz(path: Path, longest: int) -> ScoreFile:
    """Read what :func:`write` has written; scores of more than ``longest`` frames are refused before they are read."""
    try:
        with open_npz(path, MOST_BYTES) as arrays:
            facts = _facts(arrays)
            clips = tuple(_clip(arrays, number, about, longest) for number, about in enumerate(facts["clips"]))
            if len({clip.name for clip in clips}) < len(clips):
                raise ValueError("two of its clips have one name")
            threshold = None if facts["threshold"] is None else _number(facts["threshold"], "the threshold", -math.inf)
            person = _number(facts["person"], "a person's height in pixels", 0, MOST_SIDE)
            skipped = _number(facts["skipped"], "the number of frames without a score", 0)
            system, detector, data = (str(facts[key]) for key in ("system", "detector", "data"))
            return ScoreFile(system, detector, data, threshold, int(skipped), clips, dict(facts["facts"]), person)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise DataError(f"{path} holds no scores that Whycam kept: {error}") from error


def _facts(arrays: ArrayFile) -> dict[str, Any]:
    if math.prod(arrays.shape("facts")) > MOST_FACTS:
        raise ValueError(f"its facts have more than {MOST_FACTS >> 20} MB")
    facts = json.loads(arrays.read("facts").tobytes())
    if facts["format"] != FORMAT or set(facts) != set(FACTS):
        raise ValueError(f"its format is not {FORMAT}, so another version of Whycam kept it; keep them again")
    return dict(facts)


def _clip(arrays: ArrayFile, number: int, about: Mapping[str, Any], longest: int) -> ClipScores:
    name = keys.name(str(about["name"]), "clip", "its facts")
    shapes = {kind: arrays.shape(f"{kind}{number}") for kind in AXES if f"{kind}{number}" in arrays or kind == "scores"}
    frames, cell, fps = shapes["scores"][:1], int(about["cell"]), float(about["fps"])
    alike = all(len(shape) == AXES[kind] and shape[:1] == frames for kind, shape in shapes.items())
    if not (alike and 0 < fps < math.inf and ("heat" not in shapes or 1 <= cell <= MOST_SIDE)):
        raise ValueError(f"the arrays of clip {name!r} do not fit together")
    if frames[0] > longest or max(shapes.get("heat", ()), default=0) > max(MOST_SIDE, longest):
        raise ValueError(
            f"clip {name!r} has {frames[0]} scores, more than any clip has frames, or too large a heat map"
        )
    flagged = arrays.read(f"flagged{number}", "b") if "flagged" in shapes else None
    with np.errstate(over="ignore"):
        scores = np.asarray(arrays.read(f"scores{number}", "f"), np.float32)
        heat = np.asarray(arrays.read(f"heat{number}", "f"), np.float16) if "heat" in shapes else None
    if np.isinf(scores).any():
        raise ValueError(f"a score of clip {name!r} is infinite; a frame without a score is NaN")
    if heat is not None and np.isnan(heat).any():
        raise ValueError(f"the heat of clip {name!r} is not a number everywhere")
    seconds = _seconds(arrays, number) if "seconds" in shapes else None
    return ClipScores(name, scores, flagged, fps, heat, cell, seconds, _located(arrays, number, about, frames[0]))


def _located(arrays: ArrayFile, number: int, about: Mapping[str, Any], frames: int) -> Located | None:
    if f"things{number}" not in arrays:
        return None
    if len(about["nats"]) > MAX_KNOTS or arrays.shape(f"things{number}")[0] > MAX_THINGS_PER_FRAME * frames:
        raise ValueError(
            f"clip {about['name']!r} has more things than {MAX_THINGS_PER_FRAME} a frame, or too many knots"
        )
    pixels = None
    if f"pixels{number}" in arrays:
        if arrays.shape(f"pixels{number}") != (frames,):
            raise ValueError(f"the pixels of clip {about['name']!r} are not of its {frames} frames")
        pixels = np.asarray(arrays.read(f"pixels{number}", "f"), np.float32)
    things = np.asarray(arrays.read(f"things{number}", "f"), np.float64)
    knots = [tuple(_number(value, "a score", -math.inf) for value in about[key]) for key in ("nats", "equal")]
    found = Located(things, pixels, NatScale(Equivalence(*knots), bool(about["decibels"])))
    if not np.isfinite(things).all() or ((found.frames < 0) | (found.frames >= frames)).any():
        raise ValueError(f"things of clip {about['name']!r} lie outside its frames, or are no numbers")
    return found


def _seconds(arrays: ArrayFile, number: int) -> Doubles:
    found = np.asarray(arrays.read(f"seconds{number}", "f"), np.float64)
    if not np.isfinite(found).all() or (np.diff(found) <= 0).any():
        raise ValueError("the seconds of its frames do not ascend")
    return found


def _number(value: Any, what: str, least: float, most: float = math.inf) -> float:
    found = float(value)
    if not (math.isfinite(found) and least <= found < most):
        raise ValueError(f"{what} is said to be {found:g}")
    return found


def _csv(path: Path, clips: Sequence[str], lengths: Sequence[int]) -> ScoreFile:
    names, code, frame, score = _table(path)
    # What is too large for the kept precision would be infinite.
    beyond = ~(np.abs(score) <= np.finfo(np.float32).max)
    if beyond.any():
        line = int(np.flatnonzero(beyond)[0]) + 2
        raise DataError(f"{path}, line {line}: a score must be a finite number of single precision")
    to, missing = keys.match(names, list(clips))
    if missing:
        raise DataError(f"{path} has scores of {missing[0][:40]!r}, which is no test clip; known: {', '.join(clips)}")
    kept = {name: np.full(length, np.nan, np.float32) for name, length in zip(clips, lengths, strict=True)}
    for number, name in enumerate(names):
        rows = np.flatnonzero(code == number)
        _place(kept[to[name]], frame[rows], score[rows], rows, f"{path}, clip {to[name]!r}")
    return ScoreFile(path.stem[: keys.MAX_NAME_CHARACTERS], "scores from a file", "", None, 0,
                  tuple(ClipScores(name, values) for name, values in kept.items()))  # fmt: skip


def _table(path: Path) -> tuple[list[str], Ints, Ints, Doubles]:
    """Read the videos' names, and of each line the number of its video, its frame and its score."""
    from pyarrow import ArrowException, csv, dictionary, float64, int32, int64, string

    # A name is kept once, however long it is and however many lines have it.
    types = dict(zip(COLUMNS, (dictionary(int32(), string()), int64(), float64()), strict=True))
    try:
        table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types, null_values=[""]))
        columns = tuple(table.column_names)
    except (ArrowException, UnicodeDecodeError) as error:
        why = " ".join(str(error).split())[:200]
        raise DataError(f"{path} must be CSV with the columns {','.join(COLUMNS)}: {why}") from error
    if columns != COLUMNS or not len(table):
        raise DataError(f"{path} must begin with the line {','.join(COLUMNS)!r}, and hold scores")
    table = table.unify_dictionaries().combine_chunks()
    video = table["video"].chunk(0)
    names = video.dictionary.to_pylist()
    if any(column.null_count for column in table.columns) or "" in names:
        raise DataError(f"{path} has an empty cell; leave out the lines of frames that have no score")
    named = [keys.name(unmarked(name), "video", str(path)) for name in names]
    number = {name: i for i, name in enumerate(dict.fromkeys(named))}
    code = np.array([number[name] for name in named])[video.indices.to_numpy()]
    return list(number), code, table["frame"].to_numpy(), table["score"].to_numpy()


def _place(scores: Floats, frame: Ints, score: Doubles, rows: Ints, where: str) -> None:
    wrong = np.flatnonzero((frame < 1) | (frame > len(scores)))
    if len(wrong):
        at = int(wrong[0])
        said = f"{where}, line {rows[at] + 2}: frame {frame[at]} does not lie in 1 to {len(scores)}"
        hint = "; frames are counted from 1" if frame[at] == 0 else ""
        raise DataError(said + hint)
    twice = np.flatnonzero(np.bincount(frame) > 1)
    if len(twice):
        raise DataError(f"{where}: frame {twice[0]} has two scores")
    scores[frame - 1] = score
