"""Parts of a page that draw themselves anew, held to the page that is shown.

With each request the browser names the page that it shows. One to draw a part anew that leaves it while the server
turns to another page (``st.switch_page``) names the page before. Streamlit 1.67 draws it, the browser takes that for a
turn to yet another page and empties what it shows, the part finds no place there, and that error takes the whole page
out of the document. Such a request is dropped: the part is gone, or drawn with the new page.
"""

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData


def hold() -> None:
    """Have Streamlit draw parts anew of the page that was drawn last alone; to be called once in a process."""
    plain = ScriptRunner._run_script

    def run(self: ScriptRunner, rerun_data: RerunData) -> None:
        drawn = self._pages_manager.current_page_script_hash
        if not rerun_data.fragment_id_queue or rerun_data.page_script_hash in ("", drawn):
            plain(self, rerun_data)

    setattr(ScriptRunner, plain.__name__, run)
