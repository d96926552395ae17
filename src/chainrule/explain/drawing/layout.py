"""Where boxes, labels and wires stand: coordinates of a layered drawing, from left to right.

Within a column everything keeps its distance; wires pass a column level, and bend only between
columns, so that none can run through a box or a text.  Heights in a column are those that bring
wires nearest to straight lines: a least squares problem with an order to be kept, which pooling
adjacent violators solves exactly (isotonic regression; R. E. Barlow et al., Statistical Inference
under Order Restrictions, 1972).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from chainrule.explain.drawing.layers import layered
from chainrule.graph.record import Record

__all__ = ["Arrangement", "Extent", "arranged"]

ROUNDS = 8
STRAIGHT = 4.0  # the weight of a wire between two columns that it only passes
BEFORE_READER = 3.0  # of the end of a wire, so that a label stands beside the box that reads it
COMPUTED = 16.0  # and of one from a box that reads others: so the long way stays level
BETWEEN_BOXES = 28.0
BESIDE_LABEL = 10.0
BESIDE_WIRE = 14.0
BETWEEN_WIRES = 10.0
NARROWEST, WIDEST = 18.0, 90.0  # the space between columns; more where wires rise
RISE = 0.2
BETWEEN_PARTS = 40.0
Point = tuple[float, float]


class Extent(Record):
    """How large a box or a label is.

    Wires meet a box between `top` and `bottom`, measured from above; they pass a label at `top`.
    """

    width: float
    height: float
    top: float
    bottom: float


class Arrangement(Record):
    """Upper left corners of boxes and labels, and the wires as points.

    From its second point on, a wire goes level to each point and bends to the next, in turns.
    A wire that leaves another one begins on it.
    """

    width: float
    height: float
    boxes: tuple[Point, ...]
    labels: tuple[Point, ...]
    wires: tuple[tuple[Point, ...], ...]


def arranged(
    boxes: Sequence[Extent], links: Sequence[tuple[int, int]], labels: Sequence[Extent]
) -> Arrangement:
    """Boxes in columns, each link from a lower box to an upper one, with its label on it.

    Parts that nothing links stand below one another, small ones side by side.

    >>> box, label = Extent(10, 4, 0, 4), Extent(6, 2, 2, 2)
    >>> found = arranged([box, box], [(0, 1)], [label])
    >>> found.boxes[0][0] + box.width < found.labels[0][0] < found.boxes[1][0] - label.width
    True

    Raises:
        TooLarge: edges pass through more columns than anybody follows.
    """
    parts = [_Part(boxes, members, links, labels) for members in _parts(len(boxes), links)]
    widest = max([part.width for part in parts], default=0.0)
    x = y = lowest = 0.0
    found_boxes: list[Point] = [(0.0, 0.0)] * len(boxes)
    found_labels: list[Point] = [(0.0, 0.0)] * len(links)
    wires: list[tuple[Point, ...]] = [()] * len(links)
    for part in parts:
        if x > 0 and x + part.width > widest:
            x, y = 0.0, lowest + BETWEEN_PARTS
        for at, place in part.boxes():
            found_boxes[at] = _moved(place, x, y)
        for at, place in part.labels():
            found_labels[at] = _moved(place, x, y)
        for at, wire in part.wires():
            wires[at] = tuple(_moved(place, x, y) for place in wire)
        lowest = max(lowest, y + part.height)
        x += part.width + BETWEEN_PARTS
    return Arrangement(widest, lowest, tuple(found_boxes), tuple(found_labels), tuple(wires))


def _moved(place: Point, x: float, y: float) -> Point:
    return round(place[0] + x, 1), round(place[1] + y, 1)


def _parts(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The boxes that are linked with each other, in the order of their first ones."""
    above: list[list[int]] = [[] for _ in range(count)]
    for lower, upper in links:
        above[lower].append(upper)
        above[upper].append(lower)
    found: list[list[int]] = []
    seen: set[int] = set()
    for start in range(count):
        stack, members = [start], []
        while stack:
            one = stack.pop()
            if one not in seen:
                seen.add(one)
                members.append(one)
                stack += above[one]
        if members:
            found.append(sorted(members))
    return found


class _Part:
    """Boxes that are linked with each other, at coordinates of their own."""

    def __init__(
        self,
        boxes: Sequence[Extent],
        members: Sequence[int],
        links: Sequence[tuple[int, int]],
        labels: Sequence[Extent],
    ) -> None:
        self.members = members
        place = {box: at for at, box in enumerate(members)}
        self.numbers = [at for at, (lower, _) in enumerate(links) if lower in place]
        own = [(place[links[at][0]], place[links[at][1]]) for at in self.numbers]
        self.layers = layers = layered(len(members), own)
        self.extents = [boxes[box] for box in members]
        nothing = Extent(0.0, 0.0, 0.0, 0.0)
        self.extents += [nothing] * (len(layers.column) - len(members))
        for label, number in zip(layers.labels, self.numbers, strict=True):
            self.extents[label] = labels[number]
        self.ports = self._ports()
        self.y = self._heights()
        self.x, self.right, self.width = self._columns()
        self.height = max(y + one.height for y, one in zip(self.y, self.extents, strict=True))

    def boxes(self) -> Iterator[tuple[int, Point]]:
        """Each box's number and corner."""
        for at, box in enumerate(self.members):
            yield box, self._corner(at)

    def labels(self) -> Iterator[tuple[int, Point]]:
        """Each link's number and its label's corner."""
        for label, number in zip(self.layers.labels, self.numbers, strict=True):
            yield number, self._corner(label)

    def wires(self) -> Iterator[tuple[int, list[Point]]]:
        """Each link's number and its wire, from where it leaves the wire of a link before."""
        drawn: set[int] = set()
        for way, number in zip(self.layers.ways, self.numbers, strict=True):
            known = [at for at, point in enumerate(way[:-2]) if point in drawn]
            start = known[-1] if known else 0
            drawn.update(way[:-2])
            yield number, self._wire(way[start:])

    def _wire(self, way: Sequence[int]) -> list[Point]:
        points: list[Point] = []
        for at, (one, other) in enumerate(pairwise(way)):
            leaves, reaches = self.ports[one, other]
            if at == 0:
                edge = self._corner(one)[0] + self.extents[one].width
                is_box = one < len(self.members)
                points.append((edge if is_box else self._end(one), self.y[one] + leaves))
            points.append((self._end(one), self.y[one] + leaves))
            points.append((self._start(other), self.y[other] + reaches))
        last = way[-1]
        points.append((self._corner(last)[0], points[-1][1]))
        return points

    def _start(self, point: int) -> float:
        return self.x[self.layers.column[point]]

    def _end(self, point: int) -> float:
        return self.right[self.layers.column[point]]

    def _corner(self, point: int) -> Point:
        """In the middle of its column."""
        free = self._end(point) - self._start(point) - self.extents[point].width
        return self._start(point) + free / 2, self.y[point]

    def _ports(self) -> dict[tuple[int, int], tuple[float, float]]:
        """Where, measured from each point's upper end, an edge leaves it and reaches the next."""
        layers = self.layers
        order = {point: at for column in layers.columns for at, point in enumerate(column)}
        leaves: dict[tuple[int, int], float] = {}
        reaches: dict[tuple[int, int], float] = {}
        for point, extent in enumerate(self.extents):
            room = extent.bottom - extent.top
            left = sorted(layers.left[point], key=order.__getitem__)
            for other in layers.right[point]:
                leaves[point, other] = extent.top + room / 2
            for at, other in enumerate(left, 1):
                reaches[other, point] = extent.top + room * at / (len(left) + 1)
        return {edge: (leaves[edge], reaches[edge]) for edge in leaves}

    def _heights(self) -> list[float]:
        """The upper end of every point."""
        layers = self.layers
        y = [0.0] * len(layers.column)
        columns = layers.columns
        for column in columns:
            self._settle(column, y, dict.fromkeys(column, (1.0, 0.0)))
        for number in range(ROUNDS):
            for column in columns[1:]:
                self._settle(column, y, self._wishes(column, y, True, number > ROUNDS // 2))
            for column in reversed(columns[:-1]):
                self._settle(column, y, self._wishes(column, y, number > ROUNDS // 2, True))
        least = min(y)
        return [one - least for one in y]

    def _wishes(
        self, column: Sequence[int], y: Sequence[float], left: bool, right: bool
    ) -> dict[int, tuple[float, float]]:
        """How much each point wants to stand where its edges are level, and where that is."""
        found = {}
        layers, ports = self.layers, self.ports
        for point in column:
            weight, total = 0.01, 0.01 * y[point]
            for other in layers.left[point] if left else ():
                leaves, reaches = ports[other, point]
                pull = self._pull(other, point)
                weight += pull
                total += pull * (y[other] + leaves - reaches)
            for other in layers.right[point] if right else ():
                leaves, reaches = ports[point, other]
                pull = self._pull(point, other)
                weight += pull
                total += pull * (y[other] + reaches - leaves)
            found[point] = weight, total / weight
        return found

    def _pull(self, one: int, other: int) -> float:
        boxes = len(self.members)
        passed = 1.0 if one < boxes else BEFORE_READER if other < boxes else STRAIGHT
        return passed * (COMPUTED if self.layers.left[self.layers.box[one]] else 1.0)

    def _settle(
        self, column: Sequence[int], y: list[float], wishes: dict[int, tuple[float, float]]
    ) -> None:
        """Every point as near as can be to where it wants to stand, in the column's order."""
        offset = 0.0
        offsets = []
        pools: list[tuple[float, float, int]] = []  # weight, mean, how many points
        for at, point in enumerate(column):
            if at:
                offset += self.extents[column[at - 1]].height + self._gap(column[at - 1], point)
            offsets.append(offset)
            weight, mean = wishes[point]
            pool = (weight, mean - offset, 1)
            while pools and pools[-1][1] >= pool[1]:
                above = pools.pop()
                weight = above[0] + pool[0]
                mean = (above[0] * above[1] + pool[0] * pool[1]) / weight
                pool = (weight, mean, above[2] + pool[2])
            pools.append(pool)
        points = iter(zip(column, offsets, strict=True))
        for _, mean, count in pools:
            for _ in range(count):
                point, offset = next(points)
                y[point] = mean + offset

    def _gap(self, one: int, other: int) -> float:
        """How far two neighbours in a column stand apart."""
        boxes = len(self.members)
        heights = self.extents[one].height, self.extents[other].height
        if one < boxes and other < boxes:
            return BETWEEN_BOXES
        if not any(heights):
            return BETWEEN_WIRES
        return BESIDE_LABEL if all(heights) else BESIDE_WIRE

    def _columns(self) -> tuple[list[float], list[float], float]:
        """Where each column begins and ends; columns stand farther apart where wires rise."""
        starts, ends = [], []
        layers = self.layers
        x = 0.0
        for column in layers.columns:
            starts.append(x)
            ends.append(x + max(self.extents[point].width for point in column))
            rise = max(
                [
                    abs(self.y[point] + leaves - self.y[other] - reaches)
                    for point in column
                    for other in layers.right[point]
                    for leaves, reaches in [self.ports[point, other]]
                ],
                default=0.0,
            )
            x = ends[-1] + min(WIDEST, max(NARROWEST, RISE * rise))
        return starts, ends, ends[-1]
