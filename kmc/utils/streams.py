"""Reading from streams of unknown length."""

from __future__ import annotations

import io
from typing import Any

from kmc.errors import ImageTooLargeError, ImageTypeError

# The default limit, and how much is read at a time.
MAX_STREAM_BYTES = 1 << 30
_CHUNK = 1 << 20


def read_stream(
    stream: Any,
    name: str,
    *,
    signature: bytes | tuple[bytes, ...] = b"",
    limit: int = MAX_STREAM_BYTES,
) -> bytes:
    """Read a binary stream to its end, within a limit.

    Parameters
    ----------
    stream : binary file object
        An `io.IOBase` is read in chunks. For other objects, ``read()`` is called once without a
        size, which they may not support.
    name : str
        The name of the stream in error messages.
    signature : bytes or tuple of bytes, optional
        The first bytes of the expected formats. If the stream begins with others, no more are
        read.
    limit : int, optional
        Maximum number of bytes.

    Raises
    ------
    ImageTooLargeError
        The stream is longer than `limit`.
    ImageTypeError
        ``read()`` does not return bytes.
    """
    data = bytearray()
    signature_size = len(signature) if isinstance(signature, bytes) else max(map(len, signature))
    in_chunks = isinstance(stream, io.IOBase)
    while True:
        wanted = signature_size - len(data)
        chunk = stream.read(wanted if wanted > 0 else _CHUNK) if in_chunks else stream.read()
        if not isinstance(chunk, bytes | bytearray | memoryview):
            kind = type(chunk).__name__
            raise ImageTypeError(f"{name}: expected read() to return bytes, got {kind}")
        data += chunk
        if not chunk or (len(data) >= signature_size and not data.startswith(signature)):
            return bytes(data)
        if len(data) > limit:
            raise ImageTooLargeError(f"{name}: is longer than {limit} bytes")
        if not in_chunks:
            return bytes(data)
