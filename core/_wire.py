"""Messages between a process and one that it does not trust: JSON behind its length, and open files beside it."""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

MAX_BYTES = 32 << 20
"""Of one message; the notes of a clip have some kilobytes."""
MAX_FILES = 2
_LENGTH = struct.Struct("!I")

Message = dict[str, Any]


class Link:
    """One end of a pair of sockets.

    Args:
        end: the socket, which the link owns.
        takes: whether open files are taken that come with messages; else the kernel closes them.
    """

    def __init__(self, end: socket.socket, *, takes: bool = False) -> None:
        self._end, self._takes = end, takes
        self.files: list[int] = []

    def fileno(self) -> int:
        """Return the socket's descriptor, to wait for messages."""
        return self._end.fileno()

    def close(self) -> None:
        """Close the socket: the other side sees the end."""
        self._end.close()

    def send(self, message: Message, files: Sequence[int] = ()) -> None:
        """Send a message, and copies of open files; raises an ``OSError`` where nobody is there."""
        content = json.dumps(message).encode("ascii")
        head = _LENGTH.pack(len(content))
        if files:
            socket.send_fds(self._end, [head], list(files))
            self._end.sendall(content)
        else:
            self._end.sendall(head + content)

    def receive(self) -> Message:
        """Wait for the next message; its files, if any, are in ``files``.

        Raises:
            EOFError: the other side is gone.
            ValueError: what came is no message.
        """
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        if length > MAX_BYTES:
            raise ValueError(f"a message has {length} bytes")
        try:
            found = json.loads(self._exactly(length))
        except RecursionError as error:
            raise ValueError("a message is nested too deeply") from error
        if not isinstance(found, dict):
            raise ValueError("a message is no object")
        return found

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self._some(count - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _some(self, count: int) -> bytes:
        try:
            if not self._takes:
                return self._end.recv(min(count, 1 << 20))
            part, files, _, _ = socket.recv_fds(self._end, min(count, 1 << 20), MAX_FILES)
        except ConnectionResetError:
            return b""
        self.files += files
        return part
