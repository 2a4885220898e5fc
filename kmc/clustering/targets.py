"""The fewest colours that reach a goal."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from kmc import _core
from kmc.clustering.fitting import Fitted, Fitter
from kmc.clustering.goals import Goal, psnr_of
from kmc.clustering.options import Options
from kmc.clustering.samples import Sample
from kmc.colors.spaces import places
from kmc.errors import QualityError

# So many nested seeds, drawn from cells, tell the shape of the curve of errors.
SEEDS = 512
SEED_CELLS = 4

# What is left of the error of seeds when centroids have come to rest: 0.66 to 0.79 over Kodak.
LEFT = 0.74

# What is left of the error after the first search: 0.975 to 0.99. In other spaces, whose errors are
# not those of the curve of seeds, one guess leads to another.
ROUGH, ROUGH_FITS = 0.985, 3


def fewest(one: Sample, options: Options) -> Fitted:
    """What `fitted` tells of the fewest colours that reach the goal of the options.

    So many reach it and one less does not, each fitted as by itself. The error falls with the
    number of colours, but for a wiggle of some thousandths, so that a smaller number may do by
    chance; none is looked for.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.clustering.options import checked_options
    >>> from kmc.clustering.samples import weighed
    >>> ramp = weighed(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), None, 1)
    >>> palette, _, error = fewest(ramp, checked_options(64, psnr=40))
    >>> len(palette) < 32, error / 256 <= 6.5025
    (True, True)
    """
    goal = options.goal
    assert goal is not None
    limit, must = goal.limits(one.counted.colors.shape[1])
    n = one.counted.n_pixels
    fitter = Fitter(one, options)
    least = max(options.n_fixed, 1)
    curve = _Curve(fitter, least)
    curve.learn_roughly(fitter, limit * n, least)
    low, high, step = least - 1, options.k + 1, 0
    best: Fitted | None = None
    last: Fitted | None = None
    while best is None or high - low > 1:
        k = _next(curve.first_under(limit * n, low + 1, high - 1), low, high, step)
        last = fitter.fitted(k)
        curve.learn(k, last[2])
        if last[2] / n <= limit:
            high, best, step = k, last, min(step, 0) - 1
        elif k == options.k:
            break
        else:
            low, step = k, max(step, 0) + 1
    assert last is not None
    if best is None and last[2] / n > must:
        raise _missed(goal, last, one)
    return best or last


def _next(k: int, low: int, high: int, step: int) -> int:
    """The number expected, or farther on where many steps in a row went the same way."""
    if step < -4:
        k = min(k, high - (1 << (-step - 4)))
    if step > 4:
        k = max(k, low + (1 << (step - 4)))
    return min(max(k, low + 1), high - 1)


def _missed(goal: Goal, last: Fitted, one: Sample) -> QualityError:
    palette, _, error = last
    mse = error / one.counted.n_pixels
    psnr = psnr_of(mse, one.counted.colors.shape[1])
    return QualityError(
        f"{goal.words} is out of reach: {len(palette)} colours come to a PSNR of {psnr:.2f} dB "
        f"(MSE {mse:.2f})",
        psnr=psnr,
        mse=mse,
        k=len(palette),
    )


class _Curve:
    """The error that a number of colours is expected to leave.

    That of as many seeds, times what was left of it at the numbers tried. Between the numbers of
    seeds measured it is inverse errors that lie on straight lines. No logarithms: what is tried
    must not depend on whose library takes them. Seeds are measured on their cells, which is quick;
    what colours lose within cells is the same for all.
    """

    def __init__(self, fitter: Fitter, least: int) -> None:
        options, n_fixed = fitter.options, fitter.options.n_fixed
        fixed = places(options.fixed, options.space)
        tree = fitter.tree if isinstance(fitter.tree, _core.Tree) else fitter.tree.tree
        cells = tree.coarsen(SEED_CELLS * SEEDS, options.threads)
        k = min(options.k, SEEDS + n_fixed, len(cells) + n_fixed)
        self.guessed, self.left = True, {0: LEFT}
        self.ks: list[int] = []
        self.inverse: list[float] = []
        if k <= n_fixed:
            return
        seeds = cells.seed_plusplus(k, options.seed % (1 << 64), options.threads, fixed)
        within = tree.label(seeds, options.threads)[2] - cells.label(seeds, options.threads)[2]
        for n in _spread(least, k):
            error = cells.label(seeds[:n], options.threads)[2] + within
            self.ks.append(n)
            self.inverse.append(1 / max(error, 1.0))

    def first_under(self, limit: float, low: int, high: int) -> int:
        """The least number from low to high that is expected to leave no more, or else high."""
        while low < high:
            middle = (low + high) // 2
            if self.expected(middle) <= limit:
                high = middle
            else:
                low = middle + 1
        return low

    def learn_roughly(self, fitter: Fitter, limit: float, least: int) -> None:
        """From fits that stop after the first search, where the limit is expected.

        These take a third of the time, and their errors tell those of whole ones within 1 %.
        """
        if not fitter.options.effort.fine_cells:
            return
        effort = replace(fitter.options.effort, fine_cells=0, starts=1)
        rough, k = copy(fitter), 0
        rough.options = replace(fitter.options, effort=effort, n_init=1, max_iter=1)
        for _ in range(ROUGH_FITS):
            before, k = k, self.first_under(limit, least, fitter.options.k)
            if 8 * abs(k - before) <= k:
                break
            self.left.pop(0, None)
            self.left[k] = ROUGH * rough.fitted(k)[2] / self._of_seeds(k)

    def learn(self, k: int, error: float) -> None:
        if self.guessed:
            self.left.clear()
        self.guessed = False
        self.left[k] = error / self._of_seeds(k)

    def expected(self, k: int) -> float:
        below = max((tried for tried in self.left if tried <= k), default=min(self.left))
        above = min((tried for tried in self.left if tried >= k), default=max(self.left))
        left = _between(k, below, above, self.left[below], self.left[above])
        return left * self._of_seeds(k)

    def _of_seeds(self, k: int) -> float:
        ks, inverse = self.ks, self.inverse
        if len(ks) < 2:
            return 1.0
        i = 1
        while i < len(ks) - 1 and ks[i] < k:
            i += 1
        return 1 / max(_between(k, ks[i - 1], ks[i], inverse[i - 1], inverse[i]), inverse[0])


def _between(k: int, a: int, b: int, at_a: float, at_b: float) -> float:
    """On the straight line through two points."""
    return at_a if a == b else at_a + (at_b - at_a) * (k - a) / (b - a)


def _spread(first: int, last: int) -> list[int]:
    """Numbers that are about half as large again, both ends among them."""
    found = [first]
    while found[-1] < last:
        found.append(min(max(found[-1] + 1, found[-1] * 3 // 2), last))
    return found
