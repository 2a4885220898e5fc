"""The jobs of ``kmc quantize``: each image is read, scaled, quantized, encoded and written."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

import kmc
from kmc.cli.console import size_change, working_on
from kmc.cli.exit_codes import Exit, code_of
from kmc.cli.inputs import STDIO, Input
from kmc.cli.iterations import error_label, iteration_printer
from kmc.cli.opening import Opened, Opener, check_mask
from kmc.cli.originals import Original, content, original_of
from kmc.cli.outputs import (
    Naming,
    display_name,
    exists_error,
    is_same_file,
    is_up_to_date,
    write,
)
from kmc.cli.redrawing import posterized, without_unused
from kmc.cli.report import Outcome, larger_message
from kmc.display.wording import color_count
from kmc.errors import (
    ArgumentError,
    ImageNotFoundError,
    ImageReadError,
    KmcError,
    QualityError,
    SizeError,
)
from kmc.formats.registry import Format, encode
from kmc.images.reading import Picture
from kmc.streaming.opening import is_large
from kmc.streaming.sinks import ZARR
from kmc.utils.os_errors import reading

Optimizer = Callable[[bytes], bytes]
Leaving = Literal["never", "as good", "reduced"]


@dataclass(frozen=True)
class Job:
    """An input, the name of its output, and why that cannot be written, where it is known."""

    source: Input
    target: str
    conflict: str = ""


@dataclass(frozen=True)
class Pipeline:
    """What is done in every job of one call of the program.

    Attributes
    ----------
    naming, format : Naming, Format
        Of the outputs.
    writing : context manager
        Entered while a file is written.
    opener : Opener
        Of the inputs.
    palette : Palette, optional
        The palette of all images; by default each gets its own, of `k` colours.
    order : str, optional
        The order of palettes that was asked for, or "none".
    fit, remap : dict
        Further arguments of `kmc.fit`, and of `Palette.remap`.
    posterize : int
        How many bits a channel of the palette does without.
    settings : dict
        Parameters of the format's writer.
    keep : bool
        Whether metadata is kept.
    optimizer : callable, optional
        Makes an encoded file smaller.
    leaving : {"never", "as good", "reduced"}
        Which files of few enough colours are left as they are: those that are as good as the
        result; or all that look reduced, since of them no other result is wanted.
    skip_if_larger, dry_run, check, if_newer, preserve, verbose : bool
        As on the command line.
    scheduler : str, optional
        The address of the scheduler of a Dask cluster that does the work.
    shows_bands : bool
        Whether the progress of a picture that is read in bands is shown.
    one_stream : context manager
        Entered while such a picture is read and written.
    """

    naming: Naming
    format: Format
    writing: AbstractContextManager[Any]
    opener: Opener
    k: int = 256
    palette: kmc.Palette | None = None
    order: str | None = None
    fit: dict[str, Any] = field(default_factory=dict)
    remap: dict[str, Any] = field(default_factory=dict)
    posterize: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    keep: bool = True
    optimizer: Optimizer | None = None
    leaving: Leaving = "as good"
    skip_if_larger: bool = False
    dry_run: bool = False
    check: bool = False
    if_newer: bool = False
    preserve: bool = False
    verbose: bool = False
    scheduler: str | None = None
    shows_bands: bool = False
    one_stream: AbstractContextManager[Any] = field(default_factory=threading.Lock)

    def run(self, job: Job) -> Outcome:
        """Do one job; an error is part of the outcome."""
        outcome = Outcome(job.source.path, job.target)
        started = time.perf_counter()
        try:
            with working_on(job.source.name, display_name(job.target)):
                job.source.check()
                if job.conflict:
                    raise exists_error(job.conflict)
                if self.if_newer and is_up_to_date(job.source, job.target):
                    outcome.up_to_date = True
                else:
                    self.naming.check(job.target, is_beside=self.naming.output is None)
                    self.naming.check_ending(job.target, self.format)
                    self._run(job.source, outcome)
        except KmcError as error:
            outcome.code = code_of(error)
            outcome.message = str(error)
        outcome.seconds = time.perf_counter() - started
        return outcome

    def _run(self, source: Input, outcome: Outcome) -> None:
        if self.scheduler is not None:
            from kmc.cli.cluster import quantize_on_cluster  # slow to import, and seldom needed

            quantize_on_cluster(self, source, outcome)
            return
        like = self._status(source)
        raster = self.opener.raster(source)
        if self.format is ZARR or (raster is not None and is_large(raster)):
            from kmc.cli.streaming import stream  # slow to import, and seldom needed

            stream(self, source, raster, outcome, like)
            return
        opened = self.opener.open(source, raster)
        outcome.before = outcome.after = opened.n_bytes
        outcome.height, outcome.width = opened.picture.pixels.shape[:2]
        original = None
        if self.leaving != "never":
            original = original_of(opened, self.format, keep_metadata=self.keep)
        if original is not None and self.leaving == "reduced" and original.looks_reduced:
            n_colors = len(kmc.histogram(opened.picture, threads=self.remap.get("threads")))
            if n_colors <= self.k:
                outcome.colors, outcome.unchanged = n_colors, True
        data = b"" if outcome.unchanged else self._result(opened, original, source, outcome)
        if outcome.code != Exit.DONE or self.dry_run or self.check:
            return
        if outcome.unchanged:
            if is_same_file(source, outcome.target):
                return
            data = content(opened)
        folder, overwrite = self.naming.folder, self.naming.overwrite
        with self.writing:
            write(outcome.target, data, within=folder, overwrite=overwrite, like=like)

    def _result(
        self, opened: Opened, original: Original | None, source: Input, outcome: Outcome
    ) -> bytes:
        """The encoded result; the outcome says what it is like, or why it is not to be written."""
        try:
            image = self._quantized(opened.picture, source.name)
        except (QualityError, SizeError):
            self._pass_on(opened, outcome.target)
            raise
        outcome.colors = len(image.palette)
        outcome.mse, outcome.psnr, outcome.iterations = image.mse, image.psnr, image.n_iter
        data = self._encoded(image, display_name(outcome.target))
        outcome.after = len(data)
        outcome.unchanged = (original is not None and original.is_as_good_as(image, len(data))) or (
            outcome.after == outcome.before and data == content(opened)
        )
        if outcome.unchanged:
            outcome.after = outcome.before
        elif self.skip_if_larger and outcome.after > outcome.before:
            self._refuse_larger(opened, source, outcome)
        elif self.check:
            outcome.code = Exit.FAILED
            sizes = size_change(outcome.before, outcome.after)
            outcome.message = (
                f"{source.name}: would change: {sizes}, {color_count(outcome.colors)}; "
                "--check writes nothing"
            )
        return data

    def _refuse_larger(self, opened: Opened, source: Input, outcome: Outcome) -> None:
        if self.check:
            outcome.unchanged = True
            return
        self._pass_on(opened, outcome.target)
        outcome.code = Exit.LARGER
        outcome.message = larger_message(source.name, outcome)

    def _pass_on(self, opened: Opened, target: str) -> None:
        """Write the original to standard output where there is no result: filters lose nothing."""
        if target != STDIO or self.dry_run or self.check:
            return
        if original_of(opened, self.format, keep_metadata=True) is not None:
            with self.writing:
                write(target, content(opened))

    def _status(self, source: Input) -> os.stat_result | None:
        """The status of an input whose permissions and time stamps its output gets."""
        if not self.preserve:
            return None
        with reading(source.name, ImageReadError, ImageNotFoundError):
            return os.stat(source.path)

    def _encoded(self, image: kmc.IndexedImage, name: str) -> bytes:
        kept, colors = image.metadata if self.keep else None, image.palette.colors
        if problem := self.format.alpha_problem(colors):
            options = "--background COLOR removes alpha"
            if self.format.alpha == "one clear":
                options += ", --alpha-threshold N rounds it, or dithers it"
            raise ArgumentError(f"{name}: {problem}; {options}")
        data = encode(
            image.indices, colors, kept, self.format, name, plan=image._png_plan, **self.settings
        )
        return data if self.optimizer is None else self.optimizer(data)

    def _quantized(self, picture: Picture, name: str) -> kmc.IndexedImage:
        if self.palette is not None:
            return self.palette.remap(picture, **self.remap)
        check_mask(self.fit, picture)
        if not self.keep and "max_bytes" in self.fit:
            picture = replace(picture, metadata=None)
        callback = None
        if self.verbose:
            mask, label = self.fit.get("importance"), error_label(self.fit.get("space"))
            total = picture.pixels.shape[0] * picture.pixels.shape[1]
            if mask is not None:
                total = kmc.histogram(picture, importance=mask).n_pixels
                label = f"weighted {label}"
            callback = iteration_printer(name, lambda: total, label)
        image = kmc.quantize(picture, self.k, callback=callback, **self.fit | self.remap)
        if self.posterize:
            return posterized(picture, image, self.posterize, **self.remap)
        if image.dither is None or "order" not in self.fit:
            return image
        counts = np.bincount(image.indices.ravel(), minlength=len(image.palette))
        kept = {name: self.fit[name] for name in ("order", "fixed") if name in self.fit}
        return image if counts.all() else without_unused(image, **kept)
