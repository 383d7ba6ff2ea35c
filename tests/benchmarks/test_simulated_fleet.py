"""The simulated fleet, held against what queueing theory says in closed form, and against what must always hold."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.simulated_fleet import Fleet, simulate
from core.errors import InputError

MANY = 20_000


def poisson(rate, seed, count=MANY):
    return np.cumsum(np.random.default_rng(seed).exponential(1.0 / rate, count))


@pytest.mark.parametrize(("service", "spread"), [("exponential", 2.0), ("constant", 1.0)])
def test_one_worker_waits_as_pollaczek_and_khinchine_say(service, spread):
    load = 0.6
    seconds = np.ones(MANY) if service == "constant" else np.random.default_rng(1).exponential(1.0, MANY)
    found = simulate(Fleet(1), poisson(load, 2), seconds)
    waited = found.responses.mean() - seconds.mean()
    assert waited == pytest.approx(load * spread / (2 * (1 - load)), rel=0.1)
    assert found.utilisation == pytest.approx(load, rel=0.03)


def test_several_workers_let_as_many_wait_as_erlang_says():
    workers, load = 4, 2.8
    seconds = np.random.default_rng(3).exponential(1.0, MANY)
    found = simulate(Fleet(workers), poisson(load, 4), seconds)
    at_once = sum(load**k / math.factorial(k) for k in range(workers))
    full = load**workers / math.factorial(workers) * workers / (workers - load)
    waiting = full / (at_once + full)
    assert found.responses.mean() - seconds.mean() == pytest.approx(waiting / (workers - load), rel=0.15)


@pytest.mark.parametrize("until", [7.0, 60.0, 900.0, math.inf])
def test_each_clip_is_answered_or_lost_or_waits_or_is_in_hand(until):
    arrivals, seconds = poisson(1.0, 5, 400), np.random.default_rng(6).exponential(2.5, 400)
    fleet = Fleet(3, start_seconds=2.0, up_seconds=8.0, repair_seconds=3.0)
    found = simulate(fleet, arrivals, seconds, seed=7, until=until)
    assert found.arrived == np.count_nonzero(arrivals <= min(until, found.end))
    assert found.answered + found.lost + found.waiting + found.in_hand == found.arrived
    assert found.answered == len(found.responses) == len(found.arrivals)
    if until == math.inf:
        assert (found.waiting, found.in_hand) == (0, 0) and found.answered > 300
        assert found.repeated > 10 and found.lost > 0


def test_a_failed_workers_clip_is_begun_again_by_it_and_lost_the_third_time():
    long = simulate(Fleet(1, up_seconds=1.0), np.zeros(1), np.array([1000.0]), seed=1)
    assert (long.answered, long.lost, long.repeated) == (0, 1, 2)
    fleet = Fleet(1, start_seconds=1.0, up_seconds=20.0, repair_seconds=4.0)
    found = [simulate(fleet, np.zeros(1), np.array([10.0]), seed=seed) for seed in range(40)]
    again = [one for one in found if one.repeated and one.answered]
    assert again and all(one.responses[0] > 10.0 + 1.0 + one.repeated for one in again)
    smooth = [one for one in found if not one.repeated]
    assert smooth and any(one.responses[0] == 11.0 for one in smooth)


def test_clips_share_processors_that_are_too_few():
    four = Fleet(4, cores=2.0, demand=1.0)
    assert simulate(four, np.zeros(4), np.full(4, 3.0)).end == pytest.approx(6.0)
    assert simulate(replace(four, demand=0.5), np.zeros(4), np.full(4, 3.0)).end == pytest.approx(3.0)
    staggered = simulate(four, np.array([0.0, 0.0, 1.0]), np.full(3, 2.0))
    assert staggered.end == pytest.approx(3.5) and staggered.responses == pytest.approx([2.5, 2.5, 2.5])


def test_workers_that_start_at_once_share_processors_too():
    fleet = Fleet(4, cores=2.0, start_seconds=5.0, start_demand=1.0)
    assert simulate(fleet, np.zeros(4), np.full(4, 1.0)).end == pytest.approx(12.0)


def test_enough_shared_processors_are_as_good_as_one_each():
    arrivals, seconds = poisson(2.0, 8, 300), np.random.default_rng(9).exponential(1.0, 300)
    fleet = Fleet(3, start_seconds=1.0, up_seconds=30.0, repair_seconds=2.0)
    alone, shared = (simulate(one, arrivals, seconds, seed=3) for one in (fleet, replace(fleet, cores=3.0)))
    assert np.allclose(alone.responses, shared.responses) and alone.repeated == shared.repeated > 0


def test_a_seed_is_a_result():
    arrivals, seconds = poisson(1.0, 10, 300), np.full(300, 2.0)
    fleet = Fleet(3, up_seconds=10.0, repair_seconds=5.0)
    first, again, other = (simulate(fleet, arrivals, seconds, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.responses, again.responses) and first.repeated == again.repeated
    assert not np.array_equal(first.responses, other.responses)


def test_a_share_is_of_all_that_arrived():
    found = simulate(Fleet(1), np.zeros(4), np.full(4, 2.0), until=7.0)
    assert (found.answered, found.waiting, found.in_hand, found.backlog) == (3, 0, 1, 4)
    assert found.in_time(4.0) == 0.5 and found.in_time(100.0) == 0.75


def test_no_fleet_without_workers_and_no_clip_without_work():
    with pytest.raises(InputError, match="at least one worker"):
        Fleet(0)
    with pytest.raises(InputError, match="at least one worker"):
        Fleet(1, demand=0.0)
    with pytest.raises(InputError, match="ascending"):
        simulate(Fleet(1), np.array([2.0, 1.0]), np.ones(2))
    with pytest.raises(InputError, match="more than 0 seconds"):
        simulate(Fleet(1), np.zeros(2), np.array([1.0, 0.0]))
