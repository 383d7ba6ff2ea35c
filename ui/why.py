"""The page of explanations: which frame, which methods at what cost, their maps side by side, their figures."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
import streamlit as st

from core.analysis import MOVING, Analysis
from core.arrays import Images
from core.errors import WhycamError
from core.explanation import FILE, FrameExplanation, MethodFigures
from core.progress import roughly
from people import policy
from pipeline.explaining import explanations
from pipeline.explaining.explanations import Explanation, ExplanationRequest
from pipeline.store import Run
from ui import frame, helps, progress, rights
from ui.formatting import escape_html, timestamp

USUAL = ("residual", "lrp-composite", "counterfactual-background", "counterfactual-expected", "shap-partition")
WIDE = 640
VIEWER = st.components.v2.component(
    "maps",
    html='<div id="maps"></div>',
    css=(frame.ASSETS / "maps.css").read_text(encoding="utf-8"),
    js=(frame.ASSETS / "maps.js").read_text(encoding="utf-8"),
)
"""The maps under one cursor."""


def frame_picker(run: Run, analysis: Analysis) -> int:
    """Let a frame be chosen: that of the address, an event's peak, or any other."""
    peaks, last = [one.event.peak for one in analysis.of_kind(MOVING)], len(analysis.scores) - 1
    at = frame.frame_of_url()
    first = at if at is not None and at <= last else (peaks[0] if peaks else 0)
    kept = [number for number in explanations.explained(run) if number <= last]
    with st.container(horizontal=True, vertical_alignment="bottom", key="why-frame"):
        known = sorted({*peaks, *kept, first})
        selected = st.selectbox(
            "Frame", known, known.index(first), key="why-known", format_func=lambda f: _frame_label(f, analysis, kept)
        )
        other = st.number_input("or another one", 0, last, None, key="why-other", placeholder="its number", width=180)
        st.page_link(frame.RUN, label="Back to the run", icon=":material/arrow_back:", query_params={"run": run.id})
    return int(selected if other is None else other)


def _frame_label(number: int, analysis: Analysis, kept: Sequence[int]) -> str:
    event = next(
        (i for i, one in enumerate(analysis.events, 1) if one.kind == MOVING and one.event.peak == number), None
    )
    said = f"{timestamp(analysis.clock.at(number), 2)} · frame {number:,}"
    return said + (f" · peak of event {event}" if event else "") + (" · explained" if number in kept else "")


def method_form(run: Run, analysis: Analysis, chosen: int) -> None:
    """Let methods be chosen, each with the time that it will take, roughly."""
    if not rights.allowed(policy.EXPLAIN):
        return
    found, offered = explanations.find(run, chosen), explanations.EVALUATIONS
    busy = found is not None and found.active
    event = next((one.event for one in analysis.of_kind(MOVING) if one.event.first <= chosen <= one.event.last), None)
    try:
        with st.spinner("Listing the explanation methods…"):
            facts = explanations.facts(run)
    except WhycamError as error:
        frame.notice(error)
        return
    with st.expander("Methods", expanded=not (explanations.place(run, chosen) / FILE).exists() and not busy):
        evaluations = st.slider("Evaluations of each method", offered.start, offered[-1], facts.default, offered.step,
                                key=f"why-budget-{run.camera}",
                                help="How often a method may ask the detector: more is slower, steadier")  # fmt: skip
        costs, columns = facts.expected_seconds(evaluations), st.columns(2)
        selected = [name for i, (name, about) in enumerate(facts.about.items()) if columns[i % 2].checkbox(
            f"{name} · about {roughly(costs[name])}", name in USUAL, key=f"why-{name}", help=about)]  # fmt: skip
        away = st.checkbox("Counterfactual of the event: which moving objects made it unusual", event is not None,
                           key="why-event", disabled=event is None)  # fmt: skip
        others = facts.overhead_seconds(explanations.event_frames(analysis, chosen) if away else 0)
        total = f"Explain, about {roughly(others + sum(costs[name] for name in selected))}" if selected else "Explain"
        if st.button(total, type="primary", icon=":material/lightbulb:", disabled=busy or not selected, key="why-go"):
            away = away and event is not None
            _submit(run, chosen, ExplanationRequest(",".join(selected), evaluations, away, analysis.threshold))


def _submit(run: Run, chosen: int, request: ExplanationRequest) -> None:
    try:
        explanations.submit(run, chosen, request)
    except WhycamError as error:
        frame.stop_with(error)
    st.rerun()


def watch(run: Run, chosen: int) -> None:
    """Show how far an explanation is; drawn anew while a worker has it."""
    found = explanations.find(run, chosen)
    if found is None:
        return
    if found.active:
        before = found.finished
        progress.watch(Explanation, found.id, stale=lambda job: job.finished != before)
    elif found.state == "cancelled":
        frame.notice("It was cancelled; the maps that were finished are kept.", "warn")
    elif found.reason:
        frame.notice(found.reason, "bad" if found.state == "failed" else "warn")


def show(run: Run, chosen: int) -> None:
    """Show what is there: the maps under one cursor, their figures, and the event explained away."""
    try:
        result = explanations.result(run, chosen)
        if not result or not result.methods:
            return
        names = result.ranked
        maps, image = explanations.maps(run, chosen, names), explanations.picture(run, chosen)
    except WhycamError as error:
        frame.notice(error)
        return
    st.subheader(f"Frame {chosen:,}: {_score(result)}", help=helps.plain("score"))
    strength = st.slider("Maps' strength", 0, 100, 75, 5, format="%d %%", key="why-strength", width=240)
    top = explanations.top_of(list(maps.values()))
    shown = [["frame", _data_url(image)]]
    shown += [[name, _data_url(explanations.painted(image, maps[name], top, strength / 100))] for name in names]
    VIEWER(key="why-maps", data={"maps": shown})
    st.caption(
        "Brighter: more of what raised the score, by this method. One scale for all maps; the most faithful first."
    )
    _figures(names, result)
    counterfactual(run, chosen, "The event without it")


def _score(result: FrameExplanation) -> str:
    """Write score and threshold as on the run's page, and on the scale that the methods explain."""
    residual = f"residual error {result.score:.2f}, threshold {result.threshold:.2f} (1 is the camera's maximum)"
    if result.score_db is None:
        return residual
    return f"score {result.score_db:.2f} dB, threshold {result.threshold_db:.2f} dB; {residual}"


def _figures(names: Sequence[str], result: FrameExplanation) -> None:
    heads = ("Deletion ↓", "Insertion ↑", "Sanity", "Stability ↑", "Agreement", "Evaluations", "Seconds", "Frames")
    body = "".join(_row(name, result.methods[name]) for name in names)
    head = "".join(f"<th>{helps.headed(name)}</th>" for name in ("Method", *heads))
    st.html(f'<div class="card why"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


def _row(name: str, told: MethodFigures) -> str:
    sane = {True: "passed", False: "<b>failed</b>", None: "–"}[told.sane]
    cells = [_two(told.deletion_auc), _two(told.insertion_auc), f"{sane}&nbsp;({_two(told.sanity)})",
             _two(told.stability), _two(told.agreement), f"{told.evaluations:,}", f"{told.seconds:.1f}",
             _frame_importance(told.frames)]  # fmt: skip
    failed = "It hardly depends on what the network learnt: do not rely on it. " if told.sane is False else ""
    said = escape_html(failed + told.note)
    below = f'<tr class="note"><td></td><td colspan="{len(cells)}">{said}</td></tr>' if said else ""
    return f"<tr><th>{escape_html(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>{below}"


def _frame_importance(shares: Sequence[float]) -> str:
    """Draw how much each of the window's frames mattered, the first on the left."""
    top = max(max(shares, default=0.0), 1e-12)
    bars = "".join(f'<i style="height:{max(share, 0.0) / top:.0%}"></i>' for share in shares)
    return f'<span class="strip" role="img" aria-label="Frames, the first on the left">{bars}</span>'


def counterfactual(run: Run, chosen: int, title: str = "") -> None:
    """Show the counterfactual of the event around a frame, below a title: what it says, and both clips."""
    try:
        told = explanations.counterfactual(run, chosen)
    except WhycamError as error:
        frame.notice(error)
        return
    if told is None:
        return
    if title:
        st.subheader(title, help=helps.plain("counterfactual"))
    st.html(f'<p class="summary">{escape_html(told.sentence)}</p>')
    for column, name, said in zip(
        st.columns(2),
        (explanations.BEFORE, explanations.AFTER),
        ("As recorded", "With the expected content"),
        strict=True,
    ):
        with column:
            path = explanations.place(run, chosen) / name
            if path.exists():
                st.video(str(path), loop=True, muted=True)
            st.caption(said if path.exists() else f"{said}: the clip is no longer there")


def _data_url(image: Images) -> str:
    height, width = image.shape[:2]
    if width > WIDE:
        image = np.asarray(
            cv2.resize(image, (WIDE, round(height * WIDE / width)), interpolation=cv2.INTER_AREA), np.uint8
        )
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return "data:image/jpeg;base64," + base64.b64encode(bytes(data)).decode()


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
