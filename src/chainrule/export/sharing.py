"""What several lines compute, or one line twice, is computed once, under a name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chainrule.export.identifiers import Names
from chainrule.export.program import Line
from chainrule.graph.node import Constant, Node, topological
from chainrule.notation.numpy import NumpyWriter
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, PowerOf, Subtract
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, literal
from chainrule.ops.choice import Comparison, Where
from chainrule.ops.contraction import MatMul
from chainrule.ops.indexing import Take
from chainrule.ops.making import Extent, Eye
from chainrule.ops.naming import Same
from chainrule.ops.reduction import Max, Mean, Min, Sum
from chainrule.ops.transposition import Transpose

__all__ = ["part_name", "shared_lines"]

FREE = (Constant, Same, Broadcast, Cast, Reshaped, Transpose, Take, Eye, Extent)
CHEAP = (Add, Subtract, Multiply, Divide, Negate, PowerOf, Comparison, Where)
LONG = 3  # so many cheap operations are worth a name
NOUNS = {
    Add: "total",
    Sum: "total",
    Subtract: "difference",
    Multiply: "product",
    MatMul: "product",
    Divide: "ratio",
    PowerOf: "power",
    Mean: "mean",
    Max: "largest",
    Min: "smallest",
    Where: "chosen",
}


def shared_lines(
    lines: Sequence[Line],
    adjoints: set[Node],
    writer: NumpyWriter,
    called: dict[Node, str],
    names: Names,
) -> Iterator[tuple[Line, Line]]:
    """Every line, and before it those for what it shares; each with the line it was made for.

    What is made of `adjoints` is one of a quantity without a name, and called `delta`.
    """
    uses = _uses(lines, writer, called)
    for line in lines:
        for node in _nodes(line, line.node, writer, called):
            free = node is line.symbol or node in called or uses.get(node, 0) < 2
            if not free and _is_worth_a_name(node, writer, called):
                called[node] = names.new(part_name(node, line, adjoints, writer, called))
                yield Line(called[node], node, node), line
        yield line, line


def part_name(
    node: Node,
    line: Line,
    adjoints: set[Node],
    writer: NumpyWriter,
    called: Mapping[Node, str],
) -> str:
    """What a part of a line is called: `delta` if it is made of adjoints."""
    if any(one in adjoints for one in _nodes(line, node, writer, called)):
        adjoints.add(node)
        return "delta"
    return _noun(node, writer, called)


def _nodes(line: Line, top: Node, writer: NumpyWriter, called: Mapping[Node, str]) -> list[Node]:
    """What a part of a line's expression is written from, down to names."""
    return topological(
        [top],
        lambda node: [] if node in called and node is not line.symbol else writer.below(node),
    )


def _uses(
    lines: Sequence[Line], writer: NumpyWriter, called: Mapping[Node, str]
) -> dict[Node, int]:
    """How many expressions each unnamed node stands in."""
    found: dict[Node, int] = {}
    seen: set[Node] = set()
    for line in lines:
        for node in _nodes(line, line.node, writer, called):
            if node in seen:
                continue
            seen.add(node)
            if node is line.symbol or node not in called:
                for lower in writer.below(node):
                    found[lower] = found.get(lower, 0) + 1
    return found


def _is_worth_a_name(node: Node, writer: NumpyWriter, called: Mapping[Node, str]) -> bool:
    """Whether computing a node again would be work, or reading it again."""
    cheap = 0
    for lower in topological([node], lambda n: [] if n in called else writer.below(n)):
        operation = writer.meaning(lower).operation
        if lower in called or literal(lower) is not None or isinstance(operation, FREE):
            continue
        if not isinstance(operation, CHEAP):
            return True
        cheap += 1
    return cheap >= LONG


def _noun(node: Node, writer: NumpyWriter, called: Mapping[Node, str]) -> str:
    """What a value without a name is called: by its operation, and by what it is of."""
    operation = writer.meaning(node).operation
    noun = NOUNS.get(type(operation))
    if noun is not None:
        return noun
    below = writer.below(node)
    of = called.get(below[0]) if len(below) == 1 else None
    return f"{operation.name}_{of}" if of else operation.name
