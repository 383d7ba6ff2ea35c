import dataclasses

import numpy as np
import pytest

from benchmarks import _capacity_figures, _fleet_check, capacity
from benchmarks._analysis_cost import CLIPS, EVENTFUL, PARTS, QUIET, SHORT, Cost, Costs
from benchmarks._fleet_check import Batch, Learnt, learn, predicted
from benchmarks._simulated_day import DAY_SECONDS, Split, Traffic, day, fewest_workers, worst_hour
from benchmarks.simulated_fleet import Fleet, simulate
from core.errors import InputError

FPS = 10.0
CALM = Traffic(cameras=40, minutes=60.0, night_share=1.0, eventful=0.0, bursts=0)
SERVICE = Split(5.0, np.array([0.01, 0.02]), np.array([0.1]))


def cost(kind, frames, processor, kept):
    return Cost(kind, frames, 0, processor, 2 * processor, 0.0, dict.fromkeys((*PARTS, "rest"), kept))


@pytest.fixture
def costs():
    """Return costs of 2 s a clip, 0.1 s a quiet frame and 0.3 s one with an event; of bytes 100, 1 and 4."""
    clips = [cost(SHORT, 100, 12.0, 200), cost(QUIET, 400, 42.0, 500), cost(QUIET, 400, 42.0, 500),
             cost(EVENTFUL, 400, 122.0, 1700)]  # fmt: skip
    return Costs(clips, FPS, 100 << 20)


def test_what_a_clip_costs_is_told_from_what_its_frames_do(costs):
    split = costs.processor()
    assert split.fixed == pytest.approx(2.0)
    assert split.quiet == pytest.approx([0.1, 0.1]) and split.eventful == pytest.approx([0.3])
    assert costs.kept("report").fixed == 100 and costs.kept("report").quiet == pytest.approx([1.0, 1.0])
    assert costs.kept("heat").fixed == 0 and costs.kept("heat").quiet == pytest.approx([1.25, 1.25])
    assert split.per_second(FPS, 1.0, 0.25) == pytest.approx(2.0 / 60 + FPS * (0.75 * 0.1 + 0.25 * 0.3))


def test_the_clips_have_three_kinds_and_the_first_is_there_to_warm_up():
    kinds = [kind for kind, _, _ in CLIPS[1:]]
    assert CLIPS[0][0] == SHORT and set(kinds) == {SHORT, QUIET, EVENTFUL}
    assert len({seed for _, seed, _ in CLIPS}) == len(CLIPS)
    assert all(bool(anomalies) == (kind == EVENTFUL) for kind, _, anomalies in CLIPS)


def test_a_calm_day_is_a_clip_of_each_camera_in_each_hour():
    arrivals, seconds = day(CALM, SERVICE, FPS, 0)
    assert len(arrivals) == 24 * 40 and np.all(np.diff(arrivals) >= 0) and arrivals[-1] < DAY_SECONDS
    assert np.allclose(np.unique(seconds), [5.0 + 36_000 * 0.01, 5.0 + 36_000 * 0.02])


def test_few_record_at_night_and_events_cost_more():
    night = dataclasses.replace(CALM, cameras=2000, night_share=0.25)
    arrivals, _ = day(night, SERVICE, FPS, 1)
    dark = (arrivals < 6 * 3600) | (arrivals >= 22 * 3600)
    assert (~dark).sum() == 16 * 2000 and dark.sum() == pytest.approx(8 * 2000 * 0.25, rel=0.05)
    eventful = dataclasses.replace(CALM, eventful=0.5, event_seconds=100.0)
    _, seconds = day(eventful, Split(5.0, np.array([0.01]), np.array([0.1])), FPS, 2)
    assert np.allclose(np.unique(seconds), [365.0, 365.0 + 1000 * 0.09]) and 0.4 < np.mean(seconds > 400.0) < 0.6


def test_a_burst_makes_cameras_record_at_night():
    silent = dataclasses.replace(CALM, cameras=1000, minutes=5.0, night=(0.0, 24.0), night_share=0.0)
    burst = dataclasses.replace(silent, bursts=1, burst_cameras=0.2, burst_minutes=15.0)
    assert not len(day(silent, SERVICE, FPS, 3)[0])
    arrivals, _ = day(burst, SERVICE, FPS, 3)
    assert np.ptp(arrivals) < 900.0 and len(arrivals) == pytest.approx(3 * 200, rel=0.2)


def test_the_fewest_workers_are_enough_and_fewer_are_not():
    traffic = dataclasses.replace(CALM, cameras=60, minutes=30.0, night_share=0.2)
    arrivals, seconds = day(traffic, Split(10.0, np.array([0.02]), np.array([0.02])), FPS, 4)
    fleet = Fleet(1, up_seconds=20_000.0, repair_seconds=600.0)
    workers = fewest_workers(fleet, arrivals, seconds, 900.0, 0.95, 5)
    enough, fewer = (
        simulate(dataclasses.replace(fleet, workers=n), arrivals, seconds, 5) for n in (workers, workers - 1)
    )
    assert enough.in_time(900.0) >= 0.95 > fewer.in_time(900.0)
    assert worst_hour(fewer, 900.0) < fewer.in_time(900.0)


def test_clips_that_take_too_long_alone_are_refused_in_a_sentence():
    with pytest.raises(InputError, match=r"95% .* within 60 s by any number of workers: half of them need 100 s"):
        fewest_workers(Fleet(1), np.zeros(4), np.full(4, 100.0), 60.0, 0.95, 0)


@pytest.fixture
def batch():
    """Return a batch by one worker: joined at 4 s, started for 6 s with one processor, clips of 2 and 5 s with 1.5."""
    ends = np.cumsum([12.0, 5.0, 2.0, 5.0, 2.0])
    looks = np.array([0.0, 4.0, 10.0, 12.0, 26.0, 27.0])
    return Batch(27.0, 4.0, ends, (24, 72, 24, 72, 24), looks, np.array([0.0, 3.0, 9.0, 12.0, 33.0, 33.0]), 0.0)


def test_a_clip_that_was_held_up_by_other_programs_tells_nothing(batch):
    later, looked = np.array([0.0, 0.0, 0.0, 3.0, 3.0]), np.array([0.0, 0.0, 0.0, 0.0, 3.0, 3.0])
    held_up = dataclasses.replace(batch, ends=batch.ends + later, looks=batch.looks + looked)
    assert learn(held_up).clip_seconds == learn(batch).clip_seconds
    assert learn(held_up).demand == pytest.approx(learn(batch).demand)


def test_a_batch_by_one_worker_tells_what_others_are_predicted_from(batch):
    learnt = learn(batch)
    assert (learnt.joining, learnt.closing) == (4.0, 1.0) and learnt.clip_seconds == {24: 2.0, 72: 5.0}
    assert learnt.start_seconds == pytest.approx(6.0) and learnt.start_demand == pytest.approx(1.0)
    assert learnt.demand == pytest.approx(1.5)


def test_a_batch_predicts_itself_and_workers_beyond_the_processors_gain_nothing(batch, monkeypatch):
    monkeypatch.setattr(_fleet_check.os, "cpu_count", lambda: 2)
    learnt, frames = learn(batch), [24, 72, 24, 72, 24]
    assert predicted(learnt, 1, frames, 0.0) == pytest.approx(batch.seconds)
    none = dataclasses.replace(learnt, joining=0.0, start_seconds=0.0, closing=0.0)
    two, four = (predicted(none, workers, [24] * 8, 0.0) for workers in (2, 4))
    assert two == four == pytest.approx(8 * 2.0 * 1.5 / 2)
    assert predicted(none, 2, [24] * 8, 1.0) == pytest.approx(2 * two)


def test_a_page_says_what_was_measured_assumed_and_not_measured(costs):
    traffic = dataclasses.replace(CALM, cameras=1000)
    learnt = Learnt(4.0, 6.0, 1.0, {24: 2.0}, 1.5, 1.0, 0.0)
    checks = [{"workers": 1, "error": 0.02, "others": 0.1}, {"workers": 4, "error": -0.131, "others": 0.75}]
    found = simulate(Fleet(3), np.zeros(6), np.full(6, 400.0))
    figures = _capacity_figures.Capacity(
        costs, _capacity_figures.cost_rows(costs), _capacity_figures.camera_rows(costs, None, 5.0), traffic,
        [_capacity_figures.day_row(9, 3, found)], learnt, checks,
    )  # fmt: skip
    text = capacity.page("2 processors", figures)
    assert "largest error is 13.1%" in text and "**3 workers**" in text and "50.0% of the clips" in text
    assert "kept up to 0.75 processors busy" in text
    idle = dataclasses.replace(figures, check_rows=checks[:1])
    assert "processors busy:" not in capacity.page("2 processors", idle)
    assert text.count("not measured: no CUDA GPU was used") == len(_capacity_figures.TIMES_WITH_EVENTS)
    assert "| 100.0 | 300.0 | 2000.0 |" in text and all(one in text for one in capacity.assumptions(traffic))
    values = {row["figure"]: row["value"] for row in capacity.rows(figures)}
    assert values["cameras per core, 0% of the time with events"] == pytest.approx(1 / (2 / 300 + 1.0), abs=0.01)
    assert values["simulated over measured time, less 1, 4 workers"] == -0.131


def test_without_ray_nothing_is_measured(monkeypatch):
    monkeypatch.setattr(_capacity_figures.on_ray, "is_installed", lambda: False)
    monkeypatch.setattr(_capacity_figures._analysis_cost, "measure", lambda *_: pytest.fail("measured"))
    with pytest.raises(InputError, match=r"which is not installed: '\./whycam setup --ray' installs it"):
        _capacity_figures.measure("cpu", 0, lambda text: None)
