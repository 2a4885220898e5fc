"""The smallest palette that reaches a target error.

The error falls with the number of colours k, so k is bracketed from both sides. A prediction of the
error for every k, corrected after each fit, says which k to try next.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from kmc.clustering.goals import Goal, psnr_of
from kmc.clustering.options import Options
from kmc.clustering.problem import Clustering, ClusteringProblem
from kmc.clustering.weighted_colors import WeightedColors
from kmc.colors.spaces import to_centroids
from kmc.core import _core
from kmc.errors import QualityError

# The prediction comes from the errors of so many nested seeds, drawn from cells of colours.
SEEDS = 512
SEED_CELLS = 4

# Error after convergence over error of the seeds, before any fit has been made.
CONVERGED_OVER_SEEDS = 0.74

# Error after convergence over error after the first search, and how many fits that stop there are
# made. They take a third of the time of whole ones.
CONVERGED_OVER_ROUGH, ROUGH_FITS = 0.985, 3


def smallest_palette(given: WeightedColors, options: Options) -> Clustering:
    """Cluster with the smallest k that reaches the goal of the options, `options.k` at most.

    The k found reaches the goal and k - 1 does not, each clustered on its own. Since local optima
    make the error fluctuate slightly, a still smaller k may reach it by chance. Once the deadline
    has passed, it is the smallest k known to reach the goal, or else `options.k`.

    Raises
    ------
    QualityError
        Even `options.k` colours miss the minimum.
    """
    goal = options.goal
    assert goal is not None
    channels = given.colors.shape[1]
    wanted, required = (mse * given.n_pixels for mse in goal.limits(channels))
    problem = ClusteringProblem(given, options)
    least = max(options.n_fixed, 1)
    prediction = _ErrorPrediction(problem, least)
    prediction.refine_roughly(problem, wanted, least)
    # Every step moves `low` up or `high` down, so there are at most k of them.
    low, high, run = least - 1, options.k + 1, 0
    watch = _core.watch()
    best: Clustering | None = None
    last: Clustering | None = None
    while best is None or high - low > 1:
        k = _next_k(prediction.first_under(wanted, low + 1, high - 1), low, high, run)
        if watch.look():
            if best is not None:
                break
            k = options.k
        last = problem.solve(k)
        prediction.correct(k, last.error)
        if last.error <= wanted:
            high, best, run = k, last, min(run, 0) - 1
        elif k == options.k:
            break
        else:
            low, run = k, max(run, 0) + 1
    assert last is not None
    if best is None and last.error > required:
        raise _missed(goal, last, given)
    return best or last


def _next_k(predicted: int, low: int, high: int, run: int) -> int:
    """The predicted k within the bracket, or farther after a run of steps in one direction."""
    if run < -4:
        predicted = min(predicted, high - (1 << (-run - 4)))
    if run > 4:
        predicted = max(predicted, low + (1 << (run - 4)))
    return min(max(predicted, low + 1), high - 1)


def _missed(goal: Goal, last: Clustering, given: WeightedColors) -> QualityError:
    k, channels = last.colors.shape
    mse = last.error / given.n_pixels
    psnr = psnr_of(mse, channels)
    return QualityError(
        f"{goal.words} is out of reach: {k} colours come to a PSNR of {psnr:.2f} dB "
        f"(MSE {mse:.2f})",
        psnr=psnr,
        mse=mse,
        k=k,
    )


class _ErrorPrediction:
    """The error expected of every k: that of k seeds, times the ratio seen at the k already tried.

    Between the numbers of seeds that were measured, the inverse of the error is interpolated
    linearly; no logarithms, since the k that are tried must not depend on a mathematical library.
    Seeds are measured on their cells, which is quick, plus the error within the cells.
    """

    def __init__(self, problem: ClusteringProblem, least: int) -> None:
        options, n_fixed = problem.options, problem.options.n_fixed
        fixed = to_centroids(options.fixed, options.space)
        tree = problem.tree if isinstance(problem.tree, _core.Tree) else problem.tree.tree
        cells = tree.coarsen(SEED_CELLS * SEEDS, options.threads)
        k = min(options.k, SEEDS + n_fixed, len(cells) + n_fixed)
        self.is_guess, self.ratios = True, {0: CONVERGED_OVER_SEEDS}
        self.ks: list[int] = []
        self.inverse_errors: list[float] = []
        if k <= n_fixed:
            return
        seeds = cells.seed_plusplus(k, options.seed % (1 << 64), options.threads, fixed)
        within = tree.label(seeds, options.threads)[2] - cells.label(seeds, options.threads)[2]
        for n in _geometric(least, k):
            error = cells.label(seeds[:n], options.threads)[2] + within
            self.ks.append(n)
            self.inverse_errors.append(1 / max(error, 1.0))

    def first_under(self, limit: float, low: int, high: int) -> int:
        """The smallest k from low to high whose expected error is at most the limit, else high."""
        while low < high:
            middle = (low + high) // 2
            if self._expected(middle) <= limit:
                high = middle
            else:
                low = middle + 1
        return low

    def refine_roughly(self, problem: ClusteringProblem, limit: float, least: int) -> None:
        """Correct the ratio by fits that stop after the first search, near the limit.

        In colour spaces other than rgb one guess leads to another, hence several.
        """
        options = problem.options
        if not options.effort.fine_cells:
            return
        effort = replace(options.effort, fine_cells=0, starts=1)
        rough, k = copy(problem), 0
        rough.options = replace(options, effort=effort, n_init=1, max_iter=1)
        for _ in range(ROUGH_FITS):
            if _core.watch().look():
                break
            before, k = k, self.first_under(limit, least, options.k)
            if 8 * abs(k - before) <= k:
                break
            self.ratios.pop(0, None)
            self.ratios[k] = CONVERGED_OVER_ROUGH * rough.solve(k).error / self._of_seeds(k)

    def correct(self, k: int, error: float) -> None:
        """Note the error that a whole fit came to; the first one replaces all guesses."""
        if self.is_guess:
            self.ratios.clear()
        self.is_guess = False
        self.ratios[k] = error / self._of_seeds(k)

    def _expected(self, k: int) -> float:
        below = max((tried for tried in self.ratios if tried <= k), default=min(self.ratios))
        above = min((tried for tried in self.ratios if tried >= k), default=max(self.ratios))
        ratio = _interpolated(k, below, above, self.ratios[below], self.ratios[above])
        return ratio * self._of_seeds(k)

    def _of_seeds(self, k: int) -> float:
        ks, inverse = self.ks, self.inverse_errors
        if len(ks) < 2:
            return 1.0
        i = 1
        while i < len(ks) - 1 and ks[i] < k:
            i += 1
        return 1 / max(_interpolated(k, ks[i - 1], ks[i], inverse[i - 1], inverse[i]), inverse[0])


def _interpolated(k: int, a: int, b: int, at_a: float, at_b: float) -> float:
    return at_a if a == b else at_a + (at_b - at_a) * (k - a) / (b - a)


def _geometric(first: int, last: int) -> list[int]:
    """Numbers that grow by about half, from first to last, both included."""
    found = [first]
    while found[-1] < last:
        found.append(min(max(found[-1] + 1, found[-1] * 3 // 2), last))
    return found
