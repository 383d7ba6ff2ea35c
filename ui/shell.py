"""The HTML that the browser loads for each page: Streamlit's own, told where its server is.

Without that, Streamlit's script looks for its server below the address of the page first, and each page that is opened
directly costs two requests that fail. Parts of its script that the head of every page needs are named at once, too: it
would ask for them when the head arrives, while the server is busy with the rest of the page. A page that goes blank is
loaded again, and the jobs at work are counted beside the link to them.
"""

from functools import cache
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core.errors import InputError

PAGES = Path(__file__).resolve().parent.parent / "pages"
STATIC = Path(streamlit.__file__).parent / "static"
INDEX = STATIC / "index.html"
EARLY = ("Html", "PageLink", "purify.es")
"""Parts of Streamlit's script, by the beginnings of their files' names."""
SCRIPTS = tuple(Path(__file__).resolve().parent.parent / "assets" / name for name in ("reload.js", "live.js"))
MARK = '<script type="module"'
TOLD = '<script>window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }</script>\n    '


@cache
def index() -> str:
    """Return the HTML of a page.

    Raises:
        InputError: Streamlit's own is not as it is known.
    """
    page = INDEX.read_text(encoding="utf-8")
    if page.count(MARK) != 1:
        raise InputError(f"Streamlit's {INDEX.name} begins its script in another way than this version of Whycam knows")
    own = "".join(f"<script>{{\n{path.read_text(encoding='utf-8')}}}</script>\n    " for path in SCRIPTS)
    return page.replace(MARK, TOLD + own + "".join(_early(name) for name in EARLY) + MARK)


def _early(name: str) -> str:
    """Return the line that names a part of Streamlit's script."""
    found = sorted((STATIC / "static" / "js").glob(f"{name}.*.js"))
    if len(found) != 1:
        raise InputError(f"Streamlit's script has {len(found)} parts {name!r}, not one as this version of Whycam knows")
    return f'<link rel="modulepreload" crossorigin href="./static/js/{found[0].name}">\n    '


async def _page(request: Request) -> HTMLResponse:
    return HTMLResponse(index(), headers={"Cache-Control": "no-cache"})


ROUTES = [Route("/", _page),
          *(Route(f"/{path.stem.partition('_')[2]}", _page) for path in sorted(PAGES.glob("[0-9]*_*.py")))]  # fmt: skip
