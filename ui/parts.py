"""Parts of a page that draw themselves anew, held to the page that is shown.

With each request the browser names the page that it shows. One to draw a part anew that leaves it while the server
turns to another page (``st.switch_page``) names the page before. Streamlit 1.67 draws it, the browser takes that for a
turn to yet another page and empties what it shows, the part finds no place there, and that error takes the whole page
out of the document. Such a request is dropped: the part is gone, or drawn with the new page.

One that comes while a whole page waits to be drawn is joined with it, and what it names is believed: the page before,
where a link was just pressed on a busy machine, or the address before. It is dropped, too: the page draws its parts.

A whole page is drawn by a thread of its own, while the one before still ends. Both write down which page is drawn in
one place: a part that was only about to begin would have the new page's thread draw the old page. So it does not begin,
and a whole page waits for a part that has begun, which ends at its next element, or goes on without after a second.
"""

import threading
from weakref import WeakKeyDictionary

from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

MOST_WAIT_SECONDS = 1.0
"""A part that has the whole page drawn anew (``frame.redraw``) may take longer: it has noted its page by then."""


def hold() -> None:
    """Have Streamlit draw parts anew of the page that was drawn last alone; to be called once in a process."""
    plain, asked = ScriptRunner._run_script, ScriptRequests.request_rerun
    one_at_a_time: WeakKeyDictionary[PagesManager, threading.Lock] = WeakKeyDictionary()

    def run(self: ScriptRunner, rerun_data: RerunData) -> None:
        session = one_at_a_time.setdefault(self._pages_manager, threading.Lock())
        if rerun_data.fragment_id_queue:
            with session:
                if _is_shown(self, rerun_data):
                    plain(self, rerun_data)
        else:
            if session.acquire(timeout=MOST_WAIT_SECONDS):  # a part that was being drawn has ended
                session.release()
            plain(self, rerun_data)

    def ask(self: ScriptRequests, new_data: RerunData) -> bool:
        return _comes_anyway(self, new_data) or asked(self, new_data)

    setattr(ScriptRunner, plain.__name__, run)
    setattr(ScriptRequests, asked.__name__, ask)


def _is_shown(runner: ScriptRunner, part: RerunData) -> bool:
    """Tell whether the page that a part belongs to is shown, and no other one is drawn meanwhile."""
    stops = runner._requests._state == ScriptRequestType.STOP
    return not stops and part.page_script_hash in ("", runner._pages_manager.current_page_script_hash)


def _comes_anyway(requests: ScriptRequests, new: RerunData) -> bool:
    """Tell whether a part that is asked for is drawn with the whole page that waits, or gone with the one before."""
    with requests._lock:
        waits = requests._rerun_data
        whole = requests._state == ScriptRequestType.RERUN and not (waits.fragment_id or waits.fragment_id_queue)
        elsewhere = waits.page_script_hash not in ("", new.page_script_hash)
        return whole and bool(new.fragment_id) and (new.is_auto_rerun or elsewhere)
