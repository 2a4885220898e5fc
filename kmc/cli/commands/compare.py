"""``kmc compare``: how much two pictures differ."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import STDIO, single_input
from kmc.cli.layout import Command
from kmc.cli.options import group, named
from kmc.cli.parameter_types import real
from kmc.errors import ImageShapeError, OutOfMemoryError

if TYPE_CHECKING:
    from kmc.images.similarity import Similarity


@click.command(cls=Command)
@named("first")
@named("second")
@group(
    "Thresholds, beyond which the exit code is 1",
    ("--max-mse X", "The highest MSE.", {"type": real(0)}),
    ("--min-psnr DB", "The lowest PSNR, in dB.", {"type": real(0)}),
    ("--min-ssim X", "The lowest SSIM, at most 1.", {"type": real(-1, 1)}),
    ("--max-error N", "The largest difference of any value.", {"type": real(0)}),
    ("--min-quality Q", "The lowest quality, 0 to 100.", {"type": real(0, 100)}),
    ("--min-ssimulacra2 X", "The lowest SSIMULACRA2, at most 100.", {"type": real(-1000, 100)}),
)
@group(
    "Other options",
    ("--ssimulacra2", "Measure SSIMULACRA2, too: an extra package, slow.", {}),
    ("--json", "One line of JSON.", {"dest": "as_json"}),
    ("-q --quiet", "Print nothing: the exit code is the result.", {}),
)
def compare(
    first: str,
    second: str,
    max_mse: float | None,
    min_psnr: float | None,
    min_ssim: float | None,
    max_error: float | None,
    min_quality: float | None,
    min_ssimulacra2: float | None,
    ssimulacra2: bool,
    as_json: bool,
    quiet: bool,
) -> Exit:
    """Measure the difference between two pictures of the same size.

    The mean squared error is summed over the channels; the PSNR is that of its mean over the
    channels; the quality is for what people see, 0 to 100, on the scale of kmc quantize; the SSIM
    is that of Wang et al. 2004, averaged over the channels. Either picture may be - for standard
    input.

    \b
      kmc compare photo.png photo-kmc.png
      kmc compare photo.png photo-kmc.png --min-psnr 35 || echo too coarse
    """
    from kmc.cli.opening import Opener
    from kmc.images import ssimulacra2 as index
    from kmc.images.similarity import similarity

    if first == second == STDIO:
        raise click.UsageError("standard input holds one picture: name a file for the other")
    if as_json and quiet:
        raise click.UsageError("--json and --quiet exclude each other")
    if ssimulacra2 and quiet:
        raise click.UsageError("--ssimulacra2 and --quiet exclude each other: nothing is printed")
    if quiet:
        warnings.simplefilter("ignore")
    sources = [single_input(name) for name in (first, second)]
    a, b = (Opener()(source).pixels for source in sources)
    names = f"{sources[0].name} and {sources[1].name}"
    seen = None
    try:
        found = similarity(a, b)
        if ssimulacra2 or min_ssimulacra2 is not None:
            seen = index.ssimulacra2(a, b)
    except ImageShapeError as error:
        raise ImageShapeError(f"{names} {error}") from error
    except MemoryError as error:
        raise OutOfMemoryError(f"{names}: not enough memory") from error
    if as_json:
        console.result(_json(found, seen))
    elif not quiet:
        console.result(_sentence(found, seen))
    beyond = (
        (max_mse is not None and found.mse > max_mse)
        or (min_psnr is not None and found.psnr < min_psnr)
        or (min_ssim is not None and not found.ssim >= min_ssim)
        or (max_error is not None and found.max_error > max_error)
        or (min_quality is not None and found.quality < min_quality)
        or (min_ssimulacra2 is not None and not (seen or 0) >= min_ssimulacra2)
    )
    return Exit.FAILED if beyond else Exit.DONE


def _json(found: Similarity, seen: float | None) -> str:
    figures = {name: getattr(found, name) for name in ("mse", "psnr", "quality", "ssim")}
    if seen is not None:
        figures["ssimulacra2"] = seen
    finite = {name: value if math.isfinite(value) else None for name, value in figures.items()}
    return console.json_line(finite | {"max_error": found.max_error})


def _sentence(found: Similarity, seen: float | None) -> str:
    ssim = "none under 11 pixels" if math.isnan(found.ssim) else f"{found.ssim:.4f}"
    more = ""
    if seen is not None:
        figure = "none under 8 pixels" if math.isnan(seen) else f"{seen:.1f}"
        more = f", SSIMULACRA2 {figure}"
    return (
        f"MSE {found.mse:.2f}, PSNR {found.psnr:.2f} dB, quality {found.quality:.1f}, "
        f"SSIM {ssim}, largest error {found.max_error}{more}"
    )
