"""Long sums as sums of parts, and of parts of parts: rounding errors stay those of short sums.

Source: N. J. Higham, The Accuracy of Floating Point Summation, SIAM J. Sci. Comput. 14 (1993).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.run.native.ssa import Function, Value, literal

__all__ = ["TURNS", "in_parts"]

TURNS = 32  # a part takes in so many values, one after the other

Turn = Callable[..., Sequence[Value]]


def in_parts(
    f: Function,
    stop: int,
    step: int,
    turn: Turn,
    carried: Sequence[Value],
    fresh: Sequence[Value],
    merge: Callable[[Sequence[Value], Sequence[Value]], Sequence[Value]],
    each: int = 1,
) -> list[Value]:
    """The loop `turn(i, *carried)` for i = 0, step, … below `stop`, where carried values take in
    `each` values in a turn.

    If they are many, parts of them are carried from `fresh` and merged into the others.

    >>> from chainrule.run.native.ssa import Module
    >>> def loops(count):
    ...     f = Module().function("sum", [("float", "x")])
    ...     add = lambda i, total: [f.add(total, f.parameters[0])]
    ...     both = lambda a, b: [f.add(a[0], b[0])]
    ...     zero = [literal(0, "float")]
    ...     in_parts(f, count, 1, add, zero, zero, both)
    ...     f.finish()
    ...     return f.module.text().count(" phi i64 ")
    >>> loops(64), loops(1000), loops(1_000_000)
    (1, 2, 4)
    """
    if not carried or -(-stop // step) * each <= 2 * TURNS:
        return f.loop(stop, turn, step, carried)
    block = max(TURNS // each, 1) * step

    def part(start: Value, *values: Value) -> Sequence[Value]:
        following = f.add(start, literal(block, "i64"))
        end = f.intrinsic("umin", following, literal(stop, "i64"))
        return merge(values, f.loop(end, turn, step, fresh, start=start))

    return in_parts(f, stop, block, part, carried, fresh, merge)
