"""Starts processes that decode: it has loaded the decoder, and makes a copy of itself in some milliseconds.

``python -m core._cage_server`` talks to its parent over the socket that is its standard input, and ends with it.
"""

import os
import signal
import socket
from typing import NoReturn

from core._cage_child import serve
from core._medium import Handed
from core._wire import Link


def main() -> None:
    """Start a process for each clip that the parent hands over, and tell how each ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = Link(socket.socket(fileno=0), takes=True)
    link.send({"ready": True})
    while True:
        try:
            asked = link.receive()
        except EOFError:
            return
        if "wait" in asked:
            _, status, used = os.wait4(asked["wait"], 0)
            link.send({"status": status, "peak": used.ru_maxrss})
            continue
        end, file = link.files
        link.files.clear()
        child = os.fork()
        if child == 0:
            link.close()
            _become(end, file, asked["name"], asked["memory"], asked["seconds"])
        os.close(end)
        os.close(file)
        link.send({"pid": child})


def _become(end: int, file: int, name: str, memory: int, seconds: float) -> NoReturn:
    """Serve one clip in a new process, and end it without looking back."""
    code = 1
    try:
        serve(Link(socket.socket(fileno=end), takes=True), Handed(file, name), memory, seconds)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
