"""Pictures as files, for the tests that need some."""

from __future__ import annotations

import io

from PIL import Image


def encoded(picture: Image.Image, format: str = "PNG", **params) -> bytes:
    """What Pillow writes in that format."""
    buffer = io.BytesIO()
    picture.save(buffer, format, **params)
    return buffer.getvalue()
