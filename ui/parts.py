"""Parts of a page that draw themselves anew, held to the page that is shown.

With each request the browser names the page that it shows. One to draw a part anew that leaves it while the server
turns to another page (``st.switch_page``) names the page before. Streamlit 1.67 then tells the browser that this is
shown again; the browser empties what it shows, the part that follows finds no place there, and that error takes the
whole page out of the document. A part is of the page that was drawn last, whatever its request says.
"""

from dataclasses import replace

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData


def hold() -> None:
    """Have Streamlit draw parts anew on the page that was drawn last; to be called once in a process."""
    plain = ScriptRunner._run_script

    def run(self: ScriptRunner, rerun_data: RerunData) -> None:
        if rerun_data.fragment_id_queue and (page := self._pages_manager.current_page_script_hash):
            rerun_data = replace(rerun_data, page_script_hash=page)
        plain(self, rerun_data)

    setattr(ScriptRunner, plain.__name__, run)
