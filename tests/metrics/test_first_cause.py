"""The right first cause, against a twin that is written out frame by frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import FrameCause
from core.boxes import iou
from metrics.first_cause import Region, match_first_cause, names, summarise_verdicts, tracks_right

WHERE = (10.0, 10.0, 30.0, 50.0)
ELSEWHERE = (100.0, 10.0, 120.0, 50.0)


def cause(coarse, fine, box=WHERE):
    return FrameCause(coarse, fine, 1.0, box)


def region(coarse, fine, box=WHERE, track=1):
    return Region(coarse, fine, box, track)


@pytest.mark.parametrize(
    ("said", "shown", "right"),
    [
        (("object", "bicycle"), ("object", "bicycle"), True),
        (("object", "person"), ("object", "bicycle"), False),
        (("action", "ride"), ("object", "bicycle"), True),
        (("action", "ride"), ("object", "skateboard"), True),
        (("action", "ride"), ("object", "truck"), False),
        (("action", "drive"), ("object", "truck"), True),
        (("action", "drive"), ("object", "bicycle"), False),
        (("object", "car"), ("object", "truck"), True),
        (("object", "truck"), ("object", "bus"), True),
        (("object", "car"), ("object", "bicycle"), False),
        (("action", "run / jog"), ("action", "run / jog"), True),
        (("action", "walk"), ("action", "run / jog"), False),
        (("object", "run / jog"), ("action", "run / jog"), False),
        (("location", "where nobody walks"), ("location", "close to the camera"), True),
        (("object", "person"), ("location", "close to the camera"), False),
        (("location", "where nobody walks"), ("object", "bicycle"), False),
        (("unknown", "unknown"), ("object", "bicycle"), False),
        (("unknown", "bicycle"), ("object", "bicycle"), False),
        (("unknown", "truck"), ("object", "car"), False),
    ],
)
def test_what_names_what(said, shown, right):
    assert names(*said, region(*shown)) is right
    verdict = match_first_cause([cause(*said)], [region(*shown)])
    assert verdict.right is right and verdict.found == (True,)


def test_a_region_without_a_name_counts_as_found():
    verdict = match_first_cause([cause("unknown", "unknown")], [region("object", "bicycle")])
    result = summarise_verdicts([verdict])
    assert (result.top1, result.found, result.top1_tracks) == (0.0, 1.0, 0.0)


def test_the_right_name_in_another_place_is_wrong():
    verdict = match_first_cause([cause("object", "bicycle", ELSEWHERE)], [region("object", "bicycle")])
    assert not verdict.right and verdict.found == (False,)


def test_the_name_must_be_that_of_the_region_it_lies_on():
    both = [region("object", "bicycle"), region("object", "skateboard", ELSEWHERE, 2)]
    assert not match_first_cause([cause("object", "skateboard")], both).right
    assert match_first_cause([cause("object", "skateboard", ELSEWHERE)], both).right


@pytest.mark.parametrize(("width", "found"), [(3.0, True), (2.99, False)])
def test_a_box_lies_on_a_region_from_three_tenths(width, found):
    verdict = match_first_cause(
        [cause("object", "bicycle", (0, 0, width, 1))], [region("object", "bicycle", (0, 0, 10, 1))]
    )
    assert verdict.right is found


def test_no_cause_is_a_wrong_answer():
    result = summarise_verdicts([match_first_cause([], [region("object", "bicycle")])])
    assert (result.top1, result.found, result.top1_tracks, result.frames, result.tracks) == (0, 0, 0, 1, 1)


def test_nothing_annotated_is_undefined():
    result = summarise_verdicts([])
    assert result.top1 is None and result.found is None and result.top1_tracks is None


def votes(*answers):
    """Answers on the track's region, ``None`` elsewhere, of a track that shows a bicycle."""
    shown = [region("object", "bicycle")]
    given = [cause("object", a) if a else cause("object", "person", ELSEWHERE) for a in answers]
    return tracks_right([match_first_cause([c], shown) for c in given])[1]


def test_a_track_has_one_vote():
    assert votes("bicycle", "bicycle", "person")
    assert not votes("bicycle", "person", "person")
    assert votes("bicycle", "bicycle", "person", "skateboard", None), "the most frequent, not the majority"
    assert not votes("bicycle", "person"), "a tie with a wrong answer"
    assert not votes("bicycle", None, None)


def test_causes_on_another_region_are_set_aside_where_a_track_is_judged():
    both = [region("object", "bicycle"), region("object", "skateboard", ELSEWHERE, 2)]
    on_bicycle, on_board = cause("object", "bicycle"), cause("object", "skateboard", ELSEWHERE)
    nowhere = cause("object", "person", (300.0, 10.0, 320.0, 50.0))
    assert tracks_right([match_first_cause([on_bicycle, on_board], both)]) == {1: True, 2: True}
    assert tracks_right([match_first_cause([on_bicycle, nowhere, on_board], both)]) == {1: True, 2: False}
    assert tracks_right([match_first_cause([on_bicycle], both)]) == {1: True, 2: False}


BOX = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)
SAID = st.sampled_from(
    [("object", "bicycle"), ("object", "car"), ("action", "ride"), ("action", "run / jog"), ("location", "x"),
     ("unknown", "unknown")]
)  # fmt: skip
SHOWN = st.sampled_from(
    [("object", "bicycle"), ("object", "skateboard"), ("object", "truck"), ("action", "run / jog"), ("location", "y")]
)


def pixels(box):
    return {(x, y) for x in range(int(box[0]), int(box[2])) for y in range(int(box[1]), int(box[3]))}


def says(said, shown):
    table = {
        ("object", "bicycle"): [("object", "bicycle")],
        ("object", "car"): [("object", "truck")],
        ("action", "ride"): [("object", "bicycle"), ("object", "skateboard")],
        ("action", "run / jog"): [("action", "run / jog")],
        ("location", "x"): [("location", "y")],
        ("unknown", "unknown"): [],
    }
    return shown in table[said]


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(SAID, BOX), max_size=3),
            st.lists(st.tuples(SHOWN, BOX, st.integers(0, 2)), min_size=1, max_size=3),
        ),
        max_size=8,
    )
)
def test_shares_are_those_of_the_twin(frames):
    verdicts = [
        match_first_cause(
            [cause(*name, box) for name, box in said], [region(*shown, box, track) for shown, box, track in regions]
        )
        for said, regions in frames
    ]
    right = found = 0
    ballots = {}
    for said, regions in frames:
        on = [
            [10 * len(pixels(c) & pixels(b)) >= 3 * len(pixels(c) | pixels(b)) for _, b, _ in regions] for _, c in said
        ]
        named = [on and on[0][i] and says(said[0][0], shown) for i, (shown, _, _) in enumerate(regions)]
        right += any(named)
        found += bool(on) and any(on[0])
        for i, (shown, _, track) in enumerate(regions):
            mine = [(name, here) for (name, _), here in zip(said, on, strict=True) if here[i] or not any(here)]
            asked = bool(mine) and mine[0][1][i]
            ballot = (mine[0][0], says(mine[0][0], shown)) if asked else ("elsewhere", False)
            ballots.setdefault(track, []).append(ballot)
    result = summarise_verdicts(verdicts)
    if not frames:
        return
    assert result.top1 == pytest.approx(right / len(frames))
    assert result.found == pytest.approx(found / len(frames))
    winners = {
        track: all(answer[1] for answer in set(b) if b.count(answer) == max(map(b.count, b)))
        for track, b in ballots.items()
    }
    assert tracks_right(verdicts) == winners
    assert result.top1_tracks == pytest.approx(sum(winners.values()) / len(winners))


@given(BOX, BOX)
def test_overlap_counts_pixels(a, b):
    assert iou([a], [b])[0, 0] == pytest.approx(len(pixels(a) & pixels(b)) / len(pixels(a) | pixels(b)))


def test_boxes_without_area_overlap_with_nothing():
    assert iou([(1, 1, 1, 1)], [(1, 1, 1, 1)])[0, 0] == 0.0
    assert iou([(3, 3, 1, 1)], [(0, 0, 4, 4)])[0, 0] == 0.0
