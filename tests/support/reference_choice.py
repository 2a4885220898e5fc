"""Choosing indices by what they cost, in plain Python: every candidate compared, one at a time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MIN_LENGTH, MAX_LENGTH, WINDOW = 3, 258, 1 << 15
SEGMENT, UPDATE, NICE = 512, 256, 48
NEAR, LIKELY, PLACES = 24, 3, 2
FORBIDDEN = 65535

LENGTH_BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83,
                99, 115, 131, 163, 195, 227, 258]  # fmt: skip
LENGTH_BITS = [0] * 8 + [bits for bits in range(1, 6) for _ in range(4)] + [0]
DISTANCE_BITS = [0, 0] + [bits for bits in range(14) for _ in range(2)]
DISTANCE_BASES = [1 + sum(1 << bits for bits in DISTANCE_BITS[:code]) for code in range(30)]


def log2(number: int) -> int:
    """The logarithm of a number of at most 32 bits in 64ths, rounded down.

    As the engine computes it: squared six times with 31 bits of fraction.
    """
    whole = number.bit_length() - 1
    mantissa, result = number << (31 - whole), whole
    for _ in range(6):
        mantissa = mantissa * mantissa >> 31
        passed = mantissa >> 32 != 0
        mantissa >>= passed
        result = 2 * result + passed
    return result


def bits_of(counts: list[int]) -> list[int]:
    whole = log2(1 + sum(counts))
    return [min(max(whole - log2(max(count, 1)), 64), 14 * 64) for count in counts]


def code_of(value: int, bases: list[int]) -> int:
    return max(code for code, base in enumerate(bases) if base <= value)


class Costs:
    """What symbols cost, by how often they were chosen."""

    def __init__(self, nearest: list[int], bit: int) -> None:
        self.bit = bit
        first = nearest[: 1 << 16]
        self.literals = [0] * 256
        for index in first:
            self.literals[index] += 1 + (1 << 16) // len(first)
        self.lengths = [(1 << 14) // (i + 1) for i in range(29)]
        self.distances = [(1 << 10) * (i + 1) for i in range(30)]
        self.update()

    def update(self) -> None:
        bits = bits_of(self.literals + self.lengths)
        self.literal = [self.bit * each >> 10 for each in bits[:256]]
        self.length = [
            self.bit * (each + 64 * extra) >> 10
            for each, extra in zip(bits[256:], LENGTH_BITS, strict=True)
        ]
        self.distance = [
            self.bit * (each + 64 * extra) >> 10
            for each, extra in zip(bits_of(self.distances), DISTANCE_BITS, strict=True)
        ]
        for counts in (self.literals, self.lengths, self.distances):
            counts[:] = [count - (count >> 6) for count in counts]

    def of_match(self, length: int, distance: int) -> int:
        return self.of_distance(distance) + self.length[code_of(length, LENGTH_BASES)]

    def of_distance(self, distance: int) -> int:
        return self.distance[code_of(distance, DISTANCE_BASES)]


class Node(NamedTuple):
    """The cheapest way found to a pixel of a segment: its cost and all its indices, and the last
    step: its length, and its distance if it is a match; and the distance of the latest match."""

    cost: int
    way: tuple[int, ...]
    length: int
    distance: int
    last: int


class _Choice:
    """What is chosen from, as `core.lossy.Choice` has it."""

    def __init__(
        self,
        nearest: NDArray[np.uint8],
        points: NDArray[np.int16],
        entries: NDArray[np.int16],
        kinds: NDArray[np.uint8],
        price: int,
        reach: int,
        weights: NDArray[np.uint16] | None,
    ) -> None:
        self.nearest = nearest.ravel().tolist()
        self.points, self.entries = points.astype(int), entries.astype(int)
        self.kinds, self.reach = kinds.tolist(), reach
        self.weights = [256] * nearest.size if weights is None else weights.ravel().tolist()
        self.bit = (min(price, 1 << 28) + (1 << 11)) >> 12
        self.height, self.width = nearest.shape
        self.near = [self._near(entry) for entry in range(len(entries))]

    def _near(self, entry: int) -> list[int]:
        squares = np.square(self.entries - self.entries[entry]).sum(axis=1)
        others = [i for i in np.argsort(squares, kind="stable").tolist() if i != entry]
        alike = [i for i in others if self.kinds[i] == self.kinds[entry]]
        return [entry, *alike[: NEAR - 1]]

    def _errors(self, pixel: int) -> dict[int, int]:
        """What the error of each entry costs that a pixel may get, the nearest ones first."""
        own = self.nearest[pixel]
        squares = np.square(self.entries - self.points[pixel]).sum(axis=1)
        errors = {own: 0}
        if squares[own] == 0 or self.kinds[own] == 0:
            return errors
        for entry in self.near[own][1:]:
            more = int(squares[entry] - squares[own])
            cost = -(-max(more, 0) * self.weights[pixel] // 65536)
            if more <= self.reach and cost < FORBIDDEN:
                errors[entry] = cost
        return errors


class PngChoice(_Choice):
    """Indices (H, W) chosen for PNG files, as `core.lossy.Choice.by_png` has them."""

    def chosen(self) -> NDArray[np.uint8]:
        since = 0
        self.costs = Costs(self.nearest, self.bit)
        self.stream: list[int] = []
        self.places: dict[int, list[tuple[int, int, int]]] = {}
        for y in range(self.height):
            self.stream.append(0)
            segments = -(-self.width // SEGMENT)
            begin = 0
            for left in range(segments, 0, -1):
                n = -(-(self.width - begin) // left)
                self._segment(y * self.width + begin, n)
                self._insert(begin)
                begin, since = begin + n, since + n
                if since >= UPDATE:
                    self.costs.update()
                    since = 0
        rows = np.array(self.stream, np.uint8).reshape(self.height, self.width + 1)
        return rows[:, 1:]

    def _segment(self, first: int, n: int) -> None:
        costs = self.costs
        self.errors = [self._errors(first + i) for i in range(n)]
        literals = [min(e, key=lambda i, e=e: e[i] + costs.literal[i]) for e in self.errors]
        steps = [e[i] + costs.literal[i] for e, i in zip(self.errors, literals, strict=True)]
        self.by_literals = [sum(steps[:i]) for i in range(n + 1)]
        self.slack = self.bit // 4
        self.likely = [sorted(e.items(), key=lambda each: each[1])[:LIKELY] for e in self.errors]
        self.nodes = [Node(0, (), 0, 0, 0)] + [Node(1 << 30, (), 0, 0, 0)] * n
        skipped = 0
        for x in range(n):
            node = self.nodes[x]
            cost = node.cost + steps[x]
            if cost < self.nodes[x + 1].cost:
                self.nodes[x + 1] = Node(cost, (*node.way, literals[x]), 1, 0, node.last)
            if x >= skipped:
                skipped = x + next((nice for nice in self._matches(x) if nice), 0)
        self.stream += self.nodes[n].way
        self._count(n, literals)

    def _count(self, n: int, literals: list[int]) -> None:
        costs, x = self.costs, n
        while x:
            node = self.nodes[x]
            if node.distance:
                costs.lengths[code_of(node.length, LENGTH_BASES)] += 32
                costs.distances[code_of(node.distance, DISTANCE_BASES)] += 32
            else:
                costs.literals[literals[x - 1]] += 32
            x -= node.length

    def _matches(self, x: int) -> Any:
        """Tries all matches from a pixel of the segment on; the length of each if it is nice."""
        for distance in (1, 2):
            if distance <= x:
                yield self._extend(x, distance, 0)
        stride = self.width + 1
        for distance in (self.nodes[x].last, stride - 1, stride, stride + 1):
            if x < distance <= min(WINDOW, len(self.stream) + x):
                yield self._extend(x, distance, 0)
        if x + 3 >= len(self.errors):
            return
        for i, first in self.likely[x]:
            for j, second in self.likely[x + 1]:
                for k, third in self.likely[x + 2]:
                    error = first + second + third
                    if error <= self.by_literals[x + 3] - self.by_literals[x] + self.slack:
                        yield from self._places(x, (i, j, k), error)

    def _places(self, x: int, triple: tuple[int, int, int], error: int) -> Any:
        at = len(self.stream) + x
        most = self.by_literals[x + 4] - self.by_literals[x] + self.slack
        bucket, tag = hashed(triple)
        for place, own_tag, fourth in self.places.get(bucket, []):
            distance = (at - place) & 0xFFFF
            if own_tag != tag or error + self.errors[x + 3].get(fourth, FORBIDDEN) > most:
                continue
            if x + 3 < distance <= min(WINDOW, at):
                source = at - distance
                if tuple(self.stream[source : source + 3]) == triple:
                    yield self._extend(x, distance, 3)

    def _extend(self, x: int, distance: int, known: int) -> int:
        """Tries the match of a distance, of each length after those that are `known` to do."""
        node, error, n = self.nodes[x], 0, len(self.errors)
        way = node.way
        within = distance <= x
        most = min(MAX_LENGTH, n - x, MAX_LENGTH if within else distance - x)
        length = 0
        while length < most:
            if within:
                entry = way[-distance]
            else:
                entry = self.stream[len(self.stream) + x + length - distance]
            if entry not in self.errors[x + length]:
                break
            error += self.errors[x + length][entry]
            way = (*way, entry)
            length += 1
            if length <= known:
                continue
            if error > self.by_literals[x + length] - self.by_literals[x] + self.slack:
                return 0
            if length < MIN_LENGTH:
                continue
            cost = node.cost + error + self.costs.of_match(length, distance)
            if cost < self.nodes[x + length].cost:
                self.nodes[x + length] = Node(cost, way, length, distance, distance)
            elif cost > self.nodes[x + length].cost + self.bit:
                return 0
        return length if length >= NICE and 128 * error <= length * self.bit else 0

    def _insert(self, begin: int) -> None:
        """Lets triples be found of the row's last segment, and those that it has completed."""
        row = len(self.stream) - len(self.errors)
        for at in range(row - min(begin, 3), len(self.stream) - 3):
            triple = self.stream[at], self.stream[at + 1], self.stream[at + 2]
            bucket, tag = hashed(triple)
            found = self.places.setdefault(bucket, [])
            found.insert(0, (at & 0xFFFF, tag, self.stream[at + 3]))
            del found[PLACES:]


def hashed(triple: tuple[int, int, int]) -> tuple[int, int]:
    """The bucket of three indices, and what tells them from most others in it."""
    whole = triple[0] << 16 | triple[1] << 8 | triple[2]
    number = whole * 2654435761 & 0xFFFFFFFF
    return number >> 19, number & 0xFF


class GifChoice(_Choice):
    """Indices (H, W) chosen for GIF files, as `core.lossy.Choice.by_gif` has them."""

    def chosen(self) -> NDArray[np.uint8]:
        n = self.height * self.width
        self.errors = [self._errors(pixel) for pixel in range(n)]
        self.average = 9 * 16 * self.bit
        self._clear()
        out: list[int] = []
        while len(out) < n:
            at = len(out)
            if self.next == 4096:
                self._clear()
            found = [way for index in self.errors[at] for way in self._strings(at, index)]
            if not found:  # all that is near enough goes on from the string before
                after = {self.before[0] + (i,): cost for i, cost in self.errors[at].items()}
                string = min((s for s in after if s in self.table), key=lambda s: after[s])
                self.before = string, self.table[string]
                out.append(string[-1])
                continue
            _, code, string, error = max(found, key=lambda way: (way[0], -way[1]))
            self._average(256 * error + 16 * self.bit * self.bits, len(string))
            if self.before is not None:
                self._add((*self.before[0], string[0]))
                self.next += 1
                self.bits = min(max(self.bits, (self.next - 1).bit_length()), 12)
            self.before = string, code
            out += string
        return np.array(out, np.uint8).reshape(self.height, self.width)

    def _clear(self) -> None:
        self.table: dict[tuple[int, ...], int] = {(index,): index for index in range(256)}
        self.following: dict[tuple[int, ...], list[int]] = {}
        self.next, self.bits = 258, 9
        self.before: Any = None

    def _add(self, string: tuple[int, ...]) -> None:
        self.table[string] = self.next
        self.following.setdefault(string[:-1], []).append(string[-1])

    def _remove(self, string: tuple[int, ...]) -> None:
        del self.table[string]
        self.following[string[:-1]].pop()

    def _average(self, cost: int, length: int) -> None:
        change = (cost // length - self.average) * min(length, 16)
        self.average += change // 32 if change > 0 else -(-change // 32)

    def _strings(self, at: int, index: int) -> Any:
        """The gain, code, indices and error of each string that begins with an index."""
        longer = (*self.before[0], index) if self.before is not None else None
        if longer in self.table:
            return
        if longer is not None:
            self._add(longer)  # as the table will be while this string is read
        ways = [((index,), self.errors[at][index])]
        for string, error in ways:
            if 256 * error > self.average * len(string) + 16 * 4 * self.bit:
                continue
            yield self.average * len(string) - 256 * error, self.table[string], string, error
            beyond = at + len(string)
            if beyond < min(len(self.errors), at + 256):
                for last in self.following.get(string, []):
                    if last in self.errors[beyond]:
                        ways.append(((*string, last), error + self.errors[beyond][last]))
        if longer is not None:
            self._remove(longer)


def masking_weights(
    nearest: NDArray[np.uint8], points: NDArray[np.int16], entries: NDArray[np.int16]
) -> NDArray[np.uint16]:
    """How much errors are seen, window by window, as the engine has it."""
    height, width = nearest.shape
    at = points.astype(int).reshape(height, width, 4)
    errors = np.square(at - entries[nearest]).sum(axis=2)
    n = np.count_nonzero(errors)
    if not n:
        return np.full(nearest.shape, 256, np.uint16)
    flat = 4 * max(int(errors.sum()) // n, 1)
    weights = np.zeros(nearest.shape, np.uint16)
    for y, x in np.ndindex(height, width):
        window = at[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].reshape(-1, 4)
        squares = len(window) * int(np.square(window).sum())
        variance = (squares - int(np.square(window.sum(axis=0)).sum())) // len(window) ** 2
        weights[y, x] = max(math.isqrt((flat << 16) // (flat + variance)), 1)
    return weights
