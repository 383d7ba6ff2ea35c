"""For whom Streamlit keeps a medium: a picture or a download is served to accounts whose pages put it there alone.

Streamlit names media by their content, and serves them to whoever knows the name. What is put into its storage is noted
here with the one who asks; what was never noted is served to nobody who is signed in.
"""

import functools
import threading

from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from people.actor import current

MOST = 20_000
"""Names that are remembered; those noted first are forgotten first, and their pages draw them anew."""
_lock = threading.Lock()
_noted = dict[tuple[str, str], None]()


def note(file_id: str) -> None:
    """Note that the one who asks may have a medium."""
    with _lock:
        _noted.pop((file_id, current().name), None)
        _noted[file_id, current().name] = None
        while len(_noted) > MOST:
            del _noted[next(iter(_noted))]


def held(file_id: str) -> bool:
    """Tell whether the one who asks may have a medium."""
    return (file_id, current().name) in _noted


def watch() -> None:
    """Have Streamlit's storage note all that is put into it, from now on."""
    put = MemoryMediaFileStorage.load_and_get_id

    @functools.wraps(put)
    def noting(*arguments: object, **named: object) -> str:
        file_id = put(*arguments, **named)  # type: ignore[arg-type]
        note(file_id)
        return file_id

    MemoryMediaFileStorage.load_and_get_id = noting  # type: ignore[method-assign]
