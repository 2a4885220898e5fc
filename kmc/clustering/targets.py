"""The smallest palette that reaches a target error.

The error falls with the number of colours k, so k is found by bisection. A prediction of the error
for every k, corrected after each fit, chooses the next k to try.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from kmc import core
from kmc.clustering.goals import Goal, psnr_of
from kmc.clustering.problem import Clustering, ClusteringProblem
from kmc.colors.quality import quality_of, seen_error
from kmc.colors.spaces import to_centroids
from kmc.errors import QualityError

# The prediction uses the errors of the first k of these k-means++ seeds, chosen from
# CELLS_PER_SEED times as many cells.
SEEDS = 512
CELLS_PER_SEED = 4

# The ratio of the final error to that of the seeds, as long as there has been no fit.
FINAL_OVER_SEEDS = 0.74

# The ratio of the final error to that of a rough fit, one that stops after the first search; and
# the maximum number of rough fits.
FINAL_OVER_ROUGH, ROUGH_FITS = 0.985, 3


def smallest_palette(problem: ClusteringProblem) -> Clustering:
    """Cluster with the smallest k that reaches the goal of the options, at most `options.k`.

    The result reaches the goal, and k - 1 colours do not. As clusterings are local optima, the
    error does not fall strictly with k, so a still smaller k may reach the goal by chance. After
    the deadline, k is the smallest one tried that reaches the goal, or else `options.k`.

    Raises
    ------
    QualityError
        Even `options.k` colours do not reach the lowest quality accepted.
    """
    given, options, goal = problem.given, problem.options, problem.options.goal
    assert goal is not None
    channels = given.colors.shape[1]
    wanted, required = (mse * given.n_pixels for mse in goal.limits(channels))
    min_k = max(options.n_fixed, 1)
    prediction = _ErrorPrediction(problem, min_k)
    prediction.refine(problem, goal, wanted, min_k)
    # Every step moves `low` up or `high` down, so there are at most k of them.
    low, high, run = min_k - 1, options.k + 1, 0
    watch = core.run.watch()
    best: Clustering | None = None
    last: Clustering | None = None
    while best is None or high - low > 1:
        k = _next_k(prediction.first_under(wanted, low + 1, high - 1), low, high, run)
        if watch.look():
            if best is not None:
                break
            k = options.k
        last = problem.solve(k)
        error = _measured(problem, goal, last)
        prediction.correct(k, error)
        if error <= wanted:
            high, best, run = k, last, min(run, 0) - 1
        elif k == options.k:
            break
        else:
            low, run = k, max(run, 0) + 1
    assert last is not None
    if best is None and error > required:
        raise _quality_error(goal, last, error / given.n_pixels, last.error / given.n_pixels)
    return best or last


def _measured(problem: ClusteringProblem, goal: Goal, found: Clustering) -> float:
    """The error that a goal limits, of all pixels."""
    if goal.measure != "quality":
        return found.error
    assert problem.unmerged is not None
    colors, counts, _ = problem.unmerged
    return seen_error(colors, counts, found.colors, found.labels)


def _next_k(predicted: int, low: int, high: int, run: int) -> int:
    """The predicted k, limited to the bracket; larger steps after several in one direction."""
    if run < -4:
        predicted = min(predicted, high - (1 << (-run - 4)))
    if run > 4:
        predicted = max(predicted, low + (1 << (run - 4)))
    return min(max(predicted, low + 1), high - 1)


def _quality_error(goal: Goal, last: Clustering, measured: float, mse: float) -> QualityError:
    k, channels = last.colors.shape
    psnr = psnr_of(mse, channels)
    reached = f"a PSNR of {psnr:.2f} dB (MSE {mse:.2f})"
    if goal.measure == "quality":
        reached = f"a quality of {quality_of(measured):.1f} (PSNR {psnr:.2f} dB)"
    return QualityError(
        f"{goal.description} is out of reach: {k} colours have {reached}",
        psnr=psnr,
        mse=mse,
        k=k,
    )


class _ErrorPrediction:
    """Predicts the error for any k: that of k seeds, times the ratio observed for other k.

    The error of k seeds is measured for some k, on cells, with the error within the cells added.
    Between these k, the inverse of the error is interpolated linearly. Logarithms would depend on
    the platform's mathematical library, and so would the k that are tried.
    """

    def __init__(self, problem: ClusteringProblem, min_k: int) -> None:
        options, n_fixed = problem.options, problem.options.n_fixed
        fixed = to_centroids(options.fixed, options.space)
        tree = problem.tree if isinstance(problem.tree, core.kmeans.Tree) else problem.tree.tree
        cells = tree.coarsen(CELLS_PER_SEED * SEEDS, options.threads)
        k = min(options.k, SEEDS + n_fixed, len(cells) + n_fixed)
        self.is_guess, self.ratios = True, {0: FINAL_OVER_SEEDS}
        self.ks: list[int] = []
        self.inverse_errors: list[float] = []
        if k <= n_fixed:
            return
        seeds = cells.seed_plusplus(k, options.seed % (1 << 64), options.threads, fixed)
        within = tree.label(seeds, options.threads)[2] - cells.label(seeds, options.threads)[2]
        for n in _geometric(min_k, k):
            error = cells.label(seeds[:n], options.threads)[2] + within
            self.ks.append(n)
            self.inverse_errors.append(1 / max(error, 1.0))

    def first_under(self, limit: float, low: int, high: int) -> int:
        """The smallest k in [low, high] whose predicted error is at most `limit`, else high."""
        while low < high:
            middle = (low + high) // 2
            if self._predicted(middle) <= limit:
                high = middle
            else:
                low = middle + 1
        return low

    def refine(self, problem: ClusteringProblem, goal: Goal, limit: float, min_k: int) -> None:
        """Correct the prediction by rough fits near the limit.

        The first ratio may be far off in colour spaces other than rgb, hence several fits.
        """
        options = problem.options
        if not options.effort.fine_cells:
            return
        effort = replace(options.effort, fine_cells=0, starts=1)
        rough, k = copy(problem), 0
        rough.options = replace(options, effort=effort, n_init=1, max_iter=1)
        for _ in range(ROUGH_FITS):
            if core.run.watch().look():
                break
            before, k = k, self.first_under(limit, min_k, options.k)
            if 8 * abs(k - before) <= k:
                break
            self.ratios.pop(0, None)
            error = _measured(rough, goal, rough.solve(k))
            self.ratios[k] = FINAL_OVER_ROUGH * error / self._seed_error(k)

    def correct(self, k: int, error: float) -> None:
        """Add the error of a complete fit; the first one replaces all estimates."""
        if self.is_guess:
            self.ratios.clear()
        self.is_guess = False
        self.ratios[k] = error / self._seed_error(k)

    def _predicted(self, k: int) -> float:
        below = max((tried for tried in self.ratios if tried <= k), default=min(self.ratios))
        above = min((tried for tried in self.ratios if tried >= k), default=max(self.ratios))
        ratio = _interpolated(k, below, above, self.ratios[below], self.ratios[above])
        return ratio * self._seed_error(k)

    def _seed_error(self, k: int) -> float:
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
    """Integers from first to last, each about 1.5 times the one before."""
    found = [first]
    while found[-1] < last:
        found.append(min(max(found[-1] + 1, found[-1] * 3 // 2), last))
    return found
