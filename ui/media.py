"""What the player fetches beside Streamlit's own messages: the playback copy and packed data of a run, by its id.

Every answer is of a finished run in the store, and of the files that it wrote itself; nothing of an address reaches a
path but a known run's id and whole numbers. A failure is a sentence as plain text.
"""

from collections.abc import Callable
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from core import typed_json, video
from core.errors import InputError, WhycamError
from jobs.store import JobStore
from pipeline import fault_pictures, playback, player_data, store
from pipeline.store import Run

KEEP = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
"""Addresses carry the version of the run's files, so that a browser may keep answers."""
PACKED, JPEG = "application/octet-stream", "image/jpeg"


async def _clip(request: Request) -> Response:
    """Answer with the playback copy, or the part of it that is asked for."""

    def found() -> Response:
        run = _run(request)
        if playback.find(run) is None:
            raise InputError(f"there is no playback copy of run {run.id} yet")
        return FileResponse(playback.clip(run), media_type="video/mp4", headers=KEEP)

    return await _answer(found)


async def _timeline(request: Request) -> Response:
    return await _packed(request, lambda run: player_data.timeline(run.folder, truth(run)))


async def _heat(request: Request) -> Response:
    return await _packed(request, lambda run: player_data.heat(run.folder, _number(request, "chunk")))


async def _things(request: Request) -> Response:
    return await _packed(request, lambda run: player_data.things(run.folder))


async def _picture(request: Request) -> Response:
    def found() -> Response:
        size = request.query_params.get("size")
        frame, small = _number(request, "frame"), None if size is None else _whole(size)
        return Response(player_data.picture(_run(request).folder, frame, small), media_type=JPEG, headers=KEEP)

    return await _answer(found)


async def _fault(request: Request) -> Response:
    """Answer with the picture of a camera fault, by its first frame."""
    return await _answer(lambda: Response(fault_pictures.read(_run(request).folder, _number(request, "frame")),
                                          media_type=JPEG, headers=KEEP))  # fmt: skip


ROUTES = [
    Route("/play/{run}/fault/{frame}", _fault),
    Route("/play/{run}/clip.mp4", _clip),
    Route("/play/{run}/timeline", _timeline),
    Route("/play/{run}/heat/{chunk}", _heat),
    Route("/play/{run}/things", _things),
    Route("/play/{run}/picture/{frame}", _picture),
]


def truth(run: Run) -> list[tuple[int, int, str]]:
    """Return the first and last frame, and the name, of each event that a run's clip is known to hold: the demo's."""
    size, demo = run.path.stat().st_size if run.path.exists() else -1, store.DEMO
    if size != demo.stat().st_size or video.sha256_of(run.path) != _demo_hash():
        return []
    labels = typed_json.read(dict[str, object], demo.with_suffix(".json"))
    events = labels.get("events")
    return [(one["first"], one["last"], one["name"]) for one in events] if isinstance(events, list) else []


@cache
def _demo_hash() -> str:
    return video.sha256_of(store.DEMO)


async def _packed(request: Request, packed: Callable[[Run], bytes]) -> Response:
    return await _answer(lambda: Response(packed(_run(request)), media_type=PACKED, headers=KEEP))


async def _answer(found: Callable[[], Response]) -> Response:
    try:
        return await run_in_threadpool(found)
    except WhycamError as error:
        return PlainTextResponse(str(error), 404)


def _run(request: Request) -> Run:
    run = JobStore().get(request.path_params["run"], Run)
    if run.state != "done":
        raise InputError(f"run {run.id} is not finished")
    return run


def _number(request: Request, name: str) -> int:
    return _whole(request.path_params[name])


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10:
        raise InputError("a whole number from 0 is needed in this address")
    return int(text)
