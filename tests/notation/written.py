"""Every LaTeX that chainrule can be made to write: what other notations have to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.ops.cases import ROWS

from chainrule.graph.named import Graph
from chainrule.graph.node import Node, topological
from chainrule.graph.source import Source
from chainrule.notation.latex import adjoint_name, latex, latex_name
from chainrule.ops import all_functions
from chainrule.ops.contract import Operation
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

__all__ = ["NAMES", "every_latex", "templates"]

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.chain"))
NAMES = (
    "W1", "ŷ", "y\u0302", "α", "net_h1", "ℓ", "f'", "x_1'", "a_b", "a__b", "_x", "__", "lambda_",
    "W_ih_l0", "가중치", "가", "x_가", "W₁₂", "Σe", "params.W1", "params['W 1']", "layers[0].b",
    "params['<script>']", "p['a\\\\input{x}$#%&~^_{}']", "Δw1", "x̄_n", "x", "名前",
)  # fmt: skip


def templates() -> dict[str, str]:
    """The own form of every operation that has one, filled in with letters, by its name."""
    all_functions()
    found = {}
    for kind in _below(Operation):
        if isinstance(kind.__dict__.get("latex"), str) and kind.latex:
            found[kind.__name__] = kind.latex.format(
                "a", "b", "c", exponent="{n}", index="0, 1", rows="3", of="n"
            )
    return found


def every_latex() -> Iterator[str]:
    """Names, every operation by itself, and every expression of the examples."""
    yield from map(latex_name, NAMES)
    yield from (adjoint_name("l", name) for name in NAMES)
    yield from templates().values()
    for row in ROWS:
        inputs = row.inputs(row.shapes[0])
        names = dict(zip(inputs, ("a", "W1", "net_h", "c", "d", "e", "f"), strict=False))
        node = row.build(*inputs)
        yield latex(node, names.get)
        if node.size and node.ndim:
            yield latex(node[(0,) * node.ndim] ** 2, names.get)
    for path in EXAMPLES:
        paper = elaborate(parse(Source(path.read_text(encoding="utf-8"))))
        for node in topological(list(paper.graph.named_nodes)):
            if node.inputs:
                yield latex(node, _names_below(paper.graph, node))


def _names_below(graph: Graph, node: Node) -> Callable[[Node], str | None]:
    """The names of all but the node itself, so that its expression is written."""
    return lambda one: None if one is node else graph.name_of(one)


def _below(kind: type[Operation]) -> Iterator[type[Operation]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)
