"""Reading streams that may have no end."""

from __future__ import annotations

import io
from typing import Any

from kmc.errors import ImageTooLargeError, ImageTypeError

# The most that is read of a pipe, unless the caller knows better; and how much at a time.
MAX_STREAM_BYTES = 1 << 30
_PIECE = 1 << 20


def read_stream(
    stream: Any,
    name: str,
    *,
    signature: bytes | tuple[bytes, ...] = b"",
    limit: int = MAX_STREAM_BYTES,
) -> bytes:
    """Read all of a binary stream, within a limit.

    Parameters
    ----------
    stream : binary file object
        An `io.IOBase` is read piece by piece. Of any other object ``read()`` is called once, since
        it may take no size, or ignore it.
    name : str
        Its name for error messages.
    signature : bytes or tuple of bytes, optional
        The first bytes of a file of the right format or formats: of any other, only as many are
        read.
    limit : int, optional
        The most bytes to read.

    Raises
    ------
    ImageTooLargeError
        There are more bytes than `limit`.
    ImageTypeError
        It does not give bytes.
    """
    data = bytearray()
    head = len(signature) if isinstance(signature, bytes) else max(map(len, signature))
    pieces = isinstance(stream, io.IOBase)
    while True:
        wanted = head - len(data)
        piece = stream.read(wanted if wanted > 0 else _PIECE) if pieces else stream.read()
        if not isinstance(piece, bytes | bytearray | memoryview):
            kind = type(piece).__name__
            raise ImageTypeError(f"{name}: expected read() to give bytes, got {kind}")
        data += piece
        if not piece or (len(data) >= head and not data.startswith(signature)):
            return bytes(data)
        if len(data) > limit:
            raise ImageTooLargeError(f"{name}: is longer than {limit} bytes")
        if not pieces:
            return bytes(data)
