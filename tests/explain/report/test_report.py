import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.analysis import STANDING, Analysis, Cause, CauseLabel, ExplainedEvent
from core.clock import Clock
from core.disturbance import Disturbance
from core.errors import InputError, StorageError
from core.normality import Places
from core.records import Clip, Detections, Event, Evidence
from core.spot import LEFT, Spot
from explain import report
from explain.report import page
from explain.report._chart import score_chart
from explain.report._data import as_json
from explain.report.maps import PATH, place_map

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
NASTY = '../../x"><script>alert(1)</script>.mp4'


def boxes(frame, vocabulary="COCO"):
    found = np.array([[10, 10, 40, 40]], np.float32)
    return Detections(frame, found, ("bicycle",), np.array([0.9], np.float32), vocabulary)


def kept(frame):
    if frame % 5:
        raise InputError(f"nothing is kept of frame {frame}")
    image = np.full((90, 160, 3), 120, np.uint8)
    heat = np.zeros((90, 160), np.float32)
    heat[12:38, 12:38] = 2.0
    return Evidence(frame, 3.0 + frame / 1000, image, heat, boxes(frame), boxes(frame, "AVA"))


def explained(first, last, peak, *causes, unexplained=0.1, summary="A bicycle stood out.", score=4.2, shown=50):
    return ExplainedEvent(Event(first, last, peak, score), causes, unexplained, summary, shown if causes else None)


def thing(coarse, fine, score, share, sure, box, **more):
    label = CauseLabel(coarse, fine, score, share, sure, 40, 60)
    return Cause(coarse, fine, score, share, sure, box, 40, 60, ((50, box),) if box else (), labels=(label,), **more)


def analysis(events=None, name="gate.mp4", frames=200, warnings=(), **changes):
    scores = np.sin(np.arange(frames, dtype=np.float32) / 9)
    scores[:5] = np.nan
    causes = (
        thing("object", "bicycle", 4.0, 0.8, 0.9, (10.0, 10.0, 40.0, 40.0), object="bicycle", action="ride"),
        thing("action", "run / jog", 2.0, 0.5, 0.7, (60.0, 50.0, 80.0, 80.0)),
        thing("unknown", "unknown", 1.2, 0.2, 0.0, None),
    )
    found = (explained(40, 60, 47, *causes), explained(100, 140, 120)) if events is None else events
    fields = {
        "clip": Clip(name, "0" * 64, 25.0, 160, 90, frames, frames),
        "camera": "plaza",
        "detector": "vqunet-prediction",
        "models": {"objects": "compact Faster R-CNN", "actions": "compact SlowFast"},
        "threshold": 0.5,
        "scores": scores,
        "clock": Clock.steady(25.0, len(changes.get("scores", scores))),
        "events": tuple(found),
        "warnings": tuple(warnings),
        "versions": {"torch": "2.14.1", "seed": 0, "weights_sha256": "f" * 64},
        "normal_heat": 0.01,
    }
    return Analysis(**{**fields, **changes})


def standing(first=30, last=150):
    spot = Spot((20.0, 30.0, 44.0, 60.0), first, last, LEFT, 2.0, last, 9.0, 3.0, ((90, 1.5), (last, 2.0)))
    cause = Cause(
        STANDING, "suitcase left", 2.0, 0.0, 0.8, spot.box, first, last, ((150, spot.box),), object="suitcase"
    )
    said = "A suitcase was left."
    return ExplainedEvent(
        Event(first, last, last, 2.0), (cause,), float("nan"), said, 150, raised_by=STANDING, spot=spot
    )


class Page(HTMLParser):
    """Collects what a browser would act on, and checks that elements are closed in order."""

    VOID = {"meta", "input", "br", "img"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.addresses, self.text, self.ids = [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.ids += [value for name, value in attributes if name == "id"]
        self.addresses += [value for name, value in attributes if name in ("href", "src")]
        assert not [name for name, _ in attributes if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def written(folder, of, evidence=kept):
    report.write(of, evidence, folder)
    more = ["attributes.csv"] if any(one.things for one in of.events) else []
    assert sorted(path.name for path in folder.iterdir()) == sorted([*report.FILES, *more])
    content = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    return Page((folder / "report.html").read_text(encoding="utf-8")), content, (folder / "scores.csv").read_text()


def test_the_schema_is_one():
    rules = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)
    assert [error.message for error in rules.iter_errors(SCHEMA)] == []
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors({}))


def test_json_has_the_documented_fields(tmp_path):
    _, content, _ = written(tmp_path / "out", analysis())
    assert content["clip"] == {
        "name": "gate.mp4",
        "sha256": "0" * 64,
        "frames": 200,
        "fps": 25.0,
        "width": 160,
        "height": 90,
        "frames_announced": 200,
        "frames_read": 200,
        "frames_repeated": 0,
        "unread": [],
        "recorded": None,
        "seconds": 8.0,
    }
    event = content["events"][0]
    assert (event["first_frame"], event["last_frame"], event["peak_frame"]) == (40, 60, 47)
    box = [10, 10, 40, 40]
    assert (event["start_s"], event["end_s"], event["peak_s"], event["shown_frame"]) == (1.6, 2.44, 1.88, 50)
    label = {"coarse": "object", "fine": "bicycle", "score": 4.0, "heat_share": 0.8, "confidence": 0.9, "first": 40,
             "last": 60}  # fmt: skip
    assert event["causes"][0] == {
        "coarse": "object", "fine": "bicycle", "score": 4.0, "heat_share": 0.8, "confidence": 0.9, "box": box,
        "object": "bicycle", "action": "ride", "place": None, "direction": None, "tube": [{"frame": 50, "box": box}],
        "first_frame": 40, "last_frame": 60, "path": [], "speed": None, "labels": [label],
    }  # fmt: skip
    assert event["causes"][2]["box"] is None and event["causes"][2]["tube"] == []
    assert content["events"][1]["causes"] == [] and content["camera_causes"] == [] and content["warnings"] == []


def test_what_the_camera_did_is_listed_apart(tmp_path):
    shook = Disturbance("shaken", 20, 30, 0.8, 1.24, "The camera shook from 0.8 to 1.2 s.")
    page, content, _ = written(tmp_path, analysis(disturbances=(shook,), unread=((1.0, 2.5),), repeated=3))
    assert content["camera_causes"] == [
        {"coarse": "camera", "fine": "shaken", "first_frame": 20, "last_frame": 30, "start_s": 0.8, "end_s": 1.24,
         "lasting": False, "hidden_until_s": 1.24, "summary": "The camera shook from 0.8 to 1.2 s."}
    ]  # fmt: skip
    assert content["clip"]["unread"] == [[1.0, 2.5]] and content["clip"]["frames_repeated"] == 3
    text = " ".join(" ".join(page.text).split())
    assert "Camera faults" in text and "The camera shook from 0.8 to 1.2 s." in text
    assert "2 unusual events" in text and len(content["events"]) == 2


def test_wall_clock_time_stands_beside_the_time_in_the_clip(tmp_path):
    clip = Clip("gate.mp4", "0" * 64, 25.0, 160, 90, 200, 200, "2026-11-28T23:59:59")
    page, content, _ = written(tmp_path, analysis(clip=clip))
    assert content["clip"]["recorded"] == "2026-11-28T23:59:59"
    assert content["events"][0]["wall_clock"] == "2026-11-29 00:00:00"
    assert "recorded 2026-11-28 23:59:59" in " ".join(page.text)


def test_every_page_that_is_printed_names_clip_and_date(tmp_path):
    written(tmp_path, analysis(name='a"}b.mp4'))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '@bottom-left { content: "a\\22 \\7d b\\2e mp4"; }' in text
    assert "counter(page)" in text and re.search(r"@bottom-center \{ content: \"Whycam\\20 report", text)


def test_numbers_that_are_not_finite_become_null(tmp_path):
    odd = Cause("object", "dog", float("nan"), 0.5, 0.5, (0.0, 0.0, 1.0, float("inf")), 0, 1)
    of = analysis(
        (explained(40, 60, 47, odd, score=float("inf")),),
        versions={"figures": {"auc": np.float32("nan"), "n": np.int64(3)}},
    )
    _, content, _ = written(tmp_path, of)
    assert content["events"][0]["peak_score"] is None
    assert content["events"][0]["causes"][0]["score"] is None
    assert content["events"][0]["causes"][0]["box"] == [0, 0, 1, None]
    assert content["versions"] == {"figures": {"auc": None, "n": 3}}


def test_csv_has_a_line_for_each_frame(tmp_path):
    of = analysis()
    _, _, text = written(tmp_path, of)
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == ["frame", "seconds", "score", "threshold", "event", "standing"]
    assert [int(row["frame"]) for row in rows] == list(range(200))
    assert [row["score"] for row in rows[:5]] == [""] * 5
    assert np.array([float(row["score"]) for row in rows[5:]]) == pytest.approx(of.scores[5:], rel=1e-5)
    assert [row["event"] for row in rows] == [
        "1" if 40 <= i <= 60 else "2" if 100 <= i <= 140 else "" for i in range(200)
    ]
    assert [float(row["seconds"]) for row in rows] == pytest.approx([i / 25 for i in range(200)])
    assert {row["threshold"] for row in rows} == {"0.5"}


def test_the_page_stands_alone(tmp_path):
    page, _, _ = written(tmp_path, analysis())
    assert not {"script", "link", "iframe", "object", "img", "form"} & set(page.tags)
    assert all(address.startswith(("data:image/", "#")) for address in page.addresses)
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|https?://", text)


def test_the_page_says_it_all(tmp_path):
    page, _, _ = written(tmp_path, analysis(warnings=("The clip was cut at 0:08.0.",)))
    text = " ".join(" ".join(page.text).split())
    for words in (
        "The clip was cut at 0:08.0.", "2 unusual events", "bicycle", "run / jog", "A bicycle stood out.", "80 %",
        "Frame 50 at 0:02.0", "compact Faster R-CNN", "compact SlowFast", "0" * 64, "f" * 64, "vqunet-prediction",
        "of the heat lies in no box", "no cause found", "Weights SHA-256", "plaza", "0.90",
    ):  # fmt: skip
        assert words in text, words


def test_picture_boxes_and_caption_are_of_the_shown_frame(tmp_path):
    page, _, _ = written(tmp_path, analysis((explained(40, 60, 53, *analysis().events[0].causes, shown=55),)))
    text = " ".join(" ".join(page.text).split())
    assert "Frame 55 at 0:02.2 , error of the pixels 3.06 dB" in text.replace("2,", "2 ,") and "1 bicycle" in text
    peak, _, _ = written(tmp_path / "peak", analysis((explained(40, 60, 55, *analysis().events[0].causes, shown=55),)))
    assert "Frame 55 at 0:02.2 (the peak)" in " ".join(" ".join(peak.text).split())


def test_a_cause_that_is_not_in_the_frame_is_not_drawn(tmp_path):
    lost = thing("object", "dog", 5.0, 0.8, 0.9, None)
    page, _, _ = written(tmp_path, analysis((explained(40, 60, 50, lost, *analysis().events[0].causes),)))
    words = [word.strip() for word in page.text]
    assert "2 bicycle" in words and "1 dog" not in words
    assert page.tags.count("rect") == 2 + 1, "two causes, and the event in the chart"


@pytest.mark.parametrize("nasty", [NASTY, "</style><img src=x onerror=alert(1)>", "a\x00b\ud800\u202e'\"&<>.mp4"])
def test_any_users_text_is_harmless(tmp_path, nasty):
    cause = thing("object", nasty, 4.0, 0.8, 0.9, (10.0, 10.0, 40.0, 40.0), object=nasty, action=nasty, place=nasty)
    of = analysis(
        (explained(40, 60, 47, cause, summary=nasty),),
        nasty,
        warnings=(nasty,),
        camera=nasty,
        detector=nasty,
        models={nasty: nasty},
        versions={nasty: {nasty: nasty}},
    )
    page, content, _ = written(tmp_path / "out", of)
    assert not {"script", "img"} & set(page.tags)
    assert page.tags.count("style") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert content["clip"]["name"] == nasty.encode("utf-8", "replace").decode()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_any_name_gives_a_page_that_parses(tmp_path, name):
    page, _, _ = written(tmp_path, analysis(name=name))
    assert "script" not in page.tags


def test_a_clip_without_events(tmp_path):
    page, content, text = written(tmp_path, analysis(()))
    assert "Nothing unusual was found" in " ".join(page.text)
    assert content["events"] == [] and len(text.splitlines()) == 201


def test_events_without_pictures(tmp_path):
    def nothing(frame):
        raise InputError("nothing is kept")

    page, _, _ = written(tmp_path, analysis(), nothing)
    assert "image" not in page.tags
    assert "No picture was kept of this event." in " ".join(page.text)


def test_many_events_keep_the_file_small(tmp_path):
    many = [
        explained(5 * i, 5 * i + 3, 5 * i, *analysis().events[0].causes, score=float(i), shown=5 * i)
        for i in range(100)
    ]
    page, _, _ = written(tmp_path, analysis(many, frames=500))
    assert page.tags.count("image") == 2 * 60
    assert "40 others do not" in " ".join(page.text)


def test_a_picture_without_heat_or_unit(tmp_path):
    def cold(frame):
        seen = kept(5 * (frame // 5))
        return Evidence(frame, float("nan"), seen.image, np.zeros_like(seen.heat), seen.objects, seen.actions)

    page, _, _ = written(tmp_path, analysis(normal_heat=0.0), cold)
    assert "highest in this picture" in " ".join(page.text)


@pytest.mark.parametrize(
    "scores",
    [
        [],
        [np.nan] * 4,
        [1.0],
        [0.0, np.nan, 2.0],
        [-5.0, -4.0],
        np.full(9, 3.0),
        [np.inf, 1.0],
        np.random.default_rng(0).random(9000),
    ],
)
def test_any_scores_can_be_drawn(scores):
    drawn = score_chart(analysis((), scores=np.array(scores, np.float32)))
    assert "nan" not in drawn and "inf" not in drawn
    Page(drawn)
    assert len(drawn) < 120_000


def test_the_chart_keeps_the_peak_of_a_long_clip():
    scores = np.zeros(100_000, np.float32)
    scores[54_321] = 10.0
    drawn = score_chart(analysis((), scores=scores))
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", drawn)]
    assert min(heights) < 45 < 150 < max(heights)


def test_a_full_disk_is_said_in_one_sentence(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StorageError):
        report.write(analysis(), kept, blocked / "out")


STROLL = ((20.0, 80.0), (60.0, 82.0), (110.0, 84.0))
WALK = Places(tuple((10.0 * i, 40.0, 20.0) for i in range(16)), ((1.0, 0.0),) * 16, (0.1, 0.3), (0.8, 1.2), 16, 2550)


def strayed(places):
    cause = thing("location", "person in an unusual place", 4.0, 0.8, 0.9, (100.0, 64.0, 120.0, 84.0), path=STROLL,
                  speed=1.5, place="in an unusual place")  # fmt: skip
    return analysis((explained(40, 60, 47, cause),), places=places)


def test_an_unusual_place_is_shown_on_a_map_of_the_usual_ones(tmp_path):
    page, content, _ = written(tmp_path / "out", strayed({"person": WALK}))
    assert content["events"][0]["causes"][0]["path"] == [list(point) for point in STROLL]
    assert content["events"][0]["causes"][0]["speed"] == 1.5
    assert "in 2,550 frames" in "".join(page.text)
    pictures = sum(address.startswith("data:image/jpeg") for address in page.addresses)
    without, _, _ = written(tmp_path / "none", strayed({}))
    assert sum(address.startswith("data:image/jpeg") for address in without.addresses) == pictures - 1


def test_the_map_is_bright_where_others_walked_and_marks_the_path():
    image = np.full((90, 160, 3), 120, np.uint8)
    drawn = place_map(image, WALK, STROLL)
    factor = drawn.shape[1] // 160
    assert drawn.shape == (90 * factor, 160 * factor, 3)
    assert drawn[40 * factor, 80 * factor, 2] > 150 > 60 > drawn[10 * factor, 80 * factor, 2]
    assert tuple(drawn[84 * factor, 110 * factor]) == PATH


def test_causes_are_written_as_predictions(tmp_path):
    from footage import predictions

    report.write(analysis(name="Test001.mp4"), kept, tmp_path)
    rows = predictions.read(tmp_path / "causes.csv")
    assert list(rows.videos) == ["Test001"]
    assert list(rows.classes) == [("object", "bicycle"), ("action", "run / jog")]
    assert sorted(place & 0xFFFFFFFF for place in rows.places) == list(range(41, 62)), "frames 40 to 60, from 1"
    assert set(rows.score) == {4.0, 2.0}


def test_where_names_may_be_wrong_it_stands_beside_the_causes_and_in_the_data(tmp_path):
    said = "Names of objects may be wrong: the compact model gave them."
    text, content = page(analysis(name_warning=said), kept), as_json(analysis(name_warning=said))
    assert text.count(said) == 1 and text.index("Causes, best first") < text.index(said), (
        "an event without causes: none"
    )
    assert content["doubt"] == said and as_json(analysis())["doubt"] is None
    assert said not in page(analysis(), kept)


def test_the_head_says_which_models_answered():
    assert "objects named by <b>compact Faster R-CNN</b>" in page(analysis(), kept)


def test_an_event_of_what_stands_goes_the_whole_way_beside_the_others(tmp_path):
    moving = analysis().events
    found = analysis(events=(standing(), *moving), standing=1.0)
    report.write(found, kept, tmp_path)
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, SCHEMA)
    assert [event["kind"] for event in told["events"]] == ["standing", "moving", "moving"]
    assert told["events"][0]["spot"]["known_frame"] == 90 and told["events"][0]["unexplained_share"] is None
    rows = list(csv.DictReader((tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()))
    assert (rows[50]["event"], rows[50]["standing"]) == ("2", "1") and rows[80]["event"] == ""
    assert "suitcase" not in (tmp_path / "causes.csv").read_text(encoding="utf-8")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    parsed = Page(text)
    assert "2 above the threshold of 0.50 and 1 of what stands or is gone" in text
    assert "2.00 nats" in text and 'class="event standing"' in text and "event-1" in parsed.ids
    assert "heat-1" not in parsed.ids and "heat-2" in parsed.ids


def test_seconds_in_events_of_both_kinds_count_once():
    found = analysis(events=(standing(30, 149), *analysis().events))
    assert found.unusual_seconds == pytest.approx(120 / 25.0)
