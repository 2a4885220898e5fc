"""The image file formats that kmc writes, and their encoders."""

from __future__ import annotations

import dataclasses
import importlib
import io
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from kmc.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileWriteError,
    FormatWarning,
)
from kmc.formats.bmp import bmp_bytes
from kmc.formats.kmc import codec
from kmc.formats.painting import is_opaque, painted_image, pillow_image
from kmc.formats.png import MAX_PROFILE, png_bytes, with_metadata
from kmc.formats.png_compression import Plan
from kmc.formats.tiff import tiff_bytes
from kmc.metadata import EXIF_PREFIX, Metadata, descriptive_tags
from kmc.utils.arguments import path_name, whole
from kmc.utils.atomic_write import replace
from kmc.utils.os_errors import writing

Indices = NDArray[np.uint8] | NDArray[np.uint16]
Colors = NDArray[np.uint8]


@dataclass(frozen=True)
class PillowWriter:
    """Writes a format by Pillow, in some mode and with some settings.

    Called with indices, colours, metadata and the caller's own parameters, it returns the file.
    """

    format: str
    palette: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    arrange: Callable[[dict[str, Any]], dict[str, Any]] | None = None  # metadata, for this format
    plugin: str = ""  # the package that teaches Pillow this format
    clear_entries: bool = True  # whether palette entries may be transparent

    def __call__(
        self, indices: Indices, colors: Colors, metadata: Metadata, params: dict[str, Any]
    ) -> bytes:
        self._load_plugin()
        indexed = self.palette and len(colors) <= 256
        indexed = indexed and (self.clear_entries or is_opaque(colors))
        picture = (pillow_image if indexed else painted_image)(indices, colors)
        if picture.mode == "L" and metadata.icc_profile:  # which is one of an RGB space
            picture = picture.convert("RGB")
        buffer = io.BytesIO()
        settings = {**self.settings, **self.metadata_settings(metadata), **params}
        picture.save(buffer, self.format, **settings)
        return buffer.getvalue()

    def metadata_settings(self, metadata: Metadata) -> dict[str, Any]:
        """Metadata as the parameters of Pillow's writers."""
        exif = metadata.exif and EXIF_PREFIX + metadata.exif
        found: dict[str, Any] = {"icc_profile": metadata.icc_profile, "dpi": metadata.dpi}
        found |= {"exif": exif, "xmp": metadata.xmp}
        if self.arrange is not None:
            found = self.arrange(found)
        return {name: value for name, value in found.items() if value}

    def _load_plugin(self) -> None:
        if not self.plugin:
            return
        try:
            importlib.import_module(self.plugin)
        except ImportError as error:
            package = self.plugin.replace("_", "-") + "-plugin"
            raise FileWriteError(
                f"{self.format} is written by a plug-in for Pillow: pip install {package}"
            ) from error


@dataclass(frozen=True)
class Format:
    """A file format: its suffixes, of which the first is its name, its encoder and its limits.

    `encode` is called with indices, colours, the metadata that the format `keeps`, and the
    parameters of `save`; it is None for what is no single file.
    """

    suffixes: tuple[str, ...]
    encode: Callable[[Indices, Colors, Metadata, dict[str, Any]], bytes] | None
    keeps: tuple[str, ...] = ()
    max_colors: int = 65536
    alpha: Literal["all", "one clear", "none"] = "all"  # "one clear": a fully transparent colour
    longest_profile: int | None = None  # in bytes
    longest_block: int | None = None  # of EXIF and of XMP, in bytes
    loss: str = ""  # how the format changes pixels, if it is lossy
    parameters: tuple[str, ...] = ()  # the names of `save`'s parameters that its encoder takes
    planned: bool = False  # whether `encode` takes a `plan` of png_compression

    @property
    def name(self) -> str:
        return self.suffixes[0]

    def alpha_problem(self, colors: Colors) -> str:
        """Why the format cannot hold the alpha of a palette, or ``""``."""
        alpha = colors[:, 3:].ravel()
        if self.alpha == "none" and (alpha < 255).any():
            return f"{self.name} holds no alpha; {_holding_alpha()} do"
        clear = np.count_nonzero(alpha == 0)
        if self.alpha == "one clear" and (clear > 1 or clear < np.count_nonzero(alpha < 255)):
            return (
                f"in {self.name} pixels are opaque, or of the one colour that is fully "
                f"transparent; {_holding_alpha()} hold every alpha"
            )
        return ""


_XMP_TAG = 700


def _tiff_metadata(found: dict[str, Any]) -> dict[str, Any]:
    from PIL import Image

    exif = Image.Exif()
    if block := found.pop("exif"):
        exif.load(block)
    tags = descriptive_tags(exif)  # Pillow cannot write the tables of EXIF beside compression
    if xmp := found.pop("xmp"):
        tags[_XMP_TAG] = xmp
    return found | {"tiffinfo": tags}


def _png(indices: Indices, colors: Colors, metadata: Metadata, params: dict[str, Any]) -> bytes:
    """Encode with kmc's own writer where it suffices, else with Pillow's."""
    level, threads, plan = params.get("level"), params.get("threads"), params.get("plan")
    if level is not None:
        level = whole("level", level, 1, 9)
    ours = ("level", "threads", "plan")
    others = {name: value for name, value in params.items() if name not in ours}
    for name in ("compress_level", "optimize"):
        if level is not None and others.get(name):
            raise ArgumentError(f"level and {name} exclude each other")
    if others or len(colors) > 256:
        settings = {} if level is None else {"compress_level": level}
        given: dict[str, Any] = dict.fromkeys({"icc_profile", "dpi", "exif"} & set(others))
        kept = dataclasses.replace(metadata, **given)
        return with_metadata(_PILLOW_PNG(indices, colors, Metadata(), settings | others), kept)
    pixels = indices.astype(np.uint8, copy=False)
    return png_bytes(pixels, colors, metadata, level=level, threads=threads, plan=plan)


def _tiff(indices: Indices, colors: Colors, metadata: Metadata, params: dict[str, Any]) -> bytes:
    """Encode with kmc's own writer where it suffices, else with Pillow's."""
    if params or len(colors) > 256 or not is_opaque(colors):
        return _PILLOW_TIFF(indices, colors, metadata, params)
    pixels = indices.astype(np.uint8, copy=False)
    return tiff_bytes(pixels, colors, **_PILLOW_TIFF.metadata_settings(metadata))


def _bmp(indices: Indices, colors: Colors, metadata: Metadata, params: dict[str, Any]) -> bytes:
    """Encode with kmc's own writer, or with Pillow's if k > 256."""
    dpi = params.get("dpi", metadata.dpi)
    if len(colors) > 256:
        return _PILLOW_BMP(indices, colors, Metadata(), {"dpi": dpi or (0, 0)})
    return bmp_bytes(indices.astype(np.uint8, copy=False), colors, dpi)


def _kmc(indices: Indices, colors: Colors, metadata: Metadata, params: dict[str, Any]) -> bytes:
    return codec.encode(indices, colors, metadata, **params)


_PILLOW_BMP = PillowWriter("BMP", palette=False)
_PILLOW_TIFF = PillowWriter(
    "TIFF",
    settings={"compression": "tiff_adobe_deflate"},
    arrange=_tiff_metadata,
    clear_entries=False,
)
_PILLOW_PNG = PillowWriter("PNG", settings={"compress_level": 9})

_ALL = ("icc_profile", "dpi", "exif", "xmp", "gamma", "chromaticity", "cicp", "aspect", "text")

FORMATS = (
    Format(
        ("png",),
        _png,
        keeps=_ALL,
        longest_profile=MAX_PROFILE,
        parameters=(
            *("bits", "compress_level", "compress_type", "dictionary", "dpi", "exif"),
            *("icc_profile", "level", "optimize", "pnginfo", "threads", "transparency"),
        ),
        planned=True,
    ),
    Format(("kmc",), _kmc, keeps=_ALL, parameters=("level", "threads")),
    # With optimize, Pillow would drop and reorder palette entries.
    Format(
        ("gif",),
        PillowWriter("GIF", settings={"optimize": False, "interlace": 0}),
        max_colors=256,
        alpha="one clear",
        parameters=("comment", "interlace", "optimize", "transparency"),
    ),
    Format(
        ("webp",),
        PillowWriter("WEBP", palette=False, settings={"lossless": True, "exact": True}),
        keeps=("icc_profile", "exif", "xmp"),
        parameters=(
            *("alpha_quality", "exact", "exif", "icc_profile", "lossless", "method", "quality"),
            "xmp",
        ),
    ),
    Format(
        ("tiff", "tif"),
        _tiff,
        keeps=("icc_profile", "dpi", "exif", "xmp"),
        parameters=(
            *("artist", "big_tiff", "compression", "copyright", "date_time", "description", "dpi"),
            *("exif", "icc_profile", "quality", "software", "strip_size", "tiffinfo"),
        ),
    ),
    Format(("bmp",), _bmp, keeps=("dpi",), alpha="none", parameters=("dpi",)),
    Format(
        ("jxl",),
        PillowWriter("JXL", palette=False, settings={"lossless": True}, plugin="pillow_jxl"),
        keeps=("exif", "xmp"),
        parameters=("decoding_speed", "effort", "exif", "lossless", "quality", "xmp"),
    ),
    Format(
        ("avif",),
        PillowWriter("AVIF", palette=False, settings={"quality": 90, "subsampling": "4:4:4"}),
        keeps=("icc_profile", "exif", "xmp"),
        parameters=(
            *("advanced", "alpha_premultiplied", "autotiling", "codec", "exif", "icc_profile"),
            *("max_threads", "quality", "range", "speed", "subsampling", "tile_cols"),
            *("tile_rows", "xmp"),
        ),
        loss="Pillow writes AVIF in YUV, which changes colours by a few levels even at the best "
        "quality; png, webp and jxl are exact",
    ),
    Format(
        ("jpg", "jpeg"),
        PillowWriter(
            "JPEG",
            palette=False,
            settings={"quality": 95, "subsampling": 0, "optimize": True},
        ),
        keeps=("icc_profile", "dpi", "exif", "xmp"),
        longest_block=65000,
        alpha="none",
        parameters=(
            *("comment", "dpi", "exif", "extra", "icc_profile", "keep_rgb", "optimize"),
            *("progressive", "qtables", "quality", "restart_marker_blocks"),
            *("restart_marker_rows", "smooth", "streamtype", "subsampling", "xmp"),
        ),
        loss="JPEG blurs the flat colours into thousands of others, and the file is usually "
        "larger than the png, which is exact",
    ),
)

# How to do without the alpha that a format cannot hold.
_WITHOUT_ALPHA = {
    "none": "lay the image over a colour first: kmc.read(image, background='#ffffff')",
    "one clear": "round alpha first: kmc.read(image, alpha_threshold=128), or 'dither'",
}


def _listed(holds: Callable[[Format], bool]) -> str:
    """The names of the formats that hold something, as "png, webp and tiff"."""
    *names, last = (kind.name for kind in FORMATS if holds(kind))
    return f"{', '.join(names)} and {last}"


def _holding_alpha() -> str:
    return _listed(lambda kind: kind.alpha == "all")


_BY_SUFFIX = {suffix: kind for kind in FORMATS for suffix in kind.suffixes}


def write(
    indices: Indices,
    colors: Colors,
    metadata: Metadata | None,
    target: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    *,
    plan: Plan | None = None,
    **params: Any,
) -> None:
    """Write an indexed image to a file; see `kmc.IndexedImage.save`.

    `plan` is how its rows compress best in PNG, if that is known.
    """
    kind = find_format(target, format)
    if isinstance(target, str | os.PathLike):
        name = path_name(target)
        data = encode(indices, colors, metadata, kind, name, plan=plan, **params)
        with writing(name):
            replace(name, data)
    else:
        data = encode(indices, colors, metadata, kind, "the file object given", plan=plan, **params)
        with writing("the file object given"):
            target.write(data)


def find_format(target: object, format: str | None = None) -> Format:
    """The format that `format` names, or else the suffix of `target`.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        There is no such format, or neither `format` nor a suffix.
    """
    known = ", ".join(kind.name for kind in FORMATS)
    if format is not None:
        if not isinstance(format, str):
            raise ArgumentTypeError(f"format must be a string, not {type(format).__name__}")
        wanted, said = format.removeprefix("."), f"format {format!r}"
    elif isinstance(target, str | os.PathLike):
        path = path_name(target)
        wanted = os.path.splitext(path)[1].removeprefix(".")
        said = f"{path}: suffix {'.' + wanted!r}" if wanted else f"{path}: a name without a suffix"
    elif hasattr(target, "write"):
        raise ArgumentError(f"a file object has no suffix: pass format=, one of {known}")
    else:
        raise ArgumentTypeError(f"expected a path or a file object, got {type(target).__name__}")
    kind = _BY_SUFFIX.get(wanted.lower())
    if kind is None:
        raise ArgumentError(f"{said} is no format kmc writes; it writes {known}")
    return kind


def format_of_suffix(path: str) -> Format | None:
    """The format that the suffix of a path names, if it is that of one."""
    return _BY_SUFFIX.get(os.path.splitext(path)[1].removeprefix(".").lower())


def encode(
    indices: Indices,
    colors: Colors,
    metadata: Metadata | None,
    kind: Format,
    name: str = "the picture",
    *,
    plan: Plan | None = None,
    **params: Any,
) -> bytes:
    """Encode an indexed image as a file, called `name` in errors; `plan` is as for `write`.

    Raises
    ------
    ArgumentError
        More colours than the format can hold, alpha that it cannot hold, or a parameter that its
        encoder does not have.
    FileWriteError
        Pillow refuses `params` or the size of the picture.

    Warns
    -----
    FormatWarning
        The format is lossy, or cannot store the colour profile.
    """
    if kind.encode is None:
        raise ArgumentError(f"{name}: {kind.name} is no single file: kmc quantize writes it")
    k = len(colors)
    if k > kind.max_colors:
        raise ArgumentError(
            f"{name}: {kind.name} holds at most {kind.max_colors} colours, and these are {k}"
        )
    if problem := kind.alpha_problem(colors):
        refusal = ArgumentError(f"{name}: {problem}")
        refusal.add_note(_WITHOUT_ALPHA[kind.alpha])
        raise refusal
    _check_parameters(params, kind, name)
    if kind.loss:
        warnings.warn(f"{name}: {kind.loss}", FormatWarning, stacklevel=4)  # who called save()
    kept = kept_metadata(metadata, kind, name) if metadata else Metadata()
    if plan is not None and kind.planned:
        params = params | {"plan": plan}
    with writing(name):
        return kind.encode(indices, colors, kept, params)


def file_size(
    indices: Indices,
    colors: Colors,
    metadata: Metadata | None,
    kind: Format,
    threads: int,
    plan: Plan | None = None,
) -> int:
    """The bytes of the file that `encode` makes; saving will tell what the format has no place for.

    Raises as `encode` does.
    """
    kept, _ = storable(metadata or Metadata(), kind)
    params: dict[str, Any] = {"threads": threads} if "threads" in kind.parameters else {}
    return len(encode(indices, colors, kept, kind, plan=plan, **params))


def _check_parameters(params: dict[str, Any], kind: Format, name: str) -> None:
    for each in params:
        if each in ("lossy", "max_bytes"):
            raise ArgumentError(
                f"{name}: {each} needs the original, which an indexed image does not hold: "
                f'kmc.quantize(image, {each}=..., format="{kind.name}")'
            )
        if each not in kind.parameters:
            taken = ", ".join(kind.parameters) or "none"
            raise ArgumentError(
                f"{name}: the encoder of {kind.name} has no parameter {each!r}; it takes {taken}"
            )


def kept_metadata(metadata: Metadata, kind: Format, name: str) -> Metadata:
    """The part of the metadata that a format can hold, with a warning of what changes the look."""
    kept, losses = storable(metadata, kind)
    for loss in losses:
        _warn(f"{name}: {loss}")
    return kept


def storable(metadata: Metadata, kind: Format) -> tuple[Metadata, list[str]]:
    """The part of the metadata that a format can hold, and what to tell of the rest."""
    losses = []
    fields = {field: getattr(metadata, field) for field in kind.keeps}
    profile, longest = metadata.icc_profile, kind.longest_profile
    too_long = profile is not None and longest is not None and len(profile) > longest
    if too_long:
        fields["icc_profile"] = None
    for block in ("exif", "xmp"):
        size = len(fields.get(block) or b"")
        if kind.longest_block is not None and size > kind.longest_block:
            fields[block] = None
            losses.append(
                f"{kind.name} holds at most {kind.longest_block} bytes of {block.upper()}, "
                f"and this has {size}, which are left out"
            )
    kept = Metadata(**fields)
    if kept.is_srgb and not metadata.is_srgb:
        reason = f"{kind.name} has no place for the picture's colour profile"
        others = f"; {_listed(lambda kind: 'icc_profile' in kind.keeps)} keep it"
        if too_long:
            size = len(profile or b"")
            reason = f"{kind.name} holds profiles of {longest} bytes at most, and this has {size}"
            long = _listed(lambda kind: "icc_profile" in kind.keeps and not kind.longest_profile)
            others = f"; {long} keep it"
        elif metadata.cicp is not None:
            reason = f"{kind.name} has no place for the code points of the picture's colour space"
            others = f"; {_listed(lambda kind: 'cicp' in kind.keeps)} keep them"
        losses.append(f"{reason}, so that its colours will look different{others}")
    lost = {"aspect": "the shape of its pixels", "text": "its text"}
    lost = {each: called for each, called in lost.items() if getattr(metadata, each)}
    if missing := [called for each, called in lost.items() if not getattr(kept, each)]:
        others = _listed(lambda kind: {"aspect", "text"} <= set(kind.keeps))
        losses.append(f"{kind.name} has no place for {' and '.join(missing)}; {others} do")
    return kept, losses


def _warn(message: str) -> None:
    warnings.warn(message, FormatWarning, stacklevel=6)  # who called save()
