"""Code points, the shape of pixels and text in .kmc files."""

import pytest
from kmc_files import indexed

import kmc
from kmc.formats.kmc import codec
from kmc.formats.kmc.container import chunk


def test_code_points_aspect_and_text_are_kept() -> None:
    image = indexed(2, 2, 2)
    text = (("Title", "Zürich"), ("Author", "Łukasz\n"), ("Empty", ""))
    metadata = kmc.Metadata(cicp=(9, 16, 0, 1), aspect=(3, 2), text=text)
    data = codec.encode(image.indices, image.palette.colors, metadata)
    assert kmc.open(data).metadata == metadata
    assert kmc.read(data).metadata == metadata
    assert kmc.open(codec.encode(image.indices, image.palette.colors)).metadata == kmc.Metadata()


@pytest.mark.parametrize(
    ("type", "content"),
    [
        (b"p", b"abc"),
        (b"a", bytes(8)),
        (b"t", b"\0Title\0"),
        (b"t", b"\0\xff\0\0"),
        (b"t", b"\0\0a\0"),
    ],
)
def test_damaged_code_points_aspect_and_text(type: bytes, content: bytes) -> None:
    image = indexed(2, 2, 2)
    data = codec.encode(image.indices, image.palette.colors)
    with pytest.raises(kmc.FormatError, match=f"chunk {type!r} at byte"):
        kmc.open(data[:-1] + chunk(type, content) + data[-1:])
