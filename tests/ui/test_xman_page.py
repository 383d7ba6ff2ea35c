"""X-MAN's part of the evaluation page: coverage before the figure, chance beside it, failures before old results."""

import json
import re
from dataclasses import replace

import pytest

from core import files
from core.errors import StorageError
from jobs.store import JobStore
from pipeline.evaluation import evaluations, latest, xman
from pipeline.evaluation.latest import FINGERPRINT, fingerprint
from pipeline.evaluation.xman_result import ByChance, Confusion, Coverage, XmanFigures, XmanResult
from tests.jobs import inline
from tests.ui.test_evaluation_page import EXAMPLES, detection, explanation, keep, show, unescaped
from tests.ui.test_pages import fine, html
from ui.formatting import escape_markdown

MARKDOWN = "![p](http://127.0.0.1:9/p.png) **b** :red[x].json"
PARTLY = (
    "video,frame,coarse,fine,score\nstreet,1,object,bicycle,0.9\nstreet,2,object,bicycle,0.8\nstreet,11,action,ride,1\n"
)


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.camera.SHIPPED", tmp_path / "none")


@pytest.fixture
def partly(tmp_path):
    (tmp_path / "partly.csv").write_text(PARTLY)
    return tmp_path / "partly.csv"


def headings(at):
    return [one.value for one in at.subheader]


def test_how_many_frames_are_answered_stands_before_any_figure(partly):
    explanation(1, "partly.csv", partly)
    at = show()
    text = re.sub(r"</?span[^>]*>", "", html(at))
    said = (
        "Predictions for 2 of 10 labelled frames (20 %); the other 8 count, and rank last in every class (partly.csv)"
    )
    assert f'<div class="notice warn" role="status">{said}</div>' in text
    assert text.index(said) < text.index("<th>mAP</th>")
    assert "<th>video</th><th>labelled</th><th>answered</th><th>share</th>" in text
    assert "<td>street</td><td>10</td><td>2</td><td>20 %</td>" in text
    assert "<th>by chance</th>" in text and "<td>never predicted</td>" in text


def test_all_frames_answered_are_said_to_be_and_need_no_switch(tmp_path):
    labels = json.loads((EXAMPLES / "xman_labels.json").read_text())
    (tmp_path / "all.json").write_text(json.dumps(labels))
    explanation(1, "all.json", tmp_path / "all.json")
    at = show()
    assert '<div class="notice good" role="status">Predictions for all 10 labelled frames (all.json)</div>' in html(at)
    assert at.radio("xman-unanswered").disabled


def test_unanswered_frames_count_either_way(partly):
    explanation(1, "partly.csv", partly)
    at = show()
    found = xman.measure_files(partly, EXAMPLES / "xman_labels.json").as_json()["ways"]
    assert at.radio("xman-unanswered").value == "lowest"
    assert f"<td>{found['lowest']['map']:.3f}</td><td>{found['lowest']['chance']['map']:.3f}</td>" in html(at)
    assert "As papers print it: 10 of 10 figures" in [one.label for one in at.expander]
    at.radio("xman-unanswered").set_value("left-out")
    text = re.sub(r"</?span[^>]*>", "", html(fine(at.run())))
    assert "<th>mAP of the answered frames</th>" in text and "the figures are of the answered frames alone" in text
    assert f"<td>{found['left-out']['map']:.3f}</td><td>{found['left-out']['chance']['map']:.3f}</td>" in text
    assert "As papers print it: 10 of 10 figures" not in [one.label for one in at.expander], (
        "no paper leaves frames out"
    )


def chart(at, key):
    return next(json.loads(one.proto.spec) for one in at.get("plotly_chart") if key in str(one.proto.id))


def test_classes_stand_beside_chance_and_what_they_are_taken_for(partly):
    folder = explanation(1, "partly.csv", partly)
    result = json.loads((folder / "result.json").read_text())
    at = show()
    bars, marks = chart(at, "xman-ap")["data"]
    assert list(bars["x"]) == pytest.approx(list(result["per_class"].values()))
    assert (marks["name"], list(marks["x"])) == ("by chance", list(result["chance"]["per_class"].values()))
    assert chart(at, "xman-ap")["layout"]["annotations"][0]["text"] == "never predicted"
    matrix = chart(at, "xman-confusion")
    rows = result["confusion"]["rows"]
    for place, row in enumerate(rows):
        shares = [value for trace in matrix["data"][:2] for value in trace["z"][place]]
        assert shares == pytest.approx([n / sum(row) for n in row])
    assert matrix["layout"]["yaxis"]["ticktext"] == [
        f"{name} ({sum(row)})" for name, row in zip(result["confusion"]["classes"], rows, strict=False)
    ]
    numbers = {text for trace in matrix["data"][2:] for text in trace["text"]}
    assert numbers == {"40", "60", "100"}


def drawn(confusion, flat, mean=0.5):
    """Make a result of some classes, with what the charts draw."""
    chance = ByChance({"map": 0.1}, {}, {"per_class": flat})
    figures = XmanFigures({"map": mean}, {}, {"per_class": flat}, chance, {}, dict.fromkeys(flat), (), {}, confusion,
                          1, 1)  # fmt: skip
    return XmanResult("p", "l", Coverage(1, 1), None, {"lowest": figures})


def test_many_classes_and_long_names_keep_their_labels_apart():
    from ui.xman_charts import confusion, precision_by_class

    names = [f"action: {'a long name of a class ' * 3}{i}" for i in range(56)]
    rows = [[1 if j in (i, 56) else 0 for j in range(57)] for i in range(56)]
    flat = dict.fromkeys(names, 0.5)
    result = drawn(Confusion((*names, "nothing"), rows), flat)
    layout = confusion(result).layout
    wide, high = (layout.width - layout.margin.l - layout.margin.r) / 57, (layout.height - layout.margin.t - 12) / 56
    assert wide >= 14 and high >= 16, "a line of text fits in each"
    assert layout.width <= 1120, "the page's width at 1280 pixels"
    assert all(len(text) <= 40 for text in layout.yaxis.ticktext)
    assert precision_by_class(result).layout.height / 56 >= 21
    empty = drawn(Confusion(("nothing",), ()), {}, None)
    assert confusion(empty).data is not None and precision_by_class(empty).layout.height > 0


def test_a_class_without_a_frame_has_no_row_and_one_never_first_no_column():
    from ui.xman_charts import confusion

    figure = confusion(drawn(Confusion(("a", "b", "c", "nothing"), ([3, 0, 1, 0], [0] * 4, [0] * 4)), {}))
    assert list(figure.layout.xaxis.ticktext) == ["a", "c"]
    assert list(figure.layout.yaxis.ticktext) == ["a (4)"]


def failed(number, name, **request):
    return keep(number, {"kind": "xman", "system": name, "labels": "labels.json"} | request, "failed",
                reason=f"{name}, line 2: a score must be a finite number")  # fmt: skip


def test_a_cancelled_measurement_is_not_called_failed():
    explanation(1, "old.csv")
    keep(2, {"kind": "xman", "system": "new.csv", "labels": "labels.json"}, "cancelled")
    text = html(show())
    assert "because the newest measurement was cancelled" in text and "12:00:02 UTC, was cancelled" in text
    assert "measurement failed" not in text and "badge failed" not in text


def test_a_failure_stands_before_old_results_which_are_named_as_old():
    explanation(1, "old.csv")
    failed(2, "new.csv")
    at = show()
    text = html(at)
    first = (
        "The measurement of new.csv against labels.json, submitted at 2026-11-22 12:00:02 UTC, failed: new.csv, line 2"
    )
    old = "old.csv against labels.json, submitted at 2026-11-22 12:00:01 UTC"
    assert text.index(first) < text.index(old) < text.index("Predictions for") < text.index("0.801")
    assert "Older than the last request, because the newest measurement failed" in text
    assert headings(at) == ["Earlier results", "Classes, old.csv", "Measurements kept"]


def test_an_interrupted_measurement_is_a_failure_and_one_at_work_makes_the_rest_old(monkeypatch):
    explanation(1, "old.csv")
    folder = keep(2, {"kind": "xman", "system": "new.csv", "labels": "labels.json"}, "running")
    with monkeypatch.context() as patch:
        patch.setattr("jobs.processes.alive", lambda process: False)
        at = show()
    assert "was interrupted: its worker ended" in html(at)
    assert headings(at)[0] == "Earlier results"
    JobStore().enqueue(folder.name, inline.ME, {})
    at = show()
    assert "because the newest measurement is still at work: old.csv against labels.json" in html(at)
    assert headings(at)[0] == "Earlier results"


def test_what_was_asked_for_at_once_is_no_older_than_the_one_of_it_that_failed():
    explanation(1, "before.csv")
    explanation(2, "mine.csv", batch="abc")
    failed(3, "bad.csv", batch="abc")
    at = show()
    assert headings(at)[0] == "Results"
    assert "because the newest measurement failed: before.csv against labels.json" in html(at)
    assert "mine.csv against labels.json, asked" not in html(at)


def test_a_failure_alone_is_said_and_deleted_is_gone():
    folder = failed(1, "bad.csv")
    at = show()
    assert "The measurement of bad.csv" in html(at) and "Nothing has been measured yet" in at.caption[-1].value
    at.button(f"delete-{folder.name}").click()
    assert "bad.csv" not in html(fine(at.run()))


def test_inputs_chosen_anew_make_the_results_old_until_they_are_measured(monkeypatch):
    begun = []
    explanation(1, "old.csv")
    at = show()
    assert headings(at)[0] == "Results"
    at.file_uploader("xman-predictions").upload("new.csv", PARTLY.encode(), "text/csv")
    fine(at.run())
    assert headings(at)[0] == "Earlier results"
    assert "because what is chosen above has not been measured: old.csv against labels.json" in html(at)
    at.file_uploader("xman-labels").upload("labels.json", b"{}", "application/json")
    fine(at.run())

    def start(request, uploads):
        begun.append((request.system, request.batch))
        explanation(2, "new.csv", batch=request.batch)

    monkeypatch.setattr(evaluations, "submit", start)
    at.button("xman-go").click()
    fine(at.run())
    assert [name for name, _ in begun] == ["new.csv"] and begun[0][1]
    assert headings(at)[0] == "Results"
    assert "has not been measured" not in html(at)
    at.file_uploader("xman-labels").upload("labels.json", b'{"a/1": []}', "application/json")
    assert headings(fine(at.run()))[0] == "Earlier results", "the same name, and another file"


def test_a_measurement_that_cannot_be_started_leaves_the_old_result_old(monkeypatch):
    def full(request, uploads):
        raise StorageError("the disk is full")

    explanation(1, "old.csv")
    at = show()
    at.file_uploader("xman-predictions").upload("new.csv", PARTLY.encode(), "text/csv")
    at.file_uploader("xman-labels").upload("labels.json", b"{}", "application/json")
    fine(at.run())
    monkeypatch.setattr(evaluations, "submit", full)
    at.button("xman-go").click()
    text = html(fine(at.run()))
    assert text.index("The disk is full") < text.index("Older than the last request")
    assert headings(at)[0] == "Earlier results"


def test_what_was_measured_again_is_shown_once_and_both_have_their_time():
    explanation(1, "mine.csv")
    explanation(2, "mine.csv", batch="later")
    at = show()
    (compared,) = [m for m in at.multiselect if m.label == "Compared"]
    assert compared.value == ["20261122-120002-000002"]
    compared.set_value(["20261122-120001-000001", "20261122-120002-000002"])
    text = html(fine(at.run()))
    assert "mine.csv, 2026-11-22 12:00:01" in text and "mine.csv, 2026-11-22 12:00:02" in text


def test_a_result_of_another_version_gets_its_sentence():
    folder = explanation(1, "mine.csv")
    result = json.loads((folder / "result.json").read_text())
    files.write_json(folder / "result.json", {key: result[key] for key in ("map", "camera", "labels")})
    assert "another version of Whycam kept it; measure it again" in html(show())


def test_a_camera_that_was_changed_since_is_named(tiny_camera, monkeypatch):
    from dataclasses import replace

    folder = detection(1, "tiny", kind="camera")
    result = json.loads((folder / "result.json").read_text())
    files.write_json(folder / "result.json", result | {FINGERPRINT: fingerprint(tiny_camera)})
    assert "was changed since" not in html(show())
    noted = replace(tiny_camera, card={"figures": {"x": 1}})
    assert fingerprint(noted) == fingerprint(tiny_camera), "a card's figures change nothing"
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.camera.load", lambda name: replace(tiny_camera, threshold=0.7))
        assert "Camera tiny was changed since" in html(show())
    (tiny_camera.folder / "camera.json").unlink()
    assert "Camera tiny cannot be read any more" in html(show())


def test_the_buttons_say_what_they_still_need(tiny_camera):
    at = show()
    first, second = at.button("eval-go"), at.button("xman-go")
    assert (first.label, first.disabled) == ("Measure: choose a camera or a file of scores", True)
    assert second.label == "Measure explanations: choose a predictions file or a camera, and labels"
    assert second.disabled and second.help.startswith("Choose a predictions file")
    at.file_uploader("xman-labels").upload("labels.json", b"{}", "application/json")
    assert fine(at.run()).button("xman-go").label == "Measure explanations: choose a predictions file or a camera"
    at.multiselect("xman-cameras").select("tiny")
    at.multiselect("eval-cameras").select("tiny")
    fine(at.run())
    assert at.button("xman-go").label == "Measure explanations" and not at.button("xman-go").disabled
    assert at.button("eval-go").label == "Measure" and not at.button("eval-go").disabled


def test_without_any_data_set_the_buttons_say_so(monkeypatch, tiny_camera):
    from ui import evaluation

    monkeypatch.setattr(evaluations, "datasets", lambda: [])
    evaluation._datasets.clear()
    at = show()
    at.multiselect("xman-cameras").select("tiny")
    at.multiselect("eval-cameras").select("tiny")
    fine(at.run())
    assert at.button("eval-go").label == "Measure: choose a folder of data sets (WHYCAM_DATA)"
    assert at.button("xman-go").label == "Measure explanations: choose labels, and the data set of the labels"
    evaluation._datasets.clear()


def texts(at):
    """Return every text of a page that Streamlit takes for Markdown."""
    found = [one.value for kind in (at.caption, at.markdown, at.subheader) for one in kind]
    found += [one.label for kind in (at.button, at.expander, at.multiselect, at.selectbox, at.radio) for one in kind]
    found += [one.label for one in (*at.get("download_button"), *at.get("page_link")) if hasattr(one, "label")]
    found += [image.caption for one in at.get("imgs") for image in one.proto.imgs]
    found += [one.help for one in at.button if one.help]
    return found


def test_names_of_uploaded_files_are_plain_text_wherever_markdown_is_read(partly):
    folder = explanation(1, MARKDOWN, partly, labels=MARKDOWN)
    result = json.loads((folder / "result.json").read_text())
    for way in result["ways"].values():
        way["protocol"] = f"Labels: {MARKDOWN}."
    files.write_json(folder / "result.json", result | {"labels": MARKDOWN})
    (folder / "predictions.csv").write_text(PARTLY)
    scores = detection(2, MARKDOWN)
    (scores / "scores.npz").write_bytes(b"x")
    at = show()
    (compared,) = [m for m in at.multiselect if m.label == "Compared"]
    compared.set_value([folder.name, scores.name])
    fine(at.run())
    told = texts(at)
    assert sum(escape_markdown(MARKDOWN) in text for text in told) == 6, (
        "two headings, a caption, two buttons, an expander"
    )
    assert not [text for text in told if "![p]" in text or "**b**" in text or ":red[" in text]
    assert MARKDOWN in unescaped(told)
    for one in at.get("plotly_chart"):
        assert "<b>" not in one.proto.spec


def test_names_of_classes_are_plain_text_in_charts(tmp_path):
    bad = '<b>x</b> <a href="http://127.0.0.1:9/">$y$</a>'
    labels = {"v/1": [["object", bad]], "v/2": [["object", "car"]]}
    for name, content in (("p", labels), ("l", labels)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    found = xman.measure_files(tmp_path / "p.json", tmp_path / "l.json", names=("p", "labels.json"))
    keep(1, {"kind": "xman", "system": "p", "labels": "labels.json"}, result=replace(found, camera="p").as_json())
    at = show()
    specs = [one.proto.spec for one in at.get("plotly_chart")]
    assert len(specs) == 2
    assert not any("<b>" in spec or "<a " in spec or "$y$" in spec for spec in specs)
    assert "<b>x" not in html(at)


def test_newest_is_what_was_asked_for_at_once():
    explanation(1, "a.csv", batch="one")
    explanation(2, "b.csv", batch="one")
    failed(3, "c.csv", batch="one")
    last = latest.latest_batch(evaluations.evaluations())
    assert [one.request.system for one in last.done] == ["b.csv", "a.csv"]
    assert [one.request.system for one in last.stopped] == ["c.csv"]
    explanation(4, "d.csv")
    explanation(5, "e.csv")
    assert [one.request.system for one in latest.latest_batch(evaluations.evaluations()).done] == ["e.csv"]
    assert latest.latest_batch([]).done == ()


def test_a_measurement_that_ends_while_the_page_is_drawn_is_drawn_once(monkeypatch):
    folder = explanation(1, "mine.csv")
    JobStore().delete(folder.name)
    keep(1, {"kind": "xman", "system": "mine.csv", "labels": "labels.json"}, "running")
    looked, real = [], evaluations.evaluations

    def ends():
        looked.append(len(looked))
        if len(looked) == 2:
            JobStore().finish(folder.name)
        return real()

    monkeypatch.setattr(evaluations, "evaluations", ends)
    at = show()
    assert len(looked) > 2
    assert headings(at)[0] == "Results"
