"""How bands of .kmc files are decoded, in plain Python, written from docs/kmc-format.md alone."""

from kmc_coder import (
    ONE32,
    ONE64,
    SQUASH,
    STRETCH,
    clamp,
    code_bit,
    find_slot,
    learn_row,
    learned,
    mix,
    new_counter,
    new_row,
    read_row,
    start_code,
    trust,
)
from kmc_tree import Node

NAMES = "W N NW NE WW NN NNE NWW NNW NEE WWW NNN WWWW NEEE NWWW NNEE NNWW NNNE NNNW"
NEIGHBOURS = {
    name: (name.count("E") - name.count("W"), -name.count("N")) for name in NAMES.split(" ")
}


# ---- what a band learns --------------------------------------------------------------------------


class Learned:
    def __init__(self, contexts, slot_bits):
        self.contexts, self.slot_bits = contexts, slot_bits
        self.relation_bits = min(slot_bits, 18)
        self.slots, self.relations, self.rows, self.final = {}, {}, {}, {}
        self.weights, self.final_weights = {}, {}
        self.decisions = 0

    def chosen(self, first, last):
        return [i - first for i in range(first, last + 1) if self.contexts >> i & 1]

    def find_slot(self, h):
        """A list of a check and fifteen counters."""
        return find_slot(self.slots, self.slot_bits, h)

    def relation(self, i, a, b):
        return i, mix(i, a, b) >> (64 - self.relation_bits)


class Decision:
    """The counters of one decision, as (container, key); rows with where they are read; sets."""

    def __init__(self):
        self.counters, self.rows, self.sets, self.final = [], [], (), 0


def counter_of(box, i):
    return box.get(i, new_counter()) if isinstance(box, dict) else box[i]


def decide(know, coder, d, rate):
    before = [counter_of(box, i) for box, i in d.counters]
    inputs = [STRETCH[p >> 10] * trust(n) >> 8 for p, n in before]
    inputs += [STRETCH[read_row(row, t, 256) >> 10] for row, t in d.rows] + [256]
    weights = [know.weights.setdefault((i, s), [8000] * len(inputs)) for i, s in enumerate(d.sets)]
    finals = know.final_weights.setdefault(d.sets[0], [21845] * 3)
    mixed = []
    for own in weights:
        total = sum(x * w >> 4 for x, w in zip(inputs, own, strict=True))
        mixed.append(clamp(total >> 12, -2047, 2047))
    x = clamp(sum(m * w >> 4 for m, w in zip(mixed, finals, strict=True)) >> 12, -2047, 2047)
    row = know.final.setdefault(d.final, None) or new_row(30)
    know.final[d.final] = row
    p = clamp((SQUASH[x] + (read_row(row, x + 2047, 128) >> 6)) >> 1, 4, 65532)
    bit = code_bit(coder, p)

    for own, m in zip(weights, mixed, strict=True):
        e = ((bit << 16) - SQUASH[m]) * rate >> 4
        for i, value in enumerate(inputs):
            own[i] = clamp(own[i] + ((value * e + 8192) >> 14), -524287, 524287)
    f = ((bit << 16) - SQUASH[x]) >> 4
    for i, m in enumerate(mixed):
        finals[i] = clamp(finals[i] + ((m * f + 8192) >> 14), -262143, 262143)
    for box, i in d.counters:
        box[i] = learned(counter_of(box, i), bit, 250)
    for rows, t in d.rows:
        learn_row(rows, t, 256, bit, 1000)
    learn_row(row, x + 2047, 128, bit, 250)
    know.decisions += 1
    return bit


# ---- a band --------------------------------------------------------------------------------------


class Band:
    def __init__(self, tree, width, height, contexts, slot_bits, data):
        self.tree, self.width, self.height = tree, width, height
        self.know, self.coder = Learned(contexts, slot_bits), start_code(data)
        self.stride = width + 8
        self.plane = [0] * (self.stride * (height + 3))
        self.errors = [[0] * 8 for _ in range(width + 6)]
        self.below = [0] * width
        self.left = self.above = self.at = self.length = self.run = 0
        self.table = {}
        self.after, self.history, self.repeats = {}, 0, [(1 << 19, 0)] * 12
        self.run_of_rows = self.last_run = 0
        self.expecting = contexts >> 23
        self.steps = {}
        self.symbols = {self.packed(i): i for i in reversed(range(len(tree.colors)))}

    def repeated(self, y):
        """The row that this one is to be, if it is that."""
        if y == 0 or self.width > 8192:
            return None
        rows = [(i + 3) * self.stride + 4 for i in range(y)]
        above = self.plane[rows[-1] : rows[-1] + self.width]
        hashed = mix(24, *above) >> 52
        number = self.after.get(hashed, y - 1)
        self.after[hashed] = y
        found = self.plane[rows[number] : rows[number] + self.width]
        if len(set(found)) == 1:
            return None
        run, last = self.run_of_rows, self.last_run
        i = self.history % 4 + 4 * ((run >= last) + (run > last))
        bit = code_bit(self.coder, clamp(self.repeats[i][0] >> 6, 4, 65532))
        self.repeats[i] = learned(self.repeats[i], bit, 250)
        self.history = 2 * self.history + bit
        self.run_of_rows, self.last_run = (run + 1, last) if bit else (0, run)
        return found if bit else None

    def rows(self):
        for y in range(self.height):
            start = (y + 3) * self.stride + 4
            self.plane[start - 4 : start] = [self.plane[start - self.stride]] * 4
            self.at = self.length = self.run = self.changed = 0
            self.first = y == 0
            self.rate = 10 + 42 * 16384 // (16384 + self.know.decisions)
            found = self.repeated(y)
            if found:
                self.plane[start : start + self.width] = found
            else:
                for x in range(self.width):
                    self.pixel(x, start + x)
            self.plane[start + self.width : start + self.width + 4] = [
                self.plane[start + self.width - 1]
            ] * 4
            yield self.plane[start : start + self.width]

    def pixel(self, x, position):
        near = {
            name: self.plane[position + dx + dy * self.stride]
            for name, (dx, dy) in NEIGHBOURS.items()
        }
        self.around = near
        self.predict(x, near)
        self.above = (self.above + near["NEEE"] + 1) * 0xBC2D311C % ONE32
        hashed = (self.left * 0x9E3779B1 ^ self.above * 0x85EBCA6B) % ONE32
        slot = hashed * 0xC2B2AE35 % ONE32 >> 16
        if self.length == 0:
            self.at = self.table.get(slot, 0)
        self.table[slot] = position
        self.keys = self.contexts(x, near)
        expected = None
        if self.expecting:
            expected = self.expected(near)
            self.off_keys = self.contexts(x, self.differences)
        symbol = self.symbol(near, expected)
        if expected:
            self.learn_step((self.packed(symbol) - self.packed(near["W"])) % ONE64)
        self.changed += symbol != near["N"]
        self.plane[position] = symbol
        self.left = (self.left + symbol + 1) * 0x785A6238 % ONE32
        if self.at:
            self.length = min(self.length + 1, 15) if self.plane[self.at] == symbol else 0
            self.at += 1
        self.run = min(self.run + 1, 31) if symbol == near["W"] else 0
        self.below[x] = min(self.below[x] + 1, 31) if symbol == near["N"] else 0
        color = self.tree.colors[symbol]
        self.errors[x + 3] = [
            sum(abs(a - 16 * b) for a, b in zip(rule, color, strict=True)) >> 4
            for rule in self.rules
        ]

    def predict(self, x, near):
        colors = [[self.tree.colors[s][c] for s in near.values()] for c in range(4)]
        sums = [sum(column[r] for column in self.errors[x : x + 6]) for r in range(8)]
        weights = [65536 // (min(e, 4095) + 9) for e in sums]
        self.rules = [[] for _ in range(8)]
        self.predictions = [[] for _ in range(4)]
        for w, n, nw, ne, ww, nn, nne, _, _, nee, *_ in colors:
            rules = w, n, ne, w + n - nw, w + ne - n, 2 * n - nn, 2 * w - ww, n + ne - nne
            for rule, value in zip(self.rules, rules, strict=True):
                rule.append(16 * value)
            total = sum(a * 16 * b for a, b in zip(weights, rules, strict=True))
            gradient = clamp(w + n - nw, min(w, n), max(w, n))
            of_all = 3 * (w + n) + 2 * (nw + ne + ww + nn) + nne + nee
            weighted = min(max(total, 0) // sum(weights), 4080), of_all, 8 * (w + ne), 16 * gradient
            for prediction, value in zip(self.predictions, weighted, strict=True):
                prediction.append(value)

    def quantized(self, prediction, shift):
        return int.from_bytes(
            bytes(value >> shift for value in self.predictions[prediction]), "big"
        )

    def contexts(self, x, near):
        s = list(near.values())
        w, n, nw, ne, ww, nn, nne = s[:7]
        four = mix(3, w, n, nw, ne)
        six = mix(four, ww, nn)
        eight = mix(six, *s[6:8])
        twelve = mix(eight, *s[8:12])
        matched = self.plane[self.at] if self.at else 65536
        keys = [mix(0, w, ww), mix(1, n, nn), mix(2, n, ne, nne), four]
        keys += [mix(4, self.quantized(0, 7)), mix(5, self.quantized(0, 8), w, n)]
        keys += [six, eight, twelve, mix(twelve, *s[12:]), mix(10, w, n), mix(11, w, ne)]
        keys += [mix(12, self.quantized(1, 6)), mix(13, w, ww, nw)]
        keys += [mix(14, self.run * 256 + self.below[x], w * 65536 + n, ne)]
        keys += [mix(15, matched * 256 + self.length)]
        return [keys[i] for i in self.know.chosen(0, 15)]

    # ---- decisions -------------------------------------------------------------------------------

    def packed(self, symbol):
        return sum(value << 16 * c for c, value in enumerate(self.tree.colors[symbol]))

    def expected(self, near):
        """The symbol to expect, and how often that was right."""
        w, off = self.packed(near["W"]), {}
        for name, symbol in near.items():
            compared = "N" not in name or not self.first
            off[name] = (self.packed(symbol) - w) % ONE64 if compared else 0
        self.differences = {name: mix(0, value) >> 33 for name, value in off.items()}
        self.relative = mix(23, *(self.differences[name] for name in ("N", "NW", "NE", "WW")))
        step, hits = self.steps.get(self.relative >> 52, (0, 0))
        if hits == 0:
            step = off["N"] - off["NW"]
        pair = ("W", "WW") if self.first else ("N", "NW")
        on = near["W"] + near[pair[0]] - near[pair[1]]
        if not 0 <= on < len(self.tree.colors):
            on = near["W"]
        return self.symbols.get((w + step) % ONE64, on), hits

    def learn_step(self, step):
        number = self.relative >> 52
        before, hits = self.steps.get(number, (0, 0))
        if step == before:
            self.steps[number] = before, min(hits + 1, 15)
        elif hits > 3:
            self.steps[number] = before, hits // 2
        else:
            self.steps[number] = step, 1

    def symbol(self, near, expected):
        excluded = None
        if near["W"] == near["N"] == near["NE"] == near["NW"]:
            excluded = near["W"]
            if self.goes_on(near):
                return excluded
        elif expected:
            excluded = expected[0]
            if self.is_expected(near, *expected):
                return excluded
        node, group = self.tree.root, None
        while isinstance(node, Node):
            if excluded in node.children:
                node = node.children[1 - node.children.index(excluded)]
                continue
            if node.group != group:
                group = node.group
                slots = self.slots(group, 0 if excluded is None else 2)
            side = decide(self.know, self.coder, self.at_node(node, slots, near), self.rate)
            node = node.children[side]
        return node

    def slots(self, group, stage):
        keys = self.off_keys if stage == 3 else self.keys
        return [self.know.find_slot(mix(key, group * 4 + stage)) for key in keys]

    def add_relations(self, d, values):
        for i in self.know.chosen(16, 18):
            d.counters.append((self.know.relations, self.know.relation(i, *values[i])))

    def goes_on(self, near):
        w, flat = near["W"], 1 << 32
        names = ["WW", "NN", "NNE", "NWW", "NNW", "NEE", "WWW"]
        same = sum((near[name] == w) << i for i, name in enumerate(names))
        d = Decision()
        d.counters = [(slot, 1) for slot in self.slots(0, 1)]
        self.add_relations(d, [(same, flat + w), (same, flat), (self.quantized(0, 7), flat + w)])
        d.sets = 1, 324 + self.length, 512 + same
        d.final = mix(w * 65536 + near["N"], flat, 0) >> 52
        return decide(self.know, self.coder, d, self.rate)

    def is_expected(self, near, symbol, hits):
        tag = 3 << 32
        like = sum((s == symbol) << i for i, s in enumerate(list(near.values())[:8]))
        d = Decision()
        d.counters = [(slot, 1) for slot in self.slots(0, 3)]
        color = self.tree.colors[symbol]
        off = sum(g - 16 * value for g, value in zip(self.predictions[0], color, strict=True))
        near_row = self.know.rows.setdefault("near", [new_counter()] * 33)
        d.rows.append((near_row, clamp(32 * off + 4096, 0, 8191)))
        changed = hits * 4 + min(self.changed, 3)
        self.add_relations(d, [(self.relative, tag), (changed, tag), (hits * 256 + like, tag)])
        d.sets = 3, 340 + hits, 640 + like
        d.final = mix(near["W"] * 65536 + near["N"], tag, 0) >> 52
        return decide(self.know, self.coder, d, self.rate)

    def at_node(self, node, slots, near):
        d = Decision()
        d.counters = [(slot, node.index) for slot in slots]
        sides = 0
        for i, symbol in enumerate(list(near.values())[:12]):
            inside = node.low <= symbol < node.high
            sides += 3**i * (inside and 1 + (symbol >= node.split))
        t = []
        for prediction in self.predictions:
            off = [
                (g - b) * a for g, b, a in zip(prediction, node.midpoint, node.axis, strict=True)
            ]
            t.append(clamp((sum(off) >> 8) + 4096, 0, 8191))
        four, number = sides % 81, node.number
        shared = sides, min(node.depth, 15)
        self.add_relations(d, [(sides % 6561, number), shared, (four * 32 + t[0] // 256, number)])
        own = min(number, 1023)
        for i in reversed(self.know.chosen(19, 22)):
            rows = [(i, own), (i, "all", min(node.depth, 15))]
            for row in rows[: 1 + self.expecting]:
                d.rows.append((self.know.rows.setdefault(row, new_row(20)), t[i]))
        w, n, nw, ne, nee = (near[name] for name in ("W", "N", "NW", "NE", "NEE"))
        nn, ww = near["NN"], near["WW"]
        agree = [w == n, n == ne, w == nw, n == nn, w == ww, nw == n, ne == nee, w == ne]
        agreement = sum(equal << i for i, equal in enumerate(agree))
        d.sets = own * 2, four * 4 + min(node.depth, 3), agreement * 2 + (node.depth > 0)
        d.final = mix(w * 65536 + n, number, 0) >> 52
        return d
