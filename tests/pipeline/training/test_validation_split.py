import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from pipeline.training.survey import survey
from pipeline.training.validation_split import GAP_SECONDS, ClipPart, training_excerpt, validation_split
from tests.pipeline.clips import Clip

SPAN = 4


def clips(*lengths):
    return [Clip(f"{i}.mp4", np.full((n, 8, 16, 3), i, np.uint8)) for i, n in enumerate(lengths)]


def halves(lengths, share, span=SPAN):
    made = clips(*lengths)
    parts = validation_split(made, survey(made), share, span)
    return parts, [frames(clip) for clip in parts.training], [frames(clip) for clip in parts.validation]


def frames(clip):
    return sum(len(chunk) for chunk in clip.frames())


def test_of_many_clips_whole_ones_are_held_out_evenly_spread():
    parts, kept, held = halves([100] * 8, 0.25)
    assert [clip.name for clip in parts.validation] == ["3.mp4", "7.mp4"]
    assert (sum(kept), sum(held)) == (600, 200) and parts.frames == (100,) * 6
    assert parts.reason == "2 of 8 clips are held out for the threshold (0.3 minutes)"


@pytest.mark.parametrize("lengths", [[400], [300, 300], [1000, 20, 20, 20]])
def test_of_few_clips_or_unequal_ones_the_last_part_of_each(lengths):
    parts, kept, held = halves(lengths, 0.25)
    assert held == [length - round(length * 0.75) for length in lengths]
    gap = round(GAP_SECONDS * 10)
    assert kept == [max(0, round(length * 0.75) - gap) for length in lengths] == list(parts.frames)
    assert parts.reason.startswith("the last 25% of")


def test_too_little_footage_says_what_is_done_instead():
    parts, kept, held = halves([120], 0.25)
    assert (
        (kept, held) == ([120], []) and "too short to hold out" in parts.reason and "more false alarms" in parts.reason
    )


def test_nothing_is_held_out_when_asked():
    parts, kept, held = halves([300, 300], 0)
    assert (kept, held) == ([300, 300], []) and "as asked" in parts.reason


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(InputError, match=r"must lie between 0 and 0\.9"):
        halves([300], share)


@given(st.integers(1, 60), st.integers(0, 50), st.integers(0, 60), st.integers(1, 9))
def test_a_part_is_those_frames(length, first, more, chunk):
    images = np.arange(length, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    part = ClipPart(Clip("a", images), first, first + more)
    got = list(part.frames(chunk))
    values = [int(v) for seen in got for v in seen.images[:, 0, 0, 0]]
    assert values == list(range(length))[first : first + more]
    assert [seen.first for seen in got] == list(np.cumsum([0, *map(len, got)])[:-1])


def test_a_glance_at_what_was_trained_on_is_short(monkeypatch):
    parts, _, _ = halves([400] * 4, 0.25)
    assert [frames(clip) for clip in training_excerpt(parts)] == [400, 400, 400]
    monkeypatch.setattr("pipeline.training.validation_split.MAX_EXCERPT_FRAMES", 120)
    assert [frames(clip) for clip in training_excerpt(parts)] == [40, 40, 40]
