from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import Clock
from core.errors import UnknownNameError
from core.normality import ClassNormality, Normality
from core.records import Detections, Evidence
from explain.causes import places
from explain.causes.ranking import RULES, by_frame, class_normality, rank
from explain.heat import covered

HEIGHT, WIDTH, NOISE = 180, 320, 0.01


def named(*given, **more):
    """Every name of every thing, best first, and the unexplained share."""
    found = rank(*given, **more)
    names = [
        SimpleNamespace(**vars(label), cause=cause, box=cause.box) for cause in found.causes for label in cause.labels
    ]
    return tuple(sorted(names, key=lambda label: -label.score)), found.unexplained


WALKERS = tuple((20.0 + 48 * i, 100.0, 36.0 + 48 * i, 140.0) for i in range(6))
RIDER, BICYCLE = (140.0, 30.0, 160.0, 70.0), (132.0, 50.0, 172.0, 80.0)


def detections(frame, rows, vocabulary):
    boxes = np.array([row[1] for row in rows], np.float32).reshape(-1, 4)
    confidence = np.array([row[2] for row in rows], np.float32)
    return Detections(frame, boxes, tuple(row[0] for row in rows), confidence, vocabulary)


def scene(frame, hot=(), objects=(), actions=(), walkers=WALKERS, seed=0, score=1.0):
    """A frame with noise, walkers as hot as walkers are, and planted heat; boxes move with the frame's number."""
    random = np.random.default_rng([seed, frame])
    heat = (NOISE * random.random((HEIGHT, WIDTH))).astype(np.float32)
    for box, level in [*((walker, random.uniform(0.05, 0.2)) for walker in walkers), *hot]:
        x1, y1, x2, y2 = (int(max(v, 0)) for v in box)
        area = heat[y1:y2, x1:x2]
        np.maximum(area, (level * random.uniform(0.5, 1.5, area.shape)).astype(np.float32), out=area)
    persons = [("person", walker, 0.95) for walker in walkers]
    strolls = [(label, walker, sure) for walker in walkers for label, sure in (("walk", 0.8), ("run/jog", 0.1))]
    return Evidence(
        frame,
        score,
        np.zeros((HEIGHT, WIDTH, 3), np.uint8),
        heat,
        detections(frame, [*persons, *objects], "COCO"),
        detections(frame, [*strolls, *actions], "AVA"),
    )


@pytest.fixture(scope="module")
def normality():
    footage = [scene(frame, seed=1) for frame in range(200)]
    heat = float(np.mean([e.heat.mean() for e in footage]))
    classes, frames = class_normality(footage, heat)
    return Normality(0.0, tuple(np.linspace(-1, 1, 101)), 200, heat, classes, frames)


def moved(box, step):
    return tuple(v + (step if i % 2 == 0 else 0) for i, v in enumerate(box))


def event(hot=(), objects=(), actions=(), frames=10, walkers=WALKERS):
    """Ten sampled frames in which all that is planted moves to the right."""

    def shift(rows, at, i):
        return [(*row[:at], moved(row[at], 6 * i), *row[at + 1 :]) for row in rows]

    return [
        scene(5 * i, shift(hot, 0, i), shift(objects, 1, i), shift(actions, 1, i), walkers, score=float(-abs(i - 6)))
        for i in range(frames)
    ]


def first(evidence, normality, rule="calibrated"):
    causes, _ = named(evidence, normality, rule)
    return causes[0]


RIDING = ((BICYCLE, 0.6), (RIDER, 0.6))
RIDE_OBJECTS = (("person", RIDER, 0.97), ("bicycle", BICYCLE, 0.8))


def test_normality_counts_classes(normality):
    person, run = normality.classes["person"], normality.classes["run/jog"]
    assert normality.explained_frames == 200
    assert person.per_frame == run.per_frame == 6.0
    assert person.boxes == 1200 and len(person.density) == len(person.confidence) == 101
    assert 0.03 < person.density[0] < person.density[100] < 0.3
    assert run.confidence[100] == pytest.approx(0.1)
    assert "bicycle" not in normality.classes
    assert class_normality([]) == ({}, 0)


def test_a_bicycle_wins_over_its_rider(normality):
    best = first(event(RIDING, RIDE_OBJECTS), normality)
    assert (best.coarse, best.fine) == ("object", "bicycle")
    assert best.box == pytest.approx(moved(BICYCLE, 36))
    assert (best.first, best.last) == (0, 45)
    assert best.confidence == pytest.approx(0.8)


def test_riding_wins_over_the_rider_where_the_bicycle_is_missed(normality):
    evidence = event(
        RIDING, RIDE_OBJECTS[:1], (("ride (e.g., a bike, a car, a horse)", RIDER, 0.6), ("sit", RIDER, 0.1))
    )
    assert (first(evidence, normality).coarse, first(evidence, normality).fine) == ("action", "ride")


def test_a_skateboard_wins_though_the_skater_holds_the_heat(normality):
    board = (138.0, 66.0, 162.0, 74.0)
    evidence = event(((board, 0.5), (RIDER, 0.6)), (("person", RIDER, 0.97), ("skateboard", board, 0.6)))
    assert first(evidence, normality).fine == "skateboard"
    assert first(evidence, normality, "plain").fine == "person"


def test_a_walker_beside_the_bicycle_does_not_win(normality):
    beside = moved(RIDER, 26)
    evidence = event((*RIDING, (beside, 0.12)), (*RIDE_OBJECTS, ("person", beside, 0.99)))
    causes, _ = named(evidence, normality)
    names = [c.fine for c in causes]
    assert names[0] == "bicycle"
    walker = next(c for c in causes if c.fine == "person" and c.box == pytest.approx(moved(beside, 36)))
    assert walker.score < causes[0].score / 10


def test_a_runner_is_an_action(normality):
    best = first(
        event(((RIDER, 0.7),), (("person", RIDER, 0.97),), (("run/jog", RIDER, 0.7), ("walk", RIDER, 0.2))), normality
    )
    assert (best.coarse, best.fine) == ("action", "run / jog")
    assert best.box == pytest.approx(moved(RIDER, 36))


@pytest.mark.parametrize("sure", [0.2, 0.5])
def test_a_box_without_heat_does_not_win(normality, sure):
    spurious = (240.0, 20.0, 280.0, 60.0)
    evidence = event(RIDING, (*RIDE_OBJECTS, ("umbrella", spurious, sure)))
    causes, _ = named(evidence, normality)
    umbrella = next((c for c in causes if c.fine == "umbrella"), None)
    assert causes[0].fine == "bicycle"
    assert umbrella is None or umbrella.score < causes[0].score / 20


def test_a_spurious_thing_on_a_runner_does_not_win(normality):
    evidence = event(
        ((RIDER, 0.7),), (("person", RIDER, 0.97), ("frisbee", (146, 50, 154, 58), 0.2)), (("run/jog", RIDER, 0.6),)
    )
    assert first(evidence, normality).fine == "run / jog"


def test_a_box_of_one_frame_is_no_cause(normality):
    evidence = event(RIDING, RIDE_OBJECTS)
    flash = scene(
        15,
        [(moved(b, 18), h) for b, h in RIDING],
        [("person", moved(RIDER, 18), 0.97), ("dog", moved(BICYCLE, 18), 0.9)],
    )
    evidence[3] = replace(evidence[3], objects=flash.objects)
    causes, _ = named(evidence, normality)
    assert causes[0].fine == "bicycle"
    assert "dog" not in [cause.fine for cause in causes]


def test_what_no_box_explains_is_unknown_with_its_region(normality):
    evidence = event(((BICYCLE, 0.6),))
    causes, unexplained = named(evidence, normality)
    assert (causes[0].coarse, causes[0].fine, causes[0].confidence) == ("unknown", "unknown", 0.0)
    assert causes[0].box == pytest.approx(moved(BICYCLE, 36), abs=5)
    assert causes[0].heat_share > 0.5 and unexplained > 0.5


def test_walkers_with_nothing_odd_score_low(normality):
    odd = first(event(RIDING, RIDE_OBJECTS), normality)
    causes, unexplained = named(event(), normality)
    assert all(c.score < odd.score / 10 for c in causes)
    assert unexplained < 0.05


def test_a_class_that_normal_footage_shows_is_no_cause(normality):
    known = {**normality.classes, "bicycle": ClassNormality(0.5, tuple(np.linspace(0.1, 1.0, 101)), 100)}
    seldom, often = normality, replace(normality, classes=known)
    evidence = event(RIDING, RIDE_OBJECTS)
    score = [next(c.score for c in named(evidence, n)[0] if c.fine == "bicycle") for n in (seldom, often)]
    assert score[1] < score[0] / 2


def test_an_object_model_that_often_sees_a_doubtful_thing_is_not_believed_when_it_doubts_again(normality):
    doubts = ClassNormality(3.0, tuple(np.linspace(0.05, 0.3, 101)), 600, tuple(np.linspace(0.2, 0.5, 101)))
    often = replace(normality, classes={**normality.classes, "skateboard": doubts})
    board = (138.0, 66.0, 162.0, 74.0)
    score = []
    for sure in (0.35, 0.7):
        evidence = event(((board, 0.5), (RIDER, 0.6)), (("person", RIDER, 0.97), ("skateboard", board, sure)))
        causes, _ = named(evidence, often)
        score.append(next(c.score for c in causes if c.fine == "skateboard"))
    assert score[1] > 3 * score[0]


def test_the_papers_rule_is_the_plain_sum_of_heat_times_probability(normality):
    evidence = event(RIDING, RIDE_OBJECTS)[:1]
    causes, _ = named(evidence, normality, "plain")
    found = {(c.fine, c.box): c.score for c in causes}
    x1, y1, x2, y2 = (int(v) for v in BICYCLE)
    heat = float(evidence[0].heat[y1:y2, x1:x2].sum(dtype=np.float64))
    assert found["bicycle", BICYCLE] == pytest.approx(heat * 0.8, rel=1e-6)


def test_shares_are_of_the_heat_above_the_normal_mean(normality):
    evidence = event(RIDING, RIDE_OBJECTS)
    raised = [np.maximum(e.heat - np.float32(normality.heat), 0) for e in evidence]
    total = sum(float(r.sum(dtype=np.float64)) for r in raised)
    inside = sum(
        float(r[covered(r.shape, np.array([moved(BICYCLE, 6 * i)]))].sum(dtype=np.float64))
        for i, r in enumerate(raised)
    )
    causes, unexplained = named(evidence, normality)
    assert causes[0].heat_share == pytest.approx(inside / total)
    boxed = sum(
        float(r[covered(r.shape, e.objects.boxes)].sum(dtype=np.float64)) for r, e in zip(raised, evidence, strict=True)
    )
    assert unexplained == pytest.approx(1 - boxed / total)


@pytest.mark.parametrize("rule", RULES)
class TestEdges:
    def test_no_frame(self, normality, rule):
        assert named([], normality, rule) == ((), 0.0)

    def test_no_boxes(self, normality, rule):
        causes, unexplained = named(event(((BICYCLE, 0.6),), walkers=()), normality, rule)
        assert {c.coarse for c in causes} == {"unknown"}
        assert unexplained == 1.0

    def test_no_heat(self, normality, rule):
        if rule == "confidence":
            pytest.skip("this rule does not look at the heat")
        evidence = [replace(e, heat=np.zeros_like(e.heat)) for e in event(RIDING, RIDE_OBJECTS)]
        assert named(evidence, normality, rule) == ((), 0.0)

    def test_a_person_who_fills_the_frame(self, normality, rule):
        whole = (-10.0, -10.0, WIDTH + 10.0, HEIGHT + 10.0)
        evidence = [scene(i, ((whole, 0.5),), (("person", whole, 0.99),), walkers=()) for i in range(3)]
        causes, unexplained = named(evidence, normality, rule)
        assert causes[0].fine == "person"
        assert causes[0].box == (0.0, 0.0, WIDTH, HEIGHT)
        assert causes[0].heat_share == pytest.approx(1.0) and unexplained == pytest.approx(0.0)

    def test_sixty_people(self, normality, rule):
        crowd = [
            (10.0 * (i % 30), 20.0 + 80 * (i // 30), 10.0 * (i % 30) + 8, 60.0 + 80 * (i // 30)) for i in range(60)
        ]
        evidence = [scene(i, walkers=crowd) for i in range(3)]
        causes, unexplained = named(evidence, normality, rule)
        assert len([c for c in causes if c.fine == "person"]) == 60
        assert sum(c.heat_share for c in causes if c.fine == "person") == pytest.approx(1 - unexplained, abs=0.01)

    def test_boxes_outside_the_frame(self, normality, rule):
        evidence = [scene(i, ((BICYCLE, 0.6),), (("bicycle", (400, 10, 450, 60), 0.9),)) for i in range(3)]
        causes, _ = named(evidence, normality, rule)
        assert "bicycle" not in [c.fine for c in causes]

    def test_one_frame(self, normality, rule):
        causes, _ = named(event(RIDING, RIDE_OBJECTS)[:1], normality, rule)
        assert all(c.first == c.last == 0 for c in causes)

    def test_nothing_is_known_of_the_camera(self, normality, rule):
        blank = Normality(0.0, (0.0, 1.0), 0, 0.0)
        causes, _ = named(event(RIDING, RIDE_OBJECTS), blank, rule)
        assert causes and all(np.isfinite(c.score) for c in causes)

    def test_scores_that_are_no_number(self, normality, rule):
        evidence = [replace(e, score=float("nan")) for e in event(RIDING, RIDE_OBJECTS)]
        assert named(evidence, normality, rule)[0]


CORNER = st.floats(-100, 500, width=32)
ROW = st.tuples(
    st.sampled_from(["person", "bicycle", "dog"]), st.tuples(CORNER, CORNER, CORNER, CORNER), st.floats(0, 1, width=32)
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(ROW, max_size=4), min_size=1, max_size=3), st.sampled_from(sorted(RULES)))
def test_any_boxes_give_finite_causes_in_order(frames, rule):
    classes = {"person": ClassNormality(2.0, tuple(np.linspace(0, 0.1, 101)), 40)}
    normal = Normality(0.0, (0.0, 1.0), 20, NOISE, classes, 20)
    evidence = [
        scene(i, ((BICYCLE, 0.4),), rows, [("ride", *r[1:]) for r in rows], ()) for i, rows in enumerate(frames)
    ]
    causes, unexplained = named(evidence, normal, rule)
    scores = [c.score for c in causes]
    assert scores == sorted(scores, reverse=True) and np.isfinite(scores).all()
    assert 0.0 <= unexplained <= 1.0
    for cause in causes:
        assert 0.0 <= cause.heat_share <= 1.0 and 0.0 <= cause.confidence <= 1.0
        assert all(0 <= v <= limit for v, limit in zip(cause.box or (0,) * 4, (WIDTH, HEIGHT) * 2, strict=True))


def test_an_unknown_rule_lists_the_known_ones(normality):
    with pytest.raises(
        UnknownNameError, match="unknown rule 'best'; known: calibrated, confidence, heat, mean, peak, plain"
    ):
        named([], normality, "best")


STRAY = (20.0, 120.0, 36.0, 175.0)


@pytest.fixture(scope="module")
def placed(normality):
    """What is normal, and that people walk to the right along the upper half at five pixels a second or so."""
    moments = [
        [detections(100 * m + 5 * i, [("person", moved((10.0 + 3 * m, 30.0, 26.0 + 3 * m, 70.0), 6 * i), 0.9),
                                      *(("person", moved(w, 6 * i + 1.5 * m), 0.9) for w in WALKERS)], "COCO")
         for i in range(5)]
        for m in range(60)
    ]  # fmt: skip
    return replace(normality, places=places.learn([(moment, Clock.steady(25.0)) for moment in moments], 3000))


def test_who_stands_where_nobody_stands_is_a_cause_of_its_own(placed):
    stray = (40.0, 150.0, 70.0, 180.0)
    evidence = [scene(5 * i, ((stray, 0.15),), (("person", stray, 0.9),), walkers=()) for i in range(6)]
    best = named(evidence, placed, clock=Clock.steady(25.0))[0][0]
    assert (best.coarse, best.fine) == ("location", "person in an unusual place")
    assert best.box == pytest.approx(stray) and best.confidence == pytest.approx(0.9)
    everywhere = [c.coarse for c in named(evidence, replace(placed, places={}), clock=Clock.steady(25.0))[0]]
    assert "location" not in everywhere


def test_a_bicycle_in_an_unusual_place_is_still_a_bicycle(placed):
    rider, bicycle = ((140.0, 110.0, 160.0, 150.0), (132.0, 130.0, 172.0, 160.0))
    objects = (("person", rider, 0.97), ("bicycle", bicycle, 0.8))
    best = named(event(((bicycle, 0.6), (rider, 0.6)), objects, walkers=()), placed, clock=Clock.steady(25.0))[0][0]
    assert best.fine == "bicycle"


def test_riding_is_believed_as_far_as_thing_or_motion_speak_for_it(placed):
    ride = ("ride (e.g., a bike, a car, a horse)", RIDER, 0.6)

    def score(objects, step):
        frames = [
            scene(5 * i, [(moved(RIDER, step * i), 0.6)], [(n, moved(b, step * i), c) for n, b, c in objects],
                  [(ride[0], moved(RIDER, step * i), 0.6)])
            for i in range(8)
        ]  # fmt: skip
        return next(c.score for c in named(frames, placed, clock=Clock.steady(25.0))[0] if c.fine == "ride")

    slow, fast, on_bicycle = score(RIDE_OBJECTS[:1], 6), score(RIDE_OBJECTS[:1], 18), score(RIDE_OBJECTS, 6)
    assert fast > 2 * slow and on_bicycle > 1.3 * slow


def test_each_frame_has_causes_of_its_own(normality):
    calm, riding = event(frames=20), event(RIDING, RIDE_OBJECTS, frames=20)
    found = by_frame(calm[:10] + riding[10:], normality, clock=Clock.steady(25.0))
    assert [f[0].fine == "bicycle" for f in found] == [False] * 10 + [True] * 10
    for i, frame in enumerate(found[10:]):
        assert frame[0].box == pytest.approx(moved(BICYCLE, 6 * (i + 10)), abs=1e-3)


def test_a_frame_alone_is_ranked_as_an_event_of_one_frame(normality):
    evidence = event(RIDING, RIDE_OBJECTS)
    alone = by_frame(evidence[:1], normality)[0]
    assert [(c.fine, c.score) for c in alone] == [(c.fine, c.score) for c in named(evidence[:1], normality)[0]]
    assert by_frame([], normality) == ()


@pytest.mark.parametrize(("label", "action"), [("truck", "drive"), ("bicycle", "ride"), ("handbag", None)])
def test_what_moves_implies_what_is_done_with_it(normality, label, action):
    def actions(step):
        frames = [
            scene(5 * i, [(moved(BICYCLE, step * i), 0.6)], [(label, moved(BICYCLE, step * i), 0.8)]) for i in range(6)
        ]
        ranked = named(frames, normality, clock=Clock.steady(25.0))[0]
        assert ranked[0].fine == label
        return [c.fine for c in ranked if c.coarse == "action" and c.box == ranked[0].box]

    assert actions(6) == ([action] if action else [])
    assert actions(0) == []


def test_one_box_is_one_thing(normality):
    """What a model takes for a skateboard as well as for a bicycle is the bicycle that it is surer of."""
    board = ("skateboard", BICYCLE, 0.6)

    def score(objects):
        return next(c.score for c in named(event(RIDING, objects), normality)[0] if c.fine == "skateboard")

    alone, beside = score((RIDE_OBJECTS[0], board)), score((*RIDE_OBJECTS, board))
    assert beside < 0.35 * alone


def fast(objects, actions=()):
    """Somebody who crosses faster than anyone walks there, in eight frames."""
    return [
        scene(5 * i, [(moved(RIDER, 18 * i - 120), 0.6)], [(n, moved(b, 18 * i - 120), c) for n, b, c in objects],
              [(n, moved(b, 18 * i - 120), c) for n, b, c in actions])
        for i in range(8)
    ]  # fmt: skip


def test_who_is_faster_than_anyone_and_does_not_ride_runs(placed):
    def told(objects, actions=()):
        return {c.fine: c.score for c in reversed(named(fast(objects, actions), placed, clock=Clock.steady(25.0))[0])}

    ride = (("ride (e.g., a bike, a car, a horse)", RIDER, 0.9),)
    on_foot, riding, on_bicycle = told(RIDE_OBJECTS[:1]), told(RIDE_OBJECTS[:1], ride), told(RIDE_OBJECTS)
    assert max(on_foot, key=on_foot.__getitem__) == "run / jog"
    assert riding.get("run / jog", 0.0) < 0.2 * riding["ride"]
    assert on_bicycle.get("run / jog", 0.0) < 0.3 * on_bicycle["bicycle"]


def test_how_often_a_model_names_running_says_nothing_of_who_is_faster_than_anyone(placed):
    """A thousand walkers whom the action model took for runners make a speed that nobody had no more usual."""
    often = replace(placed.classes["run/jog"], per_frame=2.0, boxes=1000, confidence=(0.9,) * 101)
    doubted = replace(placed, classes={**placed.classes, "run/jog": often})
    runs = [named(fast(RIDE_OBJECTS[:1]), known, clock=Clock.steady(25.0))[0][0] for known in (placed, doubted)]
    assert [run.fine for run in runs] == ["run / jog"] * 2
    assert runs[1].score == pytest.approx(runs[0].score, rel=0.02)


def test_an_action_that_its_model_is_unsure_of_is_no_cause_and_ranks_last(normality):
    def fallen(sure):
        return event(((RIDER, 0.9),), RIDE_OBJECTS[:1], (("fall down", RIDER, sure),))

    assert first(fallen(0.6), normality).fine == "fall down"
    assert "fall down" not in [cause.fine for cause in named(fallen(0.4), normality)[0]]
    ranked = by_frame(fallen(0.4), normality)[3]
    assert ranked[0].fine == "person" and "fall down" in [cause.fine for cause in ranked]


def test_running_is_surer_where_the_model_names_it_rather_than_walking(placed):
    def score(runs, walks):
        acts = (("run/jog", RIDER, runs), ("walk", RIDER, walks))
        causes = named(fast(RIDE_OBJECTS[:1], acts), placed, clock=Clock.steady(25.0))[0]
        return next(c.score for c in causes if c.fine == "run / jog")

    assert score(0.2, 0.3) == pytest.approx(score(0.0, 0.6), rel=0.02)
    assert score(0.2, 0.3) < 0.99 * score(0.2, 0.1) < 0.99 * score(0.5, 0.0)


@pytest.mark.parametrize(
    ("sure", "in_two", "in_all"), [(0.2, (0.93, 0.97), (0.75, 0.85)), (0.8, (0.1, 0.3), (0.1, 0.3))]
)
def test_a_bicycle_that_is_seen_now_and_then_speaks_against_running_where_it_is_sure(placed, sure, in_two, in_all):
    objects = (RIDE_OBJECTS[0], ("bicycle", BICYCLE, sure))

    def score(frames):
        there = [replace(one, objects=two.objects) if i < frames else one
                 for i, (one, two) in enumerate(zip(fast(objects[:1]), fast(objects), strict=True))]  # fmt: skip
        causes = named(there, placed, clock=Clock.steady(25.0))[0]
        return next((c.score for c in causes if c.fine == "run / jog"), 0.0)

    assert in_two[0] < score(2) / score(0) < in_two[1] and in_all[0] < score(8) / score(0) < in_all[1]
