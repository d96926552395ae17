"""How a product is cut into blocks: which factor in vectors, how many rows and lanes at a time.

A model of what a block costs, in cycles of a processor with two units for vectors and two for
loads, decides; it need only be right about which is the better one.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

from chainrule.graph.record import Record
from chainrule.run.native.emit.matrices import Problem, readings
from chainrule.run.native.kernels import Product
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import SIZES

__all__ = ["DEEP_ROWS", "Blocking", "blocking_of", "ceiling"]

PANEL_BYTES = 1 << 18  # a packed panel is on the stack
NEAR_BYTES = 32 << 10  # what stays in the first cache
LARGE_BYTES = 1 << 22  # what no cache of one core holds
FAR_BYTES = 1 << 12  # steps that fill caches from one side
MANY_ROWS, MANY_STEPS = 64, 64  # that pay for a panel's being packed without need
DEEP_ROWS = 256  # of a unit that does its sums in parts, about
LATENCY = 5.0  # of a multiplication with an addition, and a little to spare
CODE = 0.005  # what a vector more in the code of a block must save
START = 12.0  # cycles until a block is under way
ROW, VECTOR = 0.1, 0.5  # cycles for a number's, or a vector's, being loaded beside the arithmetic
COPIED = 2.0  # cycles for each vector that is copied
TURNED = 6.0  # cycles for each row of a square that is turned over
SCATTERED = 1.5  # cycles for each number that is moved by itself


class Blocking(Record):
    """A problem, and the size of its blocks: rows, and vectors of `most` lanes.

    If `packed`, the panels of one factor are packed; with a `depth`, for so many steps of the first
    axis of the sum at a time.
    """

    problem: Problem
    scalar: str
    rows: int
    vectors: int
    most: int
    packed: bool
    depth: int = 0

    @property
    def lanes(self) -> int:
        """The lanes of a panel."""
        return self.vectors * self.most


def blocking_of(product: Product, scalar: str, processor: Processor) -> Blocking:
    """The best way to compute a product on a processor."""
    choices = [_blocking(one, scalar, processor) for one in readings(product)]
    return min(choices, key=lambda choice: choice[0])[1]


def _blocking(problem: Problem, scalar: str, processor: Processor) -> tuple[float, Blocking]:
    """The best blocks for a reading, and the cycles that they take."""
    most, size = processor.lanes(scalar), SIZES[scalar]
    registers = processor.registers - (0 if processor.has_fma else 2)  # for what is multiplied
    inner, times = prod(problem.inner), prod(problem.outer)
    cost, rows, vectors = _block(
        problem.rows, problem.lanes, inner, most, registers, problem.turned
    )
    cost *= times
    if problem.turned:
        cost += times * ceiling(problem.rows, rows) * ceiling(problem.lanes, most) * most * TURNED
    elif problem.lane_axis >= 0 and not _is_along(problem):
        cost += times * problem.rows * problem.lanes * SCATTERED
    lanes = most * vectors
    depth = _depth(problem, lanes, size)
    packed = bool(depth) or problem.vectors.along != 1 or _is_far_apart(problem, size)
    if packed and not depth and (inner + most) * lanes * size > PANEL_BYTES:
        packed = False  # there is no room
    if packed:
        again = ceiling(problem.rows, DEEP_ROWS) if depth else 1
        cost += prod(problem.outer[: problem.far]) * again * _packing(problem, most)
    elif problem.vectors.along != 1:  # number by number, again for each block
        cost += times * ceiling(problem.rows, rows) * problem.lanes * inner * SCATTERED
    return cost, Blocking(problem, scalar, rows, vectors, most, packed, depth)


def _depth(problem: Problem, lanes: int, size: int) -> int:
    """How many steps of the first axis of the sum are done at a time; 0 for all of them."""
    steps, each = prod(problem.inner), prod(problem.inner[1:]) * lanes * size
    read = (problem.rows + problem.lanes) * steps * size
    is_large = read > LARGE_BYTES and problem.rows >= MANY_ROWS
    must_be_packed = problem.vectors.along != 1 and steps * lanes * size > PANEL_BYTES
    if each > PANEL_BYTES or not (is_large or must_be_packed):
        return 0
    depth = max(1, NEAR_BYTES // each)
    return depth if depth < problem.inner[0] else 0


def _is_far_apart(problem: Problem, size: int) -> bool:
    """Whether the steps of the sum are so far apart that caches and their pages run out of places
    for them, and there are enough rows for which that would be so.
    """
    rows = problem.rows * prod(problem.outer[problem.far :])
    apart = abs(problem.vectors.inner[-1]) * size
    return apart >= FAR_BYTES and rows >= MANY_ROWS and problem.inner[-1] >= MANY_STEPS


def _is_along(problem: Problem) -> bool:
    """Whether everything stored lies side by side along the lanes."""
    return all(one.access.strides[problem.lane_axis] == 1 for one in problem.product.stores)


def _packing(problem: Problem, most: int) -> float:
    """The cycles for all lanes, once."""
    *others, last = problem.inner
    vectors = prod(others) * ceiling(problem.lanes, most)
    if problem.vectors.along == 1:
        return vectors * last * COPIED
    if problem.vectors.inner[-1] == 1 and last > 1:
        return vectors * ceiling(last, most) * most * TURNED
    return prod(others) * last * problem.lanes * SCATTERED


@lru_cache(maxsize=4096)
def _block(
    rows: int, lanes: int, inner: int, most: int, registers: int, turned: bool
) -> tuple[float, int, int]:
    """The cycles of all blocks, and the best one's rows and vectors."""
    choices = []
    across = ceiling(lanes, most)
    for vectors in range(1, min(4, across) + 1):
        high = min(rows, (registers - 1 - vectors) // vectors, most if turned else registers)
        for count in range(1, high + 1):
            cycles = 0.0
            variants = 0
            for own_rows, blocks in ((count, rows // count), (rows % count, 1)):
                for own, panels in ((vectors, across // vectors), (across % vectors, 1)):
                    if own and own_rows and blocks and panels:
                        cycles += blocks * panels * _cycles(own_rows, own, inner)
                        variants += 1
            length = 1 + CODE * count * vectors * variants
            choices.append((cycles * length, cycles, count, vectors))
    return min(choices)[1:]


def _cycles(rows: int, vectors: int, inner: int) -> float:
    """Of one block."""
    waiting = LATENCY / min(inner, max(8 // (rows * vectors), 1))
    each = max(rows * vectors / 2, (rows + vectors) / 2, waiting) + ROW * rows + VECTOR * vectors
    return START + inner * each + rows * vectors


def ceiling(length: int, each: int) -> int:
    """Into how many parts of a size a length is cut.

    >>> ceiling(10, 4)
    3
    """
    return -(-length // each)
