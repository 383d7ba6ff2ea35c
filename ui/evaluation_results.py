"""What came out of evaluations: which are looked at, whether they answer what was asked for last, figures, exports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from core import pictures
from core.arrays import Images
from core.errors import WhycamError
from people import policy
from pipeline.evaluation import contamination, evaluated_run, evaluations, event_rows, latest
from pipeline.evaluation import export as out
from pipeline.evaluation.evaluations import Evaluation, EvaluationRequest
from ui import evaluation_charts as charts
from ui import frame, rights
from ui import xman_charts as xman
from ui.evaluation import name_of
from ui.formatting import count, escape_markdown
from ui.helps import heading
from ui.tables import figures

PAPERS = 24
"""Most rows of published figures, the best ones."""
ALIKE = ("data", "labels", "protocol", "smoothing", "normalisation", "unanswered")
"""Columns that are said once where all rows agree."""
Result = tuple[Evaluation, Any]
"""A measurement with its figures: ``XmanResult`` of explanations, JSON of detection."""
WORST_PER_ROW = 6
CURVES = {"ROC": "ROC", "Precision and recall": "average precision", "Calibration": "calibration"}
"""Title of a chart to the term that explains it."""


def choose(kept: Sequence[Evaluation]) -> list[Result]:
    """Let the user choose finished evaluations to look at, those of the newest one's kind and data at first.

    Args:
        kept: all evaluations, newest first.
    """
    finished: list[Result] = []
    for one in kept:
        if one.state == "done":
            try:
                finished.append((one, one.result()))
            except WhycamError as error:
                frame.notice(error)
    if not finished:
        return []
    newest = finished[0][0].request
    # Of what was measured again, the newest alone: an older result beside it would pass for another system.
    again = {replace(one.request, batch=""): one.id for one, _ in reversed(finished)}
    alike = [one.id for one, _ in finished
             if _reference(one.request) == _reference(newest) and one.id in again.values()]  # fmt: skip
    names = {
        one.id: f"{name_of(one)} ({one.request.data or one.request.labels}, {one.submitted})" for one, _ in finished
    }
    chosen = st.multiselect("Compared", list(names), default=alike, format_func=names.__getitem__,
                            key=f"eval-compared-{len(finished)}")  # fmt: skip
    return [(one, result) for one, result in finished if one.id in chosen]


def no_results(kept: Sequence[Evaluation]) -> None:
    """Say why no result is shown."""
    if any(one.state == "done" for one in kept):
        st.caption("No measurement is chosen.")
    else:
        st.caption("Nothing has been measured yet. ./whycam evaluate and ./whycam xman do the same without a browser.")


def _named(chosen: Sequence[Result]) -> list[tuple[str, Any]]:
    """Name each result; those of one name by the time at which they were asked for, too."""
    names = [name_of(one) for one, _ in chosen]
    return [(name if names.count(name) == 1 else f"{name}, {one.submitted}", result)
            for name, (one, result) in zip(names, chosen, strict=True)]  # fmt: skip


def _reference(request: EvaluationRequest) -> tuple[bool, str]:
    return request.explains, request.labels if request.explains else request.data


def head(kept: Sequence[Evaluation], chosen: Sequence[Result], pending: bool) -> None:
    """Head the results: as the answer, or as earlier ones with what they were made of.

    Args:
        kept: all evaluations, newest first.
        chosen: evaluations that are looked at.
        pending: what is chosen in a form was not measured.
    """
    last = latest.latest_batch(kept)
    reasons = [
        *((f"the newest measurement {how}", True) for how in dict.fromkeys(map(latest.outcome, last.stopped))),
        ("the newest measurement is still at work", last.active),
        ("what is chosen above has not been measured", pending),
    ]
    why = " and ".join(reason for reason, holds in reasons if holds)
    older = [one for one, _ in chosen if why and (pending or not last.answers(one))]
    st.subheader("Earlier results" if len(older) == len(chosen) else "Results")
    if older:
        of = "; ".join(latest.inputs(one) for one in older)
        frame.notice(f"Older than the last request, because {why}: {of}", "warn")
    for one, result in chosen:
        if said := latest.camera_change(one, result):
            frame.notice(said, "warn")


def show(chosen: Sequence[Result]) -> None:
    """Show what came out: coverage, figures, curves, clips, classes, errors."""
    explained = [(one, result) for one, result in chosen if one.request.explains]
    if explained:
        way = xman.coverage(_named(explained))
        chosen = [(one, result.counted(way) if one.request.explains else result) for one, result in chosen]
        explained = [(one, result) for one, result in chosen if one.request.explains]
    results = [result for _, result in chosen]
    if why := latest.why_incomparable(results):
        frame.notice(why, "warn")
    rows = out.rows(results)
    _figures([row | {"system": name} if one.request.explains else row
              for row, (name, _), (one, _) in zip(rows, _named(chosen), chosen, strict=True)])  # fmt: skip
    for one, result in chosen:
        for sentence in () if one.request.explains else result.get("false_alarms", {}).get("said", ()):
            st.caption(escape_markdown(f"{name_of(one)}: {sentence}"))
    _exports(chosen)
    with st.expander("Protocol: how these figures came about"):
        for protocol in dict.fromkeys(map(out.protocol_of, results)):
            st.caption(escape_markdown(protocol))
    if papers := out.papers(results):
        with st.expander(f"As papers print it: {min(len(papers), PAPERS)} of {count(len(papers), 'figure')}"):
            figures(papers[:PAPERS])
    if detected := [(one, result) for one, result in chosen if not one.request.explains]:
        _detection(detected)
    for (one, _), (name, result) in zip(explained, _named(explained), strict=True):
        xman.classes(one.id, name, result)


def _detection(chosen: Sequence[Result]) -> None:
    readable = []
    for one, _ in chosen:
        try:
            readable.append((one, one.curves()))
        except WhycamError as error:
            frame.notice(error)
    drawn = [(name_of(one), curves) for one, curves in readable]
    shown = {"ROC": charts.curve("roc", drawn), "Precision and recall": charts.curve("pr", drawn),
             "Calibration": charts.calibration(drawn)}  # fmt: skip
    for column, (title, figure) in zip(st.columns(3), shown.items(), strict=True):
        with column:
            heading(title, CURVES[title])
        column.plotly_chart(figure, key=f"eval-{title}")
    _distortions(chosen)
    _contamination([str(result["data"]) for _, result in chosen])
    if clips := list(dict.fromkeys(t["name"] for _, curves in drawn for t in curves.get("traces", []))):
        clip = st.selectbox("Clip", clips, key="eval-clip")
        heading(f"Scores of {clip}", "score")
        traced = [(name, t) for name, curves in drawn for t in curves["traces"] if t["name"] == clip]
        st.plotly_chart(charts.trace(traced), key="eval-trace")
    for one, result in chosen:
        if "classes" in result:
            st.markdown(f"**Class by class, {escape_markdown(name_of(one))}**")
            figures(result["classes"])
    _events(chosen)
    for one, curves in readable:
        _worst_frames(one, curves.get("worst", []))


def _events(chosen: Sequence[Result]) -> None:
    """Show events at each camera's own threshold, then every figure clip by clip."""
    for one, result in chosen:
        if result.get("threshold") is not None and "alarms" in result:
            st.markdown(f"**Events at its own threshold, {escape_markdown(name_of(one))}**")
            figures(event_rows.rows(result))
    with st.expander("Clip by clip"):
        for one, result in chosen:
            st.markdown(f"**{escape_markdown(name_of(one))}**")
            figures(result["videos"])


def _distortions(chosen: Sequence[Result]) -> None:
    points = [(str(r["camera"]), str(r.get("distortion") or ""), float(r["auc"]["micro_normalised"]))
              for _, r in chosen if r["auc"]["micro_normalised"] is not None]  # fmt: skip
    if any(how for _, how, _ in points):
        heading("Distorted footage", "AUC")
        # As it is first; what was asked for last is listed first.
        worse = {system for system, how, _ in points if how}
        ordered = sorted((p for p in points[::-1] if p[0] in worse), key=lambda point: bool(point[1]))
        st.plotly_chart(charts.robustness(ordered), key="eval-robustness")


def _contamination(data: Sequence[str]) -> None:
    """Show what anomalies in the training footage cost, on the data sets where that was measured."""
    for name in dict.fromkeys(data):
        if rows := contamination.shipped_results(name):
            heading(f"Anomalies in the training footage, {name}", "AUC")
            st.plotly_chart(charts.mixed(rows), key=f"eval-mixed-{name}")
            st.caption(escape_markdown(rows[-1]["protocol"]))


def _exports(chosen: Sequence[Result]) -> None:
    """Offer the figures, and what cameras were measured by: their scores with the heat, or their predictions."""
    results = [result for _, result in chosen]
    with st.container(horizontal=True, key="eval-exports"):
        for kind, label in (("csv", "CSV"), ("json", "JSON"), ("tex", "LaTeX"), ("html", "HTML")):
            st.download_button(
                label, partial(out.export, results, kind), f"evaluation.{kind}", out.FORMATS[kind], on_click="ignore",
                key=f"export-{kind}", icon=":material/download:",
            )  # fmt: skip
        for one, _ in chosen:
            for name, label in ((evaluations.SCORES, "Scores"), (evaluations.PREDICTIONS, "Predictions")):
                if (path := one.folder / name).exists():
                    st.download_button(f"{label}, {escape_markdown(name_of(one))}", path.read_bytes, f"{one.id}-{name}",
                                       on_click="ignore", key=f"export-{one.id}-{name}",
                                       icon=":material/download:")  # fmt: skip


def _figures(rows: Sequence[Mapping[str, Any]]) -> None:
    """Show a table of figures; what is said of all rows alike stands above it, so that the figures fit beside it."""
    alike = [key for key in ALIKE if key in rows[0] and len({str(row[key]) for row in rows}) == 1]
    said = " · ".join(f"{key} {out.shown(rows[0][key])}" for key in alike)
    if said:
        st.caption(escape_markdown(said))
    figures([{key: value for key, value in row.items() if key not in alike} for row in rows])


def _worst_frames(one: Evaluation, worst: Sequence[Mapping[str, Any]]) -> None:
    """Show the worst frames of an evaluation, false alarms first, each with the way to its event."""
    kept = [(number, image, row) for number, row in enumerate(worst) if (image := _picture_of(one, number)) is not None]
    for kind, said in (("false alarm", "normal frames that score highest"), ("missed", "abnormal ones, lowest")):
        some = [(number, image, row) for number, image, row in kept if row["kind"] == kind]
        if not some:
            continue
        st.markdown(f"**Most confident errors, {escape_markdown(name_of(one))}: {said}**")
        for column, (number, image, row) in zip(st.columns(WORST_PER_ROW), some, strict=False):
            with column:
                _picture(one, number, image, row)


def _picture_of(one: Evaluation, number: int) -> Images | None:
    """Return one of the worst frames; None where it cannot be read."""
    try:
        return pictures.read(one.folder / f"worst-{number}.jpg")
    except WhycamError:
        return None


def _picture(one: Evaluation, number: int, image: Images, row: Mapping[str, Any]) -> None:
    caption = escape_markdown(f"{row['clip']}, frame {row['frame']}")
    st.image(image, caption=caption, alt=f"{row['clip']}, frame {row['frame']}")
    if one.request.kind != "camera" or one.request.by:
        return
    run = evaluated_run.run_of(one.request, str(row["clip"]))
    if run is None:
        frame.action_button("Analyse clip", "play_arrow", f"worst-{one.id}-{number}",
                            partial(evaluated_run.start, one.request), str(row["clip"]),
                            **rights.needs(policy.ANALYSE, help="Runs the camera on this clip, to look at the event")
                            )  # fmt: skip
    else:
        label, icon = ("At work", "hourglass_top") if run.active else ("Open event", "open_in_new")
        where = {"run": run.id, "at": str(row["frame"])}
        st.page_link(frame.RUN, label=label, icon=f":material/{icon}:", query_params=where)
