"""What stands beside an event: which cause is highlighted, events like it, and the event explained away."""

from collections.abc import Callable

import streamlit as st

from core.analysis import MOVING, Analysis, ExplainedEvent
from core.errors import WhycamError
from core.progress import roughly
from people import policy
from pipeline import similar, store
from pipeline.explaining import explanations
from pipeline.explaining.explanations import Explanation, ExplanationRequest
from pipeline.similar import EventTraits, SimilarEvent
from pipeline.store import Run
from ui import frame, helps, kept_pictures, progress, rights, why
from ui.formatting import count, escape_html, escape_markdown, timestamp

NEWEST = 100
"""Runs of a camera, newest first, whose events are compared."""
MOST = 4
MAPS = 4
"""Maps that stand beside an event, the most faithful first."""


def highlight_of(run: Run, one: ExplainedEvent | None) -> int:
    """Return the rank of the cause that is highlighted, from 1; 0 where none is."""
    chosen = None if one is None else st.session_state.get(_key(run, one))
    return int(chosen or 0)


def highlight(run: Run, one: ExplainedEvent, rank: int) -> None:
    """Highlight a cause from now on, or no longer where it was."""
    st.session_state[_key(run, one)] = None if highlight_of(run, one) == rank else rank


def _key(run: Run, one: ExplainedEvent) -> str:
    return f"cause-{run.id}-{one.kind}-{one.event.peak}"


def beside(run: Run, one: ExplainedEvent) -> None:
    """Let a cause be highlighted in the player, and tell what the event is without its causes, where that is known."""
    if one.listed:
        names = {rank: f"{rank} {escape_markdown(cause.fine)}" for rank, cause in enumerate(one.listed, 1)}
        st.pills("Highlight", list(names), format_func=names.__getitem__, key=_key(run, one),
                 help="Follows one cause through the frames, as a click on its box does")  # fmt: skip
    if one.kind == MOVING:
        try:
            told = explanations.counterfactual(run, one.event.peak)
        except WhycamError:  # said below, where it is shown
            told = None
        if told is not None:
            st.html(f'<p class="facts"><b>Explained away.</b> {escape_html(told.sentence)}</p>')


def parts(run: Run, analysis: Analysis, one: ExplainedEvent, causes: Callable[[], None]) -> None:
    """Show all that is known of an event: its causes, the event explained away, and events like it at this camera.

    Args:
        run: that is done.
        analysis: at the threshold that is shown.
        one: the event that is looked at.
        causes: shows its causes and attributes.
    """
    shown = {"Causes and attributes": causes}
    if one.kind == MOVING:
        shown["Explained away"] = lambda: _explained_away(run, analysis, one)
    shown["Similar events"] = lambda: _similar(run, analysis, one)
    tabs = st.tabs(list(shown), key=f"event-part-{one.kind}", on_change="rerun")
    for tab, draw in zip(tabs, shown.values(), strict=True):
        if tab.open:
            with tab:
                draw()


@st.cache_data(max_entries=500, show_spinner=False)
def _traits(run_id: str, finished: float | None) -> list[EventTraits]:
    try:
        return similar.traits_in(run_id, store.get(run_id).folder)
    except WhycamError:  # a run whose report is damaged has nothing to compare with
        return []


def _similar(run: Run, analysis: Analysis, one: ExplainedEvent) -> None:
    """Show the events of the camera that are most like this one, each with the way to it."""
    runs = {other.id: other for other in store.runs(("done",)) if other.camera == run.camera}
    others = [traits for other in list(runs.values())[:NEWEST] for traits in _traits(other.id, other.ended)]
    found = similar.similar(similar.traits_of(run.id, analysis, one), others, MOST)
    st.markdown("**Similar events at this camera**, by class, attributes and place", help=helps.plain("likeness"))
    if not found:
        st.caption(f"None in {count(min(len(runs), NEWEST), 'analysed clip')} of camera {escape_markdown(run.camera)}.")
        return
    for column, event in zip(st.columns(MOST), found, strict=False):
        with column:
            _card(runs[event.traits.run], event)


def _card(run: Run, event: SimilarEvent) -> None:
    traits = event.traits
    picture = kept_pictures.small(run, traits.shown)
    image = f'<img src="{picture}" alt="">' if picture else '<span class="nopicture">no picture kept</span>'
    st.html(f'<div class="like">{image}<b>{escape_html(traits.name or "not named")}</b>'
            f"<span>{escape_html(run.clip)} · {timestamp(traits.seconds)}</span>"
            f"<span>{escape_html(event.said)}</span></div>")  # fmt: skip
    where = {"run": run.id, "at": str(traits.peak)} | ({} if traits.kind == MOVING else {"kind": traits.kind})
    st.page_link(frame.RUN, label=f"Open, {100 * event.likeness:.0f} % alike", icon=":material/open_in_new:",
                 query_params=where)  # fmt: skip


def _explained_away(run: Run, analysis: Analysis, one: ExplainedEvent) -> None:
    """Show the event without its causes, and what raised the score of its peak, as far as computed; offer the rest."""
    peak = one.event.peak
    st.markdown("**The event explained away**, and what raised the score of its peak",
                help=helps.plain("counterfactual"))  # fmt: skip
    job = explanations.find(run, peak)
    if job is not None and job.active:
        before = job.finished
        progress.watch(Explanation, job.id, stale=lambda now: now.finished != before)
    try:
        result, told = explanations.result(run, peak), explanations.counterfactual(run, peak)
        ranked = [] if result is None else result.ranked
        if told is not None:
            why.counterfactual(run, peak)
        if ranked:
            _maps(run, peak, ranked[:MAPS])
    except WhycamError as error:
        frame.notice(error)
        return
    if job is None or not job.active:
        _rest(run, analysis, one, [name for name in why.USUAL if name not in ranked], told is None)


def _maps(run: Run, peak: int, names: list[str]) -> None:
    maps, image = explanations.maps(run, peak, names), explanations.picture(run, peak)
    top = explanations.top_of(list(maps.values()))
    for column, name in zip(st.columns(MAPS), names, strict=False):
        column.image(explanations.painted(image, maps[name], top), caption=escape_markdown(name), width="stretch",
                     output_format="JPEG", alt=f"Map of {name}")  # fmt: skip
    st.page_link(frame.WHY, label="All maps, with figures that say how far to believe them",
                 icon=":material/lightbulb:", query_params={"run": run.id, "at": str(peak)})  # fmt: skip


def _rest(run: Run, analysis: Analysis, one: ExplainedEvent, methods: list[str], away: bool) -> None:
    """Offer to compute what is missing, with the time that it takes on this machine."""
    if not methods and not away:
        return
    missing = st.expander(f"Compute {_named(methods, away)}", icon=":material/calculate:", on_change="rerun",
                          key=f"rest-{run.id}-{one.event.peak}")  # fmt: skip
    if not missing.open:
        return
    with missing:
        if not rights.allowed(policy.EXPLAIN):
            return
        try:
            with st.spinner("Estimating the time…"):
                facts = explanations.facts(run)
        except WhycamError as error:
            frame.notice(error)
            return
        costs = facts.expected_seconds(facts.default)
        frames = explanations.event_frames(analysis, one.event.peak)
        for only, label in ((True, "Only the event without its causes"), (False, "All of it")):
            wanted = methods[:1] if only else methods
            if (only and not away) or not wanted:
                continue
            seconds = sum(costs[name] for name in wanted) + facts.overhead_seconds(frames if away else 0)
            if st.button(f"{label}, about {roughly(seconds)}", key=f"rest-{only}", icon=":material/play_arrow:"):
                _submit(run, one, ExplanationRequest(",".join(wanted), facts.default, away, analysis.threshold))


def _named(methods: list[str], away: bool) -> str:
    parts = ["the event without its causes"] if away else []
    return " and ".join([*parts, *([count(len(methods), "map")] if methods else [])])


def _submit(run: Run, one: ExplainedEvent, request: ExplanationRequest) -> None:
    try:
        explanations.submit(run, one.event.peak, request)
    except WhycamError as error:
        frame.notice(error)
        return
    st.rerun()
