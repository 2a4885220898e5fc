"""How indices are chosen by the model of .kmc files, in plain Python and without any pruning."""

import kmc_model
from kmc_coder import SQUASH, STRETCH, clamp, mix, read_row, trust
from kmc_model import Band, Decision, counter_of
from kmc_tree import Node, Tree

NEAR, TRIED = 12, 3
NEW = [None] + [(1 << 21, 0)] * 15


def cost_of(p):
    """-log2(p / 4096) in 256ths, rounded to the nearest, of the upper twelve bits of p."""
    i = p >> 4
    if i == 0:
        return cost_of(16) + 256
    halves = (i**512).bit_length() - 1  # log2(i) in 512ths, rounded down
    return 256 * 12 - (halves + 1) // 2


COSTS = {}


def cost(p):
    if p >> 4 not in COSTS:
        COSTS[p >> 4] = cost_of(p)
    return COSTS[p >> 4]


def squared(a, b):
    return sum((int(x) - int(y)) ** 2 for x, y in zip(a, b, strict=True))


class Chooser(Band):
    """A band whose symbols are chosen rather than read."""

    def __init__(self, tree, shape, model, given):
        height, width = shape
        super().__init__(tree, width, height, *model, b"")
        self.nearest, self.points, self.entries, self.kinds, self.price, self.reach = given[:6]
        self.weights = given[6]
        self.queue, self.chosen = [], []

    def choose(self):
        def code_bit(_, __):
            return self.queue.pop(0)

        before, kmc_model.code_bit = kmc_model.code_bit, code_bit
        try:
            return [list(row) for row in self.rows()]
        finally:
            kmc_model.code_bit = before

    def repeated(self, y):
        if y:
            rows = [(i + 3) * self.stride + 4 for i in range(y)]
            above = self.plane[rows[-1] : rows[-1] + self.width]
            start = rows[self.after.get(mix(24, *above) >> 52, y - 1)]
            first = len(self.chosen)
            wanted = self.nearest[first : first + self.width]
            self.queue = [int(self.plane[start : start + self.width] == wanted)]
        found = super().repeated(y)
        self.chosen += found or []
        return found

    def symbol(self, near, expected):
        i = len(self.chosen)
        nearest, point = self.nearest[i], self.points[i]
        least = squared(point, self.entries[nearest])
        best = nearest
        if least and self.kinds[nearest]:
            found = [s for s in self.candidates(nearest, point, near) if s != nearest]
            found = [s for s in found if squared(point, self.entries[s]) <= least + self.reach]
            costs = {s: self.total(s, point, near, expected) for s in [nearest, *found]}
            best = min(costs, key=costs.__getitem__)
            assert sorted(costs.values()).count(costs[best]) == 1, "a tie"
        self.chosen.append(best)
        self.queue = [bit for _, bit in self.decisions(best, near, expected)]
        return super().symbol(near, expected)

    def candidates(self, nearest, point, near):
        same = [s for s in range(len(self.entries)) if self.kinds[s] == self.kinds[nearest]]
        others = [s for s in same if s != nearest]
        others.sort(key=lambda s: squared(self.entries[s], self.entries[nearest]))
        others = sorted(others[:NEAR], key=lambda s: squared(self.entries[s], point))[:TRIED]
        return others + [near[name] for name in ("W", "N", "NW", "NE") if near[name] in same]

    def total(self, symbol, point, near, expected):
        bits = 0
        for d, bit in self.decisions(symbol, near, expected):
            p = self.probability(d)
            bits += cost(p if bit else 65536 - p)
        i = len(self.chosen)
        least = squared(point, self.entries[self.nearest[i]])
        excess = squared(point, self.entries[symbol]) - least
        return (excess * self.weights[i] << 8) + self.price * bits

    def decisions(self, symbol, near, expected):
        """The decisions on the path to a symbol, with their bits."""
        found = []
        record, self.wanted = [], symbol
        before, kmc_model.decide = kmc_model.decide, lambda _, __, d, ___: record.append(d) or 0
        self.peeking = True
        try:
            excluded = None
            if near["W"] == near["N"] == near["NE"] == near["NW"]:
                excluded = near["W"]
                self.goes_on(near)
            elif expected:
                excluded = expected[0]
                self.is_expected(near, *expected)
            if record:
                found.append((record[-1], int(symbol == excluded)))
                if symbol == excluded:
                    return found
            node = self.tree.root
            while isinstance(node, Node):
                if excluded in node.children:
                    node = node.children[1 - node.children.index(excluded)]
                    continue
                slots = self.slots(node.group, 0 if excluded is None else 2)
                side = int(symbol >= node.split)
                found.append((self.at_node(node, slots, near), side))
                node = node.children[side]
            return found
        finally:
            kmc_model.decide, self.peeking = before, False

    peeking = False

    def slots(self, group, stage):
        if not self.peeking:
            return super().slots(group, stage)
        keys = self.off_keys if stage == 3 else self.keys
        return [self.peek(mix(key, group * 4 + stage)) for key in keys]

    def peek(self, h):
        number, check = h >> (64 - self.know.slot_bits), h % (1 << 32) | 1
        for i in (number, number ^ 1):
            slot = self.know.slots.get(i)
            if slot is not None and slot[0] == check:
                return slot
        return NEW

    def probability(self, d: Decision):
        """What the mixers say, without the final map."""
        know = self.know
        before = [counter_of(box, i) for box, i in d.counters]
        inputs = [STRETCH[p >> 10] * trust(n) >> 8 for p, n in before]
        inputs += [STRETCH[read_row(row, t, 256) >> 10] for row, t in d.rows] + [256]
        mixed = []
        for i, s in enumerate(d.sets):
            own = know.weights.get((i, s), [8000] * len(inputs))
            total = sum(x * w >> 4 for x, w in zip(inputs, own, strict=True))
            mixed.append(clamp(total >> 12, -2047, 2047))
        finals = know.final_weights.get(d.sets[0], [21845] * 3)
        x = sum(m * w >> 4 for m, w in zip(mixed, finals, strict=True)) >> 12
        return SQUASH[clamp(x, -2047, 2047)]


def choose(nearest, points, entries, kinds, price, reach, weights, palette, model):
    """Indices (H, W), from what `core.lossy.Choice` takes, by a model of one band."""
    tree = Tree([tuple(int(v) for v in color) for color in palette])
    symbol_of = {index: symbol for symbol, index in enumerate(tree.order)}
    given = (
        [symbol_of[int(i)] for i in nearest.reshape(-1)],
        points.tolist(),
        [entries[i].tolist() for i in tree.order],
        [int(kinds[i]) for i in tree.order],
        price,
        reach,
        [int(weight) for weight in weights.reshape(-1)],
    )
    rows = Chooser(tree, nearest.shape, model, given).choose()
    return [[tree.order[symbol] for symbol in row] for row in rows]
