"""Equal but for the order in which factors and terms are written: a * b is b * a.

>>> from chainrule.graph.node import variable
>>> a, b, c = variable(()), variable(()), variable(())
>>> Unordered().same(a * b * c - a, -a + c * (b * a)), Unordered().same(a - b, b - a)
(True, False)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chainrule.graph.node import Node, topological
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast

__all__ = ["Unordered"]

SIGNS = (Add, Subtract, Negate)
Key = tuple[object, ...]


class Unordered:
    """Numbers nodes, so that nodes which differ only in the order of factors or terms get one."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}
        self._of: dict[Node, int] = {}

    def same(self, one: Node, other: Node) -> bool:
        """Whether the two differ only in that order."""
        return self._number(one) == self._number(other)

    def _number(self, node: Node) -> int:
        for lower in topological([node], lambda one: () if one.distinct else one.inputs):
            if lower not in self._of:
                self._of[lower] = self._numbers.setdefault(self._key(lower), len(self._numbers))
        return self._of[node]

    def _key(self, node: Node) -> Key:
        if node.distinct:
            return (node,)
        if isinstance(node.operation, SIGNS):
            return ("sum", node.shape, _counted(self._signed(list(_terms(node)))))
        if isinstance(node.operation, Multiply | Divide):
            return ("product", node.shape, _counted(self._signed(list(_factors(node)))))
        return (node.operation, *[self._of[lower] for lower in node.inputs])

    def _signed(self, found: list[tuple[int, Node]]) -> list[tuple[int, int]]:
        return [(sign, self._of[node]) for sign, node in found]


def _counted(found: list[tuple[int, int]]) -> frozenset[tuple[tuple[int, int], int]]:
    return frozenset(Counter(found).items())


def _terms(node: Node, sign: int = 1) -> Iterator[tuple[int, Node]]:
    if node.distinct or not isinstance(node.operation, SIGNS):
        yield sign, node
        return
    signs = (sign, sign) if isinstance(node.operation, Add) else (sign, -sign)[-len(node.inputs) :]
    for lower, its_sign in zip(node.inputs, signs, strict=True):
        yield from _terms(lower, its_sign)


def _factors(node: Node, sign: int = 1) -> Iterator[tuple[int, Node]]:
    """What multiplies, and with -1 what divides; a repetition along axes is restored anyway."""
    if not node.distinct and isinstance(node.operation, Broadcast):
        yield from _factors(node.inputs[0], sign)
    elif not node.distinct and isinstance(node.operation, Multiply | Divide):
        second = -sign if isinstance(node.operation, Divide) else sign
        yield from _factors(node.inputs[0], sign)
        yield from _factors(node.inputs[1], second)
    else:
        yield sign, node
