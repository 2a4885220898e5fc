"""Palettes of .kmc files as trees, and the order-0 model, written from docs/kmc-format.md alone."""

from kmc_coder import clamp, code_bit, learned, start_code

AXES = [((1, 2, 1, 0), 1), ((1, 0, -1, 0), 3), ((-1, 2, -1, 0), 1), ((0, 0, 0, 1), 6)]


class Node:
    def __init__(self, number, low, high, depth):
        self.number, self.low, self.high, self.depth = number, low, high, depth
        self.group, self.index = number, 1


class Tree:
    """`root` is a Node, or symbol 0; children are Nodes or symbols."""

    def __init__(self, palette):
        channels = len(palette[0])
        colors = [tuple(color) + (0,) * (4 - channels) for color in palette]
        axes = [((1, 0, 0, 0), 6)] if channels == 1 else AXES[:channels]
        self.order = list(range(len(palette)))
        nodes = [Node(0, 0, len(palette), 0)] if len(palette) > 1 else []
        for node in nodes:
            self.partition(node, colors, axes)
            left = self.child(nodes, node, node.low, node.split, 0)
            right = self.child(nodes, node, node.split, node.high, 1)
            node.children = left, right
        self.root = nodes[0] if nodes else 0
        self.colors = [colors[i] for i in self.order]

    def partition(self, node, colors, axes):
        own = self.order[node.low : node.high]
        n, best = len(own), (-1, None, None)
        for axis, scale in axes:
            z = {i: sum(a * x for a, x in zip(axis, colors[i], strict=True)) for i in own}
            total = sum(z.values())
            spread = (n * sum(v * v for v in z.values()) - total**2) * scale
            if spread > best[0]:
                best = spread, z, total
        spread, z, total = best
        node.split = node.low + n // 2
        if spread:
            left = [i for i in own if n * z[i] <= total]
            self.order[node.low : node.high] = left + [i for i in own if n * z[i] > total]
            node.split = node.low + len(left)
        halves = [self.order[node.low : node.split], self.order[node.split : node.high]]
        sums = [[sum(colors[i][c] for i in half) for c in range(4)] for half in halves]
        means = [
            [(32 * value + len(half)) // (2 * len(half)) for value in own]
            for own, half in zip(sums, halves, strict=True)
        ]
        d = [right - left for left, right in zip(*means, strict=True)]
        squared = sum(x * x for x in d)
        node.midpoint = [(left + right) // 2 for left, right in zip(*means, strict=True)]
        scaled = [abs(x) * (1 << 19) // max(squared, 1) * (1 if x > 0 else -1) for x in d]
        node.axis = [clamp(x, 1 - (1 << 17), (1 << 17) - 1) for x in scaled]

    def child(self, nodes, parent, low, high, side):
        if high - low == 1:
            return low
        node = Node(len(nodes), low, high, parent.depth + 1)
        if node.depth % 4:
            node.group, node.index = parent.group, 2 * parent.index + side
        nodes.append(node)
        return node


AROUND = [(-1, 0), (0, -1), (-1, -1), (1, -1), (-2, 0), (0, -2)]
AROUND += [(1, -2), (-2, -1), (-1, -2), (2, -1), (-3, 0), (0, -3)]


class Order0Band:
    def __init__(self, tree, width, height, differences, data):
        self.tree, self.width, self.height, self.coder = tree, width, height, start_code(data)
        self.differences, self.counters, self.plane = differences, {}, {}

    def rows(self):
        for y in range(self.height):
            for x in range(self.width):
                self.plane[x, y] = self.number()
                if self.differences:
                    k = len(self.tree.colors)
                    self.plane[x, y] = (self.plane[x, y] + self.mean(x, y, k // 2) - k // 2) % k
            yield [self.plane[x, y] for x in range(self.width)]

    def mean(self, x, y, at_first):
        near = [(x + dx, y + dy) for dx, dy in AROUND]
        near = [self.plane[at] for at in near if at in self.plane]
        return (2 * sum(near) + len(near)) // (2 * len(near)) if near else at_first

    def number(self):
        node = self.tree.root
        while isinstance(node, Node):
            p = (1 << 22) * (node.high - node.split) // (node.high - node.low)
            counter = self.counters.get(node.number, (p, 2 if self.differences else 20))
            side = code_bit(self.coder, clamp(counter[0] >> 6, 4, 65532))
            self.counters[node.number] = learned(counter, side, 1000)
            node = node.children[side]
        return node
