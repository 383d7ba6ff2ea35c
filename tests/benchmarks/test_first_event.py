"""When a clip at work first shows its curve and its events, and for how long nothing new was seen."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import first_event
from core.errors import InputError


def seen(observed=0.0, scored=0.0, ahead=(), events=()):
    return SimpleNamespace(observed_until=observed, scored_until=scored, ahead=ahead, events=events)


def test_each_thing_is_noted_once_with_the_longest_wait_for_news():
    watch = first_event._Watch()
    looks = [(1.0, seen()), (2.0, seen(4.0)), (3.5, seen(4.0)), (7.0, seen(9.0, ahead=("truck",))),
             (8.0, seen(9.0, 2.0, ahead=("truck",))), (9.0, seen(9.0, 8.0, events=("truck",)))]  # fmt: skip
    for now, found in looks:
        watch.look(found, now)
    assert watch.first == {"curve": 2.0, "event": 7.0, "scored event": 9.0}
    assert watch.longest == 5.0


@pytest.mark.parametrize(("clips", "camera"), [((), "plaza"), ((Path("a.mp4"),), None)])
def test_a_clip_and_its_camera_are_needed(clips, camera):
    with pytest.raises(InputError, match="name the clips to analyse, and their camera with --camera"):
        first_event.measure(clips, camera, print)
