"""Closed forms on one line, for what has no numbers; `closed_view` shows how they arise."""

from __future__ import annotations

from chainrule.differentiate.compose import as_diagonal, multiplied_out
from chainrule.errors import TooLarge
from chainrule.explain.entries import MOST_ENTRIES, unfold
from chainrule.explain.forms import (
    diagonal_of,
    entries_formula,
    flattened,
    is_diagonal,
    short_expression,
)
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.explain.writing import Writer
from chainrule.graph.declaration import Declaration
from chainrule.graph.node import Node, node_budget, topological
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression, inline
from chainrule.ops.broadcasting import Reshaped
from chainrule.ops.diagonals import PlaceDiagonal
from chainrule.paper.knowledge import fact_of_labels
from chainrule.rewrite.closed import (
    Memory,
    as_written,
    closed_form,
    closed_jacobian,
    simplest,
)
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.matrix_form import matrix_form

__all__ = [
    "closed_derivative",
    "closed_expression",
    "closed_map",
    "closed_text",
    "short_entries",
    "short_gradient",
    "stated",
]

MOST_NODES = 5_000  # that a short form may take to be found
LONGEST = 72  # characters of entries that are shown beside a closed form


def closed_text(source: Explainable, node: Node) -> str:
    """An expression as a person writes it, over the file's names; a name as its own formula."""
    return closed_expression(source, node).text


def closed_expression(source: Explainable, node: Node) -> Expression:
    """The same, in both notations."""
    name = source.graph.name_of(node)
    if name is not None:
        found = Writer(source).formula(name) if name in source.formulas else None
        return found or Writer(source).name(node)
    (simple,), _ = simplest([node], _knowledge(source), as_written(source.graph))
    return Writer(source).expression(simple)


def closed_derivative(
    source: Explainable,
    of: Node,
    wrt: Node,
    knowledge: Knowledge | None = None,
    memory: Memory | None = None,
) -> Expression:
    """∂of/∂wrt as a person writes it; by default all that is known may be used."""
    if knowledge is None:
        knowledge = Knowledge(stated(source, of, wrt))
    if of.shape == ():
        found = closed_form(of, [wrt], source.graph, knowledge, memory).gradients[0]
    else:
        found = closed_jacobian(of, wrt, source.graph, knowledge)
    return Writer(source).expression(found.expression)


def short_gradient(
    source: Explainable,
    of: Node,
    wrt: Node,
    knowledge: Knowledge | None = None,
    memory: Memory | None = None,
) -> Expression | None:
    """The gradient of a number, if its closed form is short enough to stand beside numbers."""
    if knowledge is None:
        knowledge = Knowledge(stated(source, of, wrt))
    try:
        with node_budget(MOST_NODES):
            form = closed_form(of, [wrt], source.graph, knowledge, memory)
    except TooLarge:
        return None
    return None if form.shared else short_expression(source, form.gradients[0].expression)


def closed_map(source: Explainable, map_: LinearMap) -> Expression:
    """A local Jacobian as one expression: W1ᵀ, diag(h > 0), kron(L, eye(2)); a row as a vector."""
    if is_diagonal(map_) and len(map_.output_shape) > 1:
        (found,), _ = simplest([as_diagonal(map_)], _knowledge(source), as_written(source.graph))
        return diagonal_of(Writer(source).expression(found), map_)
    form = multiplied_out(map_) if map_.output_shape == () else matrix_form(map_)
    (found,), _ = simplest([form], _knowledge(source), as_written(source.graph))
    writer = Writer(source)
    diagonals = [one for one in topological([found]) if isinstance(one.operation, PlaceDiagonal)]
    inner = {
        flat: flattened(writer.expression(flat.inputs[0]))
        for (flat,) in (one.inputs for one in diagonals)
        if isinstance(flat.operation, Reshaped) and source.graph.name_of(flat) is None
    }
    return Writer(source, inner).expression(found)


def short_entries(source: Explainable, node: Node) -> str | None:
    """The node's entries in symbols, where they fit on a line."""
    if source.graph.name_of(node) is not None or node.ndim > 2 or has_named_sizes(node.shape):
        return None
    if node.size > MOST_ENTRIES:
        return None
    entries = unfold(node, source.graph.named_nodes)
    if entries is None:
        return None
    text = inline(entries_formula(source, entries.reshape(-1, *node.shape[-1:] or (1,))))
    says_more = node.shape != () or "∂" in text
    return text if says_more and len(text) <= LONGEST else None


def stated(
    source: Explainable, of: Node | None = None, wrt: Node | None = None
) -> list[Declaration]:
    """What is declared, and what given labels are, but for what is differentiated by.

    Of what `of` does not depend on, nothing is of use.
    """
    below = None if of is None else frozenset(topological([of]))
    labels = [
        Declaration(node, fact, f"{source.name(node)}, as given")
        for node, value in source.values.items()
        if node is not wrt and (below is None or node in below)
        if (fact := fact_of_labels(value)) is not None
    ]
    return [one for one in (*source.declarations, *labels) if below is None or one.node in below]


def _knowledge(source: Explainable) -> Knowledge:
    return Knowledge(stated(source))
