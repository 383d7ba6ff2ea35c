"""Storage: what takes how much space, and a clean-up that shows first what it would remove."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from people import policy
from pipeline import storage
from pipeline.storage import Kept
from ui import frame, rights
from ui.formatting import ago, escape_html, file_size

PAGE = 20
GIGABYTE = 10**9
PLURAL = {storage.UPLOAD: "uploads not analysed", storage.COPY: "playback copies", storage.TRAINING: storage.TRAINING}


@st.cache_data(max_entries=4096, ttl=60.0, show_spinner=False)
def _size(place: str, ended: float | None) -> int:
    return storage.size_of(Path(place))


def kept() -> list[Kept]:
    """Return all that takes space, the largest first; sizes are up to a minute old."""
    return storage.kept(lambda place, ended: _size(str(place), ended))


def overview(found: Sequence[Kept]) -> None:
    """Say how much is used, by kind, and how much of the disk is free."""
    disk, used = storage.disk(), sum(one.bytes for one in found)
    st.progress(1 - disk.free / disk.total, text=f"{file_size(used)} used by Whycam's clips and results · "
                f"{file_size(disk.free)} of {file_size(disk.total)} free on the disk")  # fmt: skip
    sizes, numbers = Counter[str](), Counter(one.what for one in found)
    for one in found:
        sizes[one.what] += one.bytes
    clips = sum(one.clip_bytes for one in found if one.what == storage.RUN)
    rows = [(what, f"{numbers[what]:,}, {file_size(sizes[what])}") for what in storage.WHATS if numbers[what]]
    told = [(name, f"{said}, clips {file_size(clips)} of it" if name == storage.RUN else said) for name, said in rows]
    frame.card(told)


def clean_up(found: Sequence[Kept]) -> None:
    """Let the user choose what goes, by age and by size, and show it before anything does."""
    st.subheader("Clean up")
    st.caption("What is at work, reviewed or in a case is never removed. A playback copy is made again when needed.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        what = st.multiselect("Remove", storage.WHATS, [storage.COPY, storage.UPLOAD], width=460)
        days = st.number_input("Older than, days", 0, 10_000, 30, width=160, help="0: nothing by its age")
        most = st.number_input("Until all takes at most, GB", 0.0, 1e6, 0.0, step=1.0, width=220,
                               help="The oldest go first; 0: nothing by size")  # fmt: skip
    chosen = storage.to_remove(found, what, days or None, round(most * GIGABYTE) or None)
    if not chosen:
        st.caption("Nothing would be removed.")
        return
    told = tally(chosen)
    with st.expander(f"What would be removed: {told}"):
        _table(chosen)
    if st.button(f"Remove {told}", icon=":material/delete_sweep:", **rights.needs(policy.DELETE)):
        _confirm(chosen, told)


def tally(chosen: Sequence[Kept]) -> str:
    """Say how many things of each kind there are, and how large they are together.

    >>> tally([])
    'nothing'
    """
    numbers = Counter(one.what for one in chosen)
    parts = [f"{number:,} {PLURAL.get(what, what + 's') if number > 1 else what}" for what, number in numbers.items()]
    return f"{', '.join(parts)}, {file_size(sum(one.bytes for one in chosen))}" if parts else "nothing"


@st.dialog("Remove for good?")
def _confirm(chosen: Sequence[Kept], told: str) -> None:
    st.html(f"<p><b>{escape_html(told)}</b> will be gone for good.</p>")
    with st.container(horizontal=True):
        gone = st.button("Remove for good", type="primary", icon=":material/delete_sweep:", key="really",
                         on_click=_remove, args=(chosen,), **rights.needs(policy.DELETE))  # fmt: skip
        if gone or st.button("Keep them", key="keep"):
            st.rerun()


def _remove(chosen: Sequence[Kept]) -> None:
    gone, stayed = storage.remove(chosen)
    _size.clear()
    st.session_state["removed"] = tally(gone)
    st.session_state["refused"] = stayed


def put_aside() -> None:
    """Say that a damaged file was put aside, and what was made in its place."""
    for path in storage.put_aside():
        made = "of the runs' folders" if path.name.startswith("index") else "of the records that could be read"
        frame.notice(f"A damaged file was put aside as {path}, and made anew {made}; delete it when it is no longer "
                     "needed.", "warn")  # fmt: skip


PLACES = (
    ("runs", "clips as they were uploaded, scores, heat, pictures of events, playback copies and reports, until they "
     "are deleted, or for as long as their camera's page says; a run that is to keep "
     "persons blurred keeps blurred clips and pictures from its end on. Where it was stopped or failed, the clip as it "
     "came and sharp pictures are still there, until it is resumed to its end or deleted"),
    ("exports", "archives that were made of runs; they go with any of their runs"),
    ("trainings, cameras", "clips that cameras were trained on, and what the cameras learnt: a background picture, "
     "places and figures; clips stay until the training is deleted"),
    ("evaluations", "uploaded scores and labels, and the figures"),
    ("reviews.sqlite", "events of runs; who said what of an event, and what was done to a case, for good"),
    ("index.sqlite, jobs", "which jobs there are, with the names of clips"),
    ("people.sqlite", "accounts, hashes of passwords, sessions; of refused sign-ins the hash of name and address, for "
     "an hour"),
    ("audit.jsonl", "who did what to what, with names of clips, for good"),
    ("outside", "nothing: no figure and no picture leaves this machine by itself. A browser keeps pictures of pages "
     "for an hour, until it signs out"),
)  # fmt: skip
"""Folder or file of the user's folder, and what it keeps."""


def places() -> None:
    """Say what is kept where, and for how long."""
    st.subheader("What is kept where")
    frame.card(PLACES)


def removed() -> None:
    """Say what the last clean-up removed."""
    if told := st.session_state.pop("removed", ""):
        frame.notice(f"Removed: {told}.", "good")


def largest(found: Sequence[Kept]) -> None:
    """List what takes space, the largest first."""
    if not found:
        st.subheader("Nothing is kept yet")
        st.page_link(frame.NEW, label="Start a new analysis", icon=":material/add:")
        return
    st.subheader("What takes space")
    pages = -(-len(found) // PAGE)
    page = st.pagination(pages, key=f"storage-{pages}") if pages > 1 else 1
    _table(found[(page - 1) * PAGE : page * PAGE])


def _table(found: Sequence[Kept]) -> None:
    head = "".join(f"<th>{name}</th>" for name in ("name", "what", "size", "clip", "since", "kept because"))
    body = "".join(
        f"<tr><td class='title'>{escape_html(one.job.title)}</td><td>{one.what}</td><td>{file_size(one.bytes)}</td>"
        f"<td>{file_size(one.clip_bytes) if one.clip_bytes else '–'}</td><td>{escape_html(ago(one.since))}</td>"
        f"<td>{escape_html(one.why_kept)}</td></tr>"
        for one in found
    )
    st.html(f'<div class="figures"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')
