"""The event around a frame of a run, found and explained away."""

import pytest

from cli.explain import show
from core import device
from core.errors import InputError
from core.explanation import Counterfactual, FrameExplanation
from pipeline.explaining import event_counterfactual, source
from pipeline.finished_run import explain_events
from tests.ui import made

EXACT = device.choose("cpu", "float32")


@pytest.fixture
def asked(monkeypatch):
    """Take down what is asked, in place of playing the event."""
    told = {}

    def minimal_removal(path, camera, event, evidence, out, runtime, **more):
        told.update(path=path, camera=camera, event=event, frames=evidence, **more)
        return Counterfactual(before=1.0, after=0.2, threshold=0.5, suffices=True, parts=(), frames=(0, 1),
                              sentence="Without the bicycle the score falls.")  # fmt: skip

    monkeypatch.setattr(event_counterfactual, "minimal_removal", minimal_removal)
    monkeypatch.setattr(event_counterfactual, "load", lambda name: name)
    return told


def test_the_event_around_the_frame_is_taken_with_what_was_kept_of_it(asked, tmp_path):
    run = made.done()
    event = explain_events(run.folder).events[0].event
    event_counterfactual.event_counterfactual(run, event.last, tmp_path, EXACT)
    assert (asked["path"], asked["camera"], asked["event"]) == (run.path, run.camera, event)
    assert len(asked["frames"]) > 0 and all(event.first <= one.frame <= event.last for one in asked["frames"])
    assert (asked["threshold"], asked["clock"].rate) == (explain_events(run.folder).threshold, pytest.approx(made.FPS))
    assert asked["analysed"].numbers.tolist() == list(range(made.FRAMES))
    event_counterfactual.event_counterfactual(run, event.peak, tmp_path, EXACT, threshold=0.9 * asked["threshold"])
    assert asked["event"].first <= event.first, "a lower threshold, a longer event"


def test_a_frame_outside_every_event_is_refused(asked, tmp_path):
    with pytest.raises(InputError, match="frame 0 lies in no event at the threshold"):
        event_counterfactual.event_counterfactual(made.done(), 0, tmp_path, EXACT)
    assert not asked


def test_the_command_line_explains_away_what_a_run_holds_alone(asked, tmp_path, monkeypatch):
    run = made.done()
    event = explain_events(run.folder).events[0].event
    monkeypatch.setattr(source.video, "probe", lambda path: None)
    told = FrameExplanation("clip", "plaza", "tiny", event.peak, (0, 1), 1.0, 0.5, 9.0, 2.0)
    monkeypatch.setattr(source, "explain_frame", lambda *given, **more: told)
    found = source.explain_source(run.id, None, event.peak, "residual", tmp_path, event=True, device_name="cpu")
    assert show(*found).splitlines()[-1] == "Without the bicycle the score falls."
    with pytest.raises(InputError, match="--event explains an event of a run away: name a run"):
        source.explain_source(str(run.path), "plaza", 3, "residual", tmp_path, event=True, device_name="cpu")
