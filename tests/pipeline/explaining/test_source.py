"""A run's frame and the event around it, found and explained away."""

import pytest

from cli.explain import show
from core import device
from core.errors import InputError
from core.explanation import Counterfactual, FrameExplanation
from pipeline.explaining import source
from pipeline.explaining.source import event_counterfactual
from pipeline.finished_run import explain_events
from tests.ui import made

EXACT = device.choose("cpu", "float32")


@pytest.fixture
def given(monkeypatch):
    """Record what a removal is given, in place of playing the event."""
    recorded = {}

    def minimal_removal(path, camera, event, evidence, out, runtime, **more):
        recorded.update(path=path, camera=camera.name, event=event, frames=evidence, **more)
        return Counterfactual(before=1.0, after=0.2, threshold=0.5, suffices=True, parts=(), frames=(0, 1),
                              sentence="Without the bicycle the score falls.")  # fmt: skip

    monkeypatch.setattr(source, "minimal_removal", minimal_removal)
    return recorded


def test_the_event_around_the_frame_is_taken_with_what_was_kept_of_it(given, tmp_path):
    run = made.done()
    event = explain_events(run.folder).events[0].event
    event_counterfactual(run, event.last, tmp_path, EXACT)
    assert (given["path"], given["camera"], given["event"]) == (run.path, run.camera, event)
    assert len(given["frames"]) > 0 and all(event.first <= one.frame <= event.last for one in given["frames"])
    assert (given["threshold"], given["clock"].rate) == (explain_events(run.folder).threshold, pytest.approx(made.FPS))
    assert given["analysed"].numbers.tolist() == list(range(made.FRAMES))
    event_counterfactual(run, event.peak, tmp_path, EXACT, threshold=0.9 * given["threshold"])
    assert given["event"].first <= event.first, "a lower threshold, a longer event"


def test_a_frame_outside_every_event_is_refused(given, tmp_path):
    with pytest.raises(InputError, match="frame 0 lies in no event at the threshold"):
        event_counterfactual(made.done(), 0, tmp_path, EXACT)
    assert not given


def test_the_command_line_explains_away_what_a_run_holds_alone(given, tmp_path, monkeypatch):
    run = made.done()
    event = explain_events(run.folder).events[0].event
    monkeypatch.setattr(source.video, "probe", lambda path: None)
    explained = FrameExplanation("clip", "plaza", "tiny", event.peak, (0, 1), 1.0, 0.5, 9.0, 2.0)
    monkeypatch.setattr(source, "explain_frame", lambda *what, **how: explained)
    found = source.explain_source(run.id, None, event.peak, "residual", tmp_path, event=True, device_name="cpu")
    assert show(*found).splitlines()[-1] == "Without the bicycle the score falls."
    with pytest.raises(InputError, match="--event explains an event of a run away: name a run"):
        source.explain_source(str(run.path), "plaza", 3, "residual", tmp_path, event=True, device_name="cpu")
