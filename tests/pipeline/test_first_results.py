"""What is known of a clip of a camera of pixels alone while it is at work."""

import numpy as np
import pytest

from core import device
from core.clock import Clock
from core.errors import InputError
from core.records import Event
from pipeline import first_results, frame_log, plan, scoring
from pipeline.analyse import analyse
from pipeline.frame_log import FrameLog
from tests.pipeline import test_analyse
from tests.pipeline.watched import Watched

RUNTIME = device.choose("cpu", "float32")
models, camera, clip = test_analyse.models, test_analyse.camera, test_analyse.clip


def test_scores_that_are_not_final_are_shown_and_the_last_are_those_of_the_end(camera, clip, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "AHEAD_SECONDS", 0.0)
    watched = Watched(tmp_path / "run")
    result = analyse(clip, camera, watched.folder, runtime=RUNTIME, progress=watched)
    rows = [len(found.clock) for found in watched.of(plan.SCORING)]
    assert max(rows) > 0, "text in the picture is known at this short clip's end only"
    last = watched.of(plan.SCORING)[-1]
    assert not last.ahead and not len(last.things) and last.facts.unit == "dB"
    assert [one.event for one in result.events] == list(last.run.events(result.threshold))


def test_scores_of_an_earlier_process_behind_a_hole_are_left_out(tmp_path):
    (tmp_path / first_results.FOLDER).mkdir()
    frame_log.append(tmp_path, [0.0, 0.1], [1.0, 2.0], [True, True])
    log, ahead = frame_log.read(tmp_path, 10.0), tmp_path / first_results.FOLDER / first_results.AHEAD
    more = FrameLog(np.array([5.0, 6.0], np.float32), np.array([0.1, 0.2]), np.array([True, True]))
    first_results.write_ahead(tmp_path, 1, more)
    assert first_results._with_ahead(log, ahead).scores.tolist() == [1.0, 2.0, 6.0], "what is final counts"
    first_results.write_ahead(tmp_path, 3, more)
    assert first_results._with_ahead(log, ahead).scores.tolist() == [1.0, 2.0]


def test_an_event_has_ended_once_no_later_one_can_be_joined_with_it():
    event, clock = Event(10, 20, 15, 3.0), Clock.steady(10.0, 31)
    assert first_results.closed([event], clock) == [event]
    assert first_results.closed([event], Clock.steady(10.0, 30)) == []


def test_a_folder_without_anything_has_nothing(tmp_path):
    assert first_results.read(tmp_path) is None
    (tmp_path / first_results.FOLDER).mkdir()
    (tmp_path / first_results.FOLDER / first_results.FACTS).write_text("{")
    with pytest.raises(InputError):
        first_results.read(tmp_path)
