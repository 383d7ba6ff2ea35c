"""Events under the score from which pictures are kept: no cause is claimed that was not seen around their peak."""

import json
import math
import re

import numpy as np
import pytest

from cli.main import main
from core.clock import Clock
from core.errors import InputError
from core.records import Event
from explain.causes.summary import unseen
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, PEAK_SECONDS, explain_events, explained_span
from pipeline.run_view import cut, report_at
from tests.ui import made

WEAK = (420, 450)
"""A bump of which no picture was kept: it peaks under the floor's threshold of 1."""


@pytest.fixture
def run():
    kept = made.done()
    scores = made.scores()
    first, last = WEAK
    scores[first : last + 1] += (0.55 * np.hanning(last - first + 1)).astype(np.float32)
    scores[185:295] += 0.4
    made.rescored(kept, scores)
    return kept


@pytest.mark.parametrize("threshold", [-1e9, -1.0, -0.3, 0.0, 0.05, 0.2, 0.3, 0.6, 0.99, 1.0, 2.0, 6.0])
def test_a_cause_is_claimed_only_where_something_was_seen_around_the_peak(run, threshold):
    evidence = EvidenceFolder(run.folder / EVIDENCE)
    analysis = explain_events(run.folder, threshold)
    assert analysis.events
    for one in analysis.events:
        first, last = explained_span(one.event, analysis.scores, threshold, 1.0, analysis.clock)
        assert one.event.first <= first <= one.event.peak <= last <= one.event.last
        frames = [frame for frame in evidence.frames() if first <= frame <= last]
        assert bool(one.causes) <= bool(frames)
        assert ("No pictures were kept of it" in one.summary) == (not frames)
        for cause in one.causes:
            assert cause.last >= first and cause.first <= last
            assert {label for a, b, label, _ in made.UNUSUAL if a <= one.event.peak <= b} | {"person"} >= {
                cause.fine
            } or (cause.coarse != "object")
        if not frames:
            assert one.causes == () and not re.search("bicycle|skateboard|person|stood out", one.summary)
        narrower = (first, last) != (one.event.first, one.event.last)
        assert ("This is told from" in one.summary) == (narrower and bool(frames))


def test_what_is_no_number_is_refused_and_what_is_above_all_scores_finds_nothing(run):
    for wrong in (math.nan, math.inf, -math.inf):
        with pytest.raises(InputError, match="the threshold must be a finite number, got "):
            explain_events(run.folder, wrong)
    nothing = explain_events(run.folder, 1e9)
    assert nothing.events == () and nothing.detection_limit.startswith("Its highest smoothed score is 8.")
    assert cut(explain_events(run.folder), 1e9).detection_limit == nothing.detection_limit
    assert cut(explain_events(run.folder), 2.0).detection_limit == ""


def test_the_report_names_no_cause_of_an_event_that_nobody_looked_at(run):
    page = report_at(explain_events(run.folder, 0.25), run.folder, "report.html").decode()
    weak = next(one for one in explain_events(run.folder, 0.25).events if WEAK[0] <= one.event.peak <= WEAK[1])
    number = [one.event.peak for one in explain_events(run.folder, 0.25).events].index(weak.event.peak) + 1
    section = page[page.index(f'id="event-{number}"') :]
    section = section[: section.index("</section>")]
    assert "No picture was kept of this event." in section and "<svg" not in section
    assert "nothing is known of its cause" in section and "lies in no box" not in section


def test_a_part_is_told_from_the_strong_stretch_around_the_peak_or_from_a_little_around_it():
    scores = np.full(200, 0.5, np.float32)
    scores[100:120] = 4.0
    whole, clock = Event(0, 199, 110, 4.0), Clock.steady(10.0, 200)
    first, last = explained_span(whole, scores, 0.0, 1.0, clock)
    assert 95 <= first <= 100 and 119 <= last <= 124
    assert explained_span(whole, scores, 1.0, 1.0, clock) == (0, 199)
    around = int(PEAK_SECONDS * 10.0)
    assert explained_span(Event(0, 199, 30, 0.5), scores, 0.0, 1.0, clock) == (30 - around, 30 + around)
    assert explained_span(Event(0, 199, 2, 0.5), scores, 0.0, 1.0, clock) == (0, 2 + around)


def test_the_sentence_without_pictures():
    assert unseen(Event(310, 374, 340, 2.6), Clock.steady(25.0, 500), 2.0) == (
        "From 0:12.4 to 0:15.0 the score was raised; at its peak (0:13.6) the score was 0.6 dB above the threshold. No "
        "pictures were kept of it, as it lies under the score from which they are: nothing is known of its cause."
    )


@pytest.mark.parametrize("wrong", ["nan", "inf", "-inf", "high", "-5", "-0.001"])
def test_the_command_line_refuses_a_threshold_that_is_no_number(tmp_path, tiny_camera, capsys, wrong):
    try:
        code = main(["analyse", str(made.done().path), "--camera", "tiny", "--out", str(tmp_path / "o"),
                         f"--threshold={wrong}"])  # fmt: skip
    except SystemExit as stop:
        code = stop.code
    assert code == 2 and not (tmp_path / "o" / "report.json").exists()
    assert capsys.readouterr().err


def test_a_run_of_an_older_version_is_still_read(run):
    facts = json.loads((run.folder / "run.json").read_text())
    assert not {"camera_floor", "alarms", "normal_seconds"} & set(facts)
    assert explain_events(run.folder, 99.0).normal_scores.seconds == 900 / made.FPS
