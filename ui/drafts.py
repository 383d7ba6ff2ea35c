"""Clips that are kept and not analysed yet: uploaded alone, many at once or as a folder, each with its camera.

A clip is kept on disk as soon as it has arrived, as a draft of a run; the address names those of this tab, so that a
reload keeps them. The upload's own buffers are dropped then.
"""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import BinaryIO

import streamlit as st

from core.errors import InputError, WhycamError
from people import policy
from pipeline import store
from pipeline.camera import Camera, cameras, load
from pipeline.store import Run
from ui import blurs, caches, frame, rights
from ui.formatting import count, escape_html
from ui.upload import camera_picker, camera_start, clip_line, likely_camera

ADDRESS = "clip"
"""Name in the address of the drafts of a tab, as often as there are drafts."""
PAGE = 10
FILES, FOLDER = "Clips", "A folder"
INTRODUCTION = """
<div class="intro"><h1>What was unusual, when, where and why?</h1>
<p>Upload clips from fixed cameras that Whycam was trained for. Whycam finds the parts that differ from a camera's
normal footage, marks them in the picture, names probable causes, and states how reliable the answer is.</p></div>
"""


def of_address() -> list[Run]:
    """Return the drafts that the address names; those that cannot be analysed get a sentence and leave it."""
    asked, found = st.query_params.get_all(ADDRESS), []
    for run_id in asked:
        with contextlib.suppress(InputError):  # deleted, in another tab
            run = store.get(run_id)
            if run.state == "draft" and _readable(run):
                found.append(run)
    if len(found) != len(asked):
        _name([run.id for run in found])
    return found


def _readable(run: Run) -> bool:
    """Tell whether a clip can still be read, and say why where it cannot."""
    if not run.path.is_file():
        frame.notice(f"The file of {run.clip!r} is no longer in {run.folder}; upload it again.")
        return False
    try:
        caches.clip_facts(str(run.path))
    except WhycamError as error:
        frame.notice(run.named(str(error)))
        return False
    return True


def _name(run_ids: Sequence[str]) -> None:
    """Have the address name these drafts."""
    if run_ids:
        st.query_params[ADDRESS] = list(run_ids)
    else:
        st.query_params.pop(ADDRESS, None)


def first_upload() -> None:
    """Let the user upload clips, take the demo, or go on with clips that were uploaded before."""
    st.html(INTRODUCTION)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _uploader()
    with right, st.container(border=True):
        st.markdown("**No clip at hand?** The demo is a rendered plaza with six unusual things in it.")
        if st.button("Use the demo clip", icon=":material/movie:",
                     **rights.needs(policy.UPLOAD, disabled=not store.DEMO.exists())):  # fmt: skip
            with store.DEMO.open("rb") as file:
                _keep([(store.DEMO.name, file)])
    before = [run.id for run in store.runs(("draft",)) if run.path.is_file()]
    if before:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{count(len(before), 'clip')} uploaded before and not analysed yet.")
            st.button("Show them", icon=":material/history:", on_click=_name, args=(before[::-1],))


def more() -> None:
    """Let the user add clips to those that are there."""
    with st.expander("Add clips", icon=":material/add:"):
        _uploader()


def _uploader() -> None:
    turn = st.session_state.setdefault("turn", 0)
    kind = st.segmented_control("Upload", (FILES, FOLDER), default=FILES, key="upload-kind", required=True,
                                label_visibility="collapsed")  # fmt: skip
    files = st.file_uploader(
        "Clips from fixed cameras", type=list(store.EXTENSIONS), key=f"upload-{kind}-{turn}",
        accept_multiple_files="directory" if kind == FOLDER else True,
    )  # fmt: skip
    if files:
        st.session_state["turn"] = turn + 1  # a fresh widget: the old one's buffers are dropped
        _keep([(file.name, file) for file in files])


def _keep(files: Sequence[tuple[str, BinaryIO]]) -> None:
    """Keep clips and look at each; one that cannot be read is dropped with a sentence, and the others stay."""
    kept, refused = st.query_params.get_all(ADDRESS), []
    with st.spinner("Keeping the clips…"):
        for name, stream in files:
            run = None
            try:
                run = store.create(stream, name)
                caches.clip_facts(str(run.path))
                kept.append(run.id)
            except WhycamError as error:
                refused.append(run.named(str(error)) if run else str(error))
                if run is not None:
                    store.delete(run.id)
    _name(kept)
    st.session_state["refused"] = refused
    st.rerun()


def _remove(run_id: str) -> None:
    store.delete(run_id)
    _name([other for other in st.query_params.get_all(ADDRESS) if other != run_id])


def show_one(run: Run) -> Camera | None:
    """Show one clip and let its camera be chosen; return the camera, if there is one."""
    clip = caches.clip_facts(str(run.path))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f'<h1 class="clip">{escape_html(run.clip)}</h1><p class="facts">{escape_html(clip_line(clip, run))}</p>'
        )
        frame.action_button("Another clip", "swap_horiz", f"remove-{run.id}", _remove, run.id,
                            **rights.needs(policy.DELETE, run.owner))  # fmt: skip
    for note in clip.notes:
        frame.notice(run.named(note), "warn")
    camera = camera_picker(run)
    if camera is not None:
        camera_start(run, camera)
    return camera


def show_many(drafts: Sequence[Run]) -> None:
    """Show clips, each beside the background of the camera that it is compared with, and start them all."""
    names = list(cameras())
    if not names:
        frame.notice("There is no camera yet; ./whycam train makes one from normal footage.", "warn")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="draft-head"):
        st.html(f'<h1 class="clip">{count(len(drafts), "clip")} to analyse</h1>')
        st.selectbox("One camera for all", names, None, key="camera-all", placeholder="each its own", width=260,
                     on_change=_one_for_all, args=([run.id for run in drafts],))  # fmt: skip
        blur = blurs.of_runs("blur-all", names)
        go = st.button(f"Analyse all {len(drafts)} clips", type="primary", icon=":material/play_arrow:",
                       **rights.needs(policy.ANALYSE))  # fmt: skip
    pages = -(-len(drafts) // PAGE)
    page = st.pagination(pages, key=f"drafts-{pages}") if pages > 1 else 1
    for run in drafts[(page - 1) * PAGE : page * PAGE]:
        _row(run, names)
    if go:
        _start(drafts, blur)


def _one_for_all(run_ids: Sequence[str]) -> None:
    if camera := st.session_state["camera-all"]:
        for run_id in run_ids:
            st.session_state[f"camera-{run_id}"] = camera


def _camera_of(run: Run) -> str:
    """Return the camera that was chosen for a clip, at first the one that it looks like."""
    key = f"camera-{run.id}"
    chosen: str = st.session_state.get(key) or st.session_state.get(f"chosen-{key}") or likely_camera(run)
    st.session_state[f"chosen-{key}"] = chosen  # a widget's own state goes with the page of the list that it is on
    return chosen


def _row(run: Run, names: Sequence[str]) -> None:
    chosen, clip = _camera_of(run), caches.clip_facts(str(run.path))
    warnings: tuple[str, ...] = ()
    with st.container(key=f"draft-{run.id}"):
        picture, place, told, gone = st.columns([4, 4, 13, 3], gap="small", vertical_alignment="center")
        with contextlib.suppress(WhycamError):
            picture.image(caches.first_picture(str(run.path)), width="stretch", alt="First picture of the clip")
        with told:
            st.html(f'<b class="name">{escape_html(run.clip)}</b>'
                    f'<p class="facts">{escape_html(clip_line(clip, run))}</p>')  # fmt: skip
            st.session_state.setdefault(f"camera-{run.id}", chosen)
            st.selectbox("Camera", names, key=f"camera-{run.id}", width=260, label_visibility="collapsed")
            try:
                camera = load(chosen)
                place.image(camera.background, width="stretch", alt=f"Background of {camera.name}")
                warnings = caches.clip_warnings(str(run.path), chosen, camera.sha256)
            except WhycamError as error:
                frame.notice(error)
            for sentence in (*(run.named(note) for note in clip.notes), *warnings):
                frame.notice(sentence, "warn")
        with gone:
            frame.action_button("Remove", "close", f"remove-{run.id}", _remove, run.id,
                                **rights.needs(policy.DELETE, run.owner))  # fmt: skip


def _start(drafts: Sequence[Run], blur: str) -> None:
    """Queue all clips; those that cannot be queued stay, each with its sentence."""
    refused: list[str] = []
    start = partial(store.start, blur=blur)
    left = [run.id for run in drafts if not _queued(partial(start, run.id, _camera_of(run)), run, refused)]
    if not refused:
        st.switch_page(frame.QUEUE)
    _name(left)
    st.session_state["refused"] = refused
    st.rerun()


def _queued(start: Callable[[], object], run: Run, refused: list[str]) -> bool:
    try:
        start()
    except WhycamError as error:
        refused.append(f"{run.clip}: {error}")
        return False
    return True
