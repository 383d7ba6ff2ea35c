"""The evaluation page's parts: what to measure, what is being measured, and what came out."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO

import streamlit as st

from core.errors import WhycamError
from pipeline import views
from pipeline.evaluation import evaluations, mixed, rescored
from pipeline.evaluation import export as out
from pipeline.evaluation.distort import Distortion
from pipeline.evaluation.evaluations import Evaluation, Request
from pipeline.evaluation.protocols import NORMALISATIONS, PROTOCOLS, SMOOTHINGS
from pipeline.evaluation.xman_text import said
from ui import evaluation_charts as charts
from ui import frame, worst
from ui.words import count, safe

OWN = "the protocol's"
PAPERS = 24
"""Most rows of published figures, the best ones."""
ALIKE = ("data", "labels", "protocol", "smoothing", "normalisation")
"""Columns that are said once where all rows agree."""
PRESETS = ("brightness=0.75", "brightness=0.5", "rain=light", "rain=heavy", "rain=torrential", "blur=1", "blur=3",
           "every=2", "every=4")  # fmt: skip
Result = tuple[Evaluation, dict[str, Any]]
Asked = tuple[Request, Mapping[str, BinaryIO]]


def ask() -> None:
    """Let the user say what is to be measured."""
    detection, explanation = st.tabs(["Detection on a data set", "Explanations: X-MAN's mAP"])
    with detection:
        _ask_detection()
    with explanation:
        _ask_xman()


@st.cache_data(ttl=60.0, show_spinner="Looking for data sets…")
def _datasets() -> list[str]:
    return evaluations.datasets()


def _ask_detection() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        there = "Those found in the folder that WHYCAM_DATA names, and the rendered plaza"
        data = st.selectbox("Data set and label set", _datasets(), key="eval-data", help=there)
        cameras = st.multiselect("Cameras", list(views.cameras()), key="eval-cameras", placeholder="none")
        form = "CSV video,frame,score with frames from 1, or .npz as ./whycam evaluate --keep writes it"
        files = st.file_uploader(
            "Scores of other systems", type=["csv", "npz"], accept_multiple_files=True, key="eval-scores", help=form
        )
    with right:
        protocol = st.selectbox("Protocol", list(PROTOCOLS), key="eval-protocol",
                                help="Whose way from scores to a figure; printed with it")  # fmt: skip
        ways = [st.selectbox(label, [OWN, *choices], key=f"eval-{label}")
                for label, choices in (("Normalisation", NORMALISATIONS), ("Smoothing", SMOOTHINGS))]  # fmt: skip
        worse = st.multiselect("Distorted, too", PRESETS, key="eval-worse", accept_new_options=True,
                               placeholder="as it is alone")  # fmt: skip
        scores = _scores(cameras)
    if st.button("Measure", type="primary", icon=":material/speed:", disabled=not data, key="eval-go"):
        if not cameras and not files:
            frame.notice("Choose a camera, or give a file of scores.", "warn")
            return
        normalise, smooth = (None if way == OWN else way for way in ways)
        asked: list[Asked] = [
            (Request("camera", camera, data, protocol, normalise, smooth, how, by=by), {})
            for camera in cameras
            for by in scores.get(camera) or ("",)
            for how in ("", *worse)
        ]
        asked += [(Request("scores", file.name, data, protocol, normalise, smooth), {"system": file}) for file in files]
        _start(asked)


def _scores(cameras: Sequence[str]) -> dict[str, list[str]]:
    """Let the user choose scores where a camera's detector has several; return those of each such camera."""
    several: dict[str, tuple[str, ...]] = {}
    for name in cameras:
        # A camera that cannot be read says so when it is measured.
        with contextlib.suppress(WhycamError):
            several |= {name: by} if (by := rescored.choices(views.load(name).detector)) else {}
    if not several:
        return {}
    chosen = st.multiselect("Scores", sorted({by for some in several.values() for by in some}), key="eval-by",
                            placeholder="the camera's own",
                            help="Of detectors with several: z, the latent code's error; p, the pixels'")  # fmt: skip
    return {name: [by for by in some if by in chosen] for name, some in several.items()}


def _ask_xman() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        files = st.file_uploader("Predictions", type=["json", "csv"], accept_multiple_files=True,
                                 key="xman-predictions",
                                 help="CSV video,frame,coarse,fine,score, or JSON; of any system")  # fmt: skip
        cameras = st.multiselect("Cameras, too", list(views.cameras()), key="xman-cameras", placeholder="none",
                                 help="Each explains the labelled frames of a data set first")  # fmt: skip
    with right:
        labels = st.file_uploader("Labels", type=["json"], key="xman-labels", help="X-MAN's JSON")
        data = st.selectbox("Data set of the labels", _datasets(), key="xman-data") if cameras else ""
    ready = labels is not None and bool(files or (cameras and data))
    if st.button("Measure explanations", type="primary", icon=":material/speed:", key="xman-go",
                 disabled=not ready) and labels is not None:  # fmt: skip
        asked: list[Asked] = [(Request("causes", camera, data, labels=labels.name), {"labels": labels})
                              for camera in cameras]  # fmt: skip
        asked += [(Request("xman", file.name, labels=labels.name), {"system": file, "labels": labels})
                  for file in files]  # fmt: skip
        _start(asked)


def _start(asked: Sequence[Asked]) -> None:
    try:
        for request, uploads in asked:
            Distortion.read(request.distortion)
            for stream in uploads.values():
                stream.seek(0)
            evaluations.start(request, uploads)
    except WhycamError as error:
        frame.notice(error)
        return
    st.rerun()


def watch() -> None:
    """List the evaluations there are; drawn anew while one is at work."""
    kept = evaluations.evaluations()
    busy = any(one.active for one in kept)
    st.session_state["eval-done"] = sum(not one.active for one in kept)
    st.fragment(_rows, run_every=1.5 if busy else None)()


def _rows() -> None:
    kept = evaluations.evaluations()
    if sum(not one.active for one in kept) != st.session_state.get("eval-done"):
        st.rerun()
    for one in kept:
        with st.container(horizontal=True, vertical_alignment="center", key=f"run-{one.id}"):
            st.html(f'<div class="run">{frame.badge(one.state)}<div><b>{safe(name_of(one))}</b><br>'
                    f"<span>{safe(_about(one))}</span></div></div>")  # fmt: skip
            if one.state == "running" and one.told:
                st.progress(one.told.progress.share or 0.0, width=160)
            st.button("Delete", key=f"delete-{one.id}", icon=":material/delete:", on_click=_delete, args=(one.id,))


def _delete(evaluation_id: str) -> None:
    try:
        evaluations.delete(evaluation_id)
    except WhycamError as error:
        st.session_state["refused"] = str(error)


def name_of(one: Evaluation) -> str:
    """Return how an evaluation is called in charts and lists."""
    how = f" · {one.request.distortion}" if one.request.distortion else ""
    return f"{one.request.name}{how}"


def _about(one: Evaluation) -> str:
    request = one.request
    said = f"X-MAN, {request.labels}" if request.explains else f"protocol {request.protocol}"
    facts = [*([request.data] if request.data else []), said]
    facts += [way for way in (request.normalisation, request.smoothing) if way]
    if one.state == "running" and one.told:
        facts.append(one.told.words())
    return " · ".join([*facts, *([one.error] if one.error else [])])


def choose() -> list[Result]:
    """Let the user choose finished evaluations to look at, those of the newest one's kind and data at first."""
    finished: list[Result] = []
    for one in evaluations.evaluations():
        if one.state == "done":
            try:
                finished.append((one, one.result()))
            except WhycamError as error:
                frame.notice(error)
    if not finished:
        return []
    newest = finished[0][0].request
    alike = [one.id for one, _ in finished if _held_against(one.request) == _held_against(newest)]
    names = {
        one.id: f"{name_of(one)} ({one.request.data or one.request.labels}, {one.id[9:15]})" for one, _ in finished
    }
    chosen = st.multiselect("Compared", list(names), default=alike, format_func=names.__getitem__,
                            key=f"eval-compared-{len(finished)}")  # fmt: skip
    return [(one, result) for one, result in finished if one.id in chosen]


def _held_against(request: Request) -> tuple[bool, str]:
    return request.explains, request.labels if request.explains else request.data


def show(chosen: Sequence[Result]) -> None:
    """Show what came out: figures, curves, clips, classes, errors."""
    results = [result for _, result in chosen]
    if why := evaluations.comparable(results):
        frame.notice(why, "warn")
    for one, result in chosen:
        for sentence in said(result["unmatched"]) if "unmatched" in result else ():
            frame.notice(f"{sentence} ({name_of(one)})", "warn")
    _figures(out.rows(results))
    for one, result in chosen:
        for sentence in result.get("false_alarms", {}).get("said", ()):
            st.caption(f"{name_of(one)}: {sentence}")
    _exports(chosen)
    with st.expander("Protocol: how these figures came about"):
        for protocol in dict.fromkeys(str(result["protocol"]) for result in results):
            st.caption(protocol)
    if papers := out.papers(results):
        with st.expander(f"As papers print it: {min(len(papers), PAPERS)} of {count(len(papers), 'figure')}"):
            _table(papers[:PAPERS])
    if detected := [(one, result) for one, result in chosen if "rules" in result]:
        _detection(detected)
    for result in results:
        if "per_class" in result:
            st.subheader(f"Classes, {result['camera']}")
            _table(out.classes(result))


def _detection(chosen: Sequence[Result]) -> None:
    drawn = [(name_of(one), one.curves()) for one, _ in chosen]
    figures: Sequence[tuple[str, Callable[[], Any]]] = (
        ("ROC", lambda: charts.curve("roc", drawn)),
        ("Precision and recall", lambda: charts.curve("pr", drawn)),
        ("Calibration", lambda: charts.calibration(drawn)),
    )
    for column, (title, draw) in zip(st.columns(3), figures, strict=True):
        column.markdown(f"**{title}**")
        column.plotly_chart(draw(), key=f"eval-{title}")
    points = [(str(r["camera"]), str(r.get("distortion") or ""), float(r["auc"]["micro_normalised"]))
              for _, r in chosen if r["auc"]["micro_normalised"] is not None]  # fmt: skip
    if any(how for _, how, _ in points):
        st.markdown("**Worse footage**")
        # As it is first; what was asked for last is listed first.
        worse = {system for system, how, _ in points if how}
        ordered = sorted((p for p in points[::-1] if p[0] in worse), key=lambda point: bool(point[1]))
        st.plotly_chart(charts.robustness(ordered), key="eval-robustness")
    _mixed([str(result["data"]) for _, result in chosen])
    clips = list(dict.fromkeys(t["name"] for _, curves in drawn for t in curves["traces"]))
    clip = st.selectbox("Clip", clips, key="eval-clip")
    traced = [(name, t) for name, curves in drawn for t in curves["traces"] if t["name"] == clip]
    st.plotly_chart(charts.trace(traced), key="eval-trace")
    for one, result in chosen:
        if "classes" in result:
            st.markdown(f"**Class by class, {safe(name_of(one))}**")
            _table(result["classes"])
    with st.expander("Clip by clip"):
        for one, result in chosen:
            st.markdown(f"**{safe(name_of(one))}**")
            _table(result["videos"])
    for one, _ in chosen:
        worst.gallery(one, name_of(one))


def _mixed(data: Sequence[str]) -> None:
    """Show what anomalies in the training footage cost, on the data sets where that was measured."""
    for name in dict.fromkeys(data):
        if rows := mixed.kept(name):
            st.markdown(f"**Anomalies in the training footage, {safe(name)}**")
            st.plotly_chart(charts.mixed(rows), key=f"eval-mixed-{name}")
            st.caption(str(rows[-1]["protocol"]))


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
                    st.download_button(f"{label}, {name_of(one)}", path.read_bytes, f"{one.id}-{name}",
                                       on_click="ignore", key=f"export-{one.id}-{name}",
                                       icon=":material/download:")  # fmt: skip


def _figures(rows: Sequence[Mapping[str, Any]]) -> None:
    """Show a table of figures; what is said of all rows alike stands above it, so that the figures fit beside it."""
    alike = [key for key in ALIKE if key in rows[0] and len({str(row[key]) for row in rows}) == 1]
    said = " · ".join(f"{key} {out.shown(rows[0][key])}" for key in alike)
    if said:
        st.caption(said)
    _table([{key: value for key, value in row.items() if key not in alike} for row in rows])


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    head = "".join(f"<th>{safe(key)}</th>" for key in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{safe(out.shown(v))}</td>" for v in row.values()) + "</tr>" for row in rows)
    st.html(f'<div class="figures"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')
