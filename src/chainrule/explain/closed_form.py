"""Closed forms on one line, for what has no numbers; `closed_view` shows how they arise."""

from __future__ import annotations

from chainrule.differentiate.compose import multiplied_out
from chainrule.errors import TooLarge
from chainrule.explain.entries import MOST_ENTRIES, unfold
from chainrule.explain.forms import entries_formula, short_expression
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.explain.writing import Writer
from chainrule.graph.declaration import Declaration
from chainrule.graph.node import Node, node_budget
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression, inline
from chainrule.paper.knowledge import fact_of_labels
from chainrule.rewrite.closed import as_written, closed_form, closed_jacobian, simplest
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.matrix_form import matrix_form

__all__ = [
    "closed_derivative",
    "closed_expression",
    "closed_map",
    "closed_text",
    "short_entries",
    "short_gradient",
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


def closed_derivative(source: Explainable, of: Node, wrt: Node) -> Expression:
    """∂of/∂wrt as a person writes it."""
    knowledge = _knowledge(source, wrt)
    if of.shape == ():
        found = closed_form(of, [wrt], source.graph, knowledge).gradients[0]
    else:
        found = closed_jacobian(of, wrt, source.graph, knowledge)
    return Writer(source).expression(found.expression)


def short_gradient(source: Explainable, of: Node, wrt: Node) -> Expression | None:
    """The gradient of a number, if its closed form is short enough to stand beside numbers."""
    try:
        with node_budget(MOST_NODES):
            form = closed_form(of, [wrt], source.graph, _knowledge(source, wrt))
    except TooLarge:
        return None
    return None if form.shared else short_expression(source, form.gradients[0].expression)


def closed_map(source: Explainable, map_: LinearMap) -> Expression:
    """A local Jacobian as one expression: W1ᵀ, diag(h > 0), kron(L, eye(2)); a row as a vector."""
    form = multiplied_out(map_) if map_.output_shape == () else matrix_form(map_)
    (found,), _ = simplest([form], _knowledge(source), as_written(source.graph))
    return Writer(source).expression(found)


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


def _knowledge(source: Explainable, wrt: Node | None = None) -> Knowledge:
    """What is declared, and what given labels are, but for what is differentiated by."""
    given = [(node, value) for node, value in source.values.items() if node is not wrt]
    labels = [
        Declaration(node, fact, f"{source.name(node)}, as given")
        for node, value in given
        if (fact := fact_of_labels(value)) is not None
    ]
    return Knowledge([*source.declarations, *labels])
