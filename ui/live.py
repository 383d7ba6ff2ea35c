"""What the head of every page asks for by itself: how many jobs are at work or wait.

A page's part that is drawn anew (``st.fragment``) runs a script on the server for each open tab, every few seconds;
a number needs none of that. ``assets/live.js`` asks for it and shows it beside the link to the queue.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from core.errors import WhycamError
from jobs.store import JobStore

FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def _active(_: Request) -> PlainTextResponse:
    """Answer with a whole number; with a sentence where the index of jobs cannot be read."""
    try:
        return PlainTextResponse(str(await run_in_threadpool(JobStore().count_active)), headers=FRESH)
    except WhycamError as error:
        return PlainTextResponse(str(error), 503, headers=FRESH)


ROUTES = [Route("/live/active", _active)]
