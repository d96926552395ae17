"""How a local Jacobian is written: its entries, one short expression, or its structure."""

from __future__ import annotations

from typing import TypeGuard

from chainrule.differentiate.compose import as_diagonal, multiplied_out
from chainrule.explain.entries import diagonal_entries, matrix_entries
from chainrule.explain.indices import shown, text_counting_from
from chainrule.explain.partials import Partials
from chainrule.explain.source import ARRANGING, Explainable, has_named_sizes
from chainrule.graph.node import Array, Constant, Node
from chainrule.jacobians.kinds import Diagonal, Identity, LinearMap, Mask
from chainrule.notation.compact import compact
from chainrule.notation.precedence import LEVELS
from chainrule.notation.text import TOO_LONG, Written, infix, write
from chainrule.ops.arithmetic import Divide, Multiply
from chainrule.ops.broadcasting import literal
from chainrule.ops.elementary import XDivY, XTimesY
from chainrule.ops.naming import Same

__all__ = [
    "as_one_expression",
    "entries_text",
    "expression_text",
    "is_diagonal",
    "readable_text",
    "written_out",
]

DiagonalKind = Diagonal | Mask | Identity

LONGEST = 40  # a one-line form longer than this is no help
UNREADABLE = (TOO_LONG, *ARRANGING, "eye(", "softmax_pullback(")


def is_diagonal(map_: LinearMap) -> TypeGuard[DiagonalKind]:
    """Whether a map is shown as diag(...) rather than as a matrix."""
    return isinstance(map_, DiagonalKind) and map_.output_shape != ()


def written_out(source: Explainable, map_: LinearMap) -> str | None:
    """The map's symbolic entries: [S0(1-S0)  -S0S1; ...] or diag(...); None if there is no room."""
    named = source.graph.named_nodes
    if is_diagonal(map_):
        diagonal = diagonal_entries(map_, named)
        if diagonal is None and has_named_sizes(map_.output_shape):
            return None
        if diagonal is None:
            return f"diag({shown(as_diagonal(map_), source.name_of, source.index_base)})"
        return entries_text(source, diagonal)
    entries = matrix_entries(map_, named)
    return None if entries is None else entries_text(source, entries)


def entries_text(source: Explainable, entries: Array, partials: Partials | None = None) -> str:
    """Scalar nodes as the rows of a matrix; a vector of them as a diagonal matrix.

    `partials` says what entries of derivatives are called.
    """
    name_of = (partials or Partials(source, {})).name_of

    def text(entry: Node) -> str:
        return compact(entry, name_of, source.graph.names, source.index_base)

    if entries.ndim == 1:
        return f"diag({', '.join(map(text, entries))})"
    rows = [[text(entry) for entry in row] for row in entries]
    if entries.size == 1:
        return rows[0][0]
    plain = all(text.lstrip("-").isalnum() for row in rows for text in row)
    gap = " " if plain else "  "
    return "[" + "; ".join(gap.join(row) for row in rows) + "]"


def as_one_expression(source: Explainable, map_: LinearMap) -> str | None:
    """The matrix as one short expression: W1ᵀ, I (2 × 2); None where there is none."""
    if isinstance(map_, Identity) and map_.shape != ():
        rows, columns = map_.matrix_shape
        return f"I ({rows} × {columns})"
    if is_diagonal(map_) or max(len(map_.output_shape), len(map_.input_shape)) > 1:
        return None  # a flattened matrix is not the expression it is flattened from
    return expression_text(source, multiplied_out(map_))


def readable_text(source: Explainable, node: Node) -> str:
    """A node's expression, without what only guards it against infinities."""

    def readable(lower: Node, inner: list[Node], texts: list[Written]) -> Written:
        """As in the paper language, but a guarded quotient or product is simply one."""
        if isinstance(lower.operation, XDivY):
            return infix(Divide(), Divide.text, inner, texts), LEVELS[Divide.precedence]
        if isinstance(lower.operation, XTimesY):
            return infix(Multiply(), Multiply.text, inner, texts), LEVELS[Multiply.precedence]
        if isinstance(lower.operation, Same):  # an inner point without a name of its own
            return texts[0]
        return text_counting_from(source.index_base, lower, inner, texts)

    return write(node, source.name_of, readable)


def expression_text(source: Explainable, node: Node) -> str | None:
    """A node's expression, if it is short and has no arranging steps in it."""
    text = readable_text(source, node)
    is_number = isinstance(node.operation, Constant) or literal(node) is not None
    if len(text) > LONGEST or is_number or any(word in text for word in UNREADABLE):
        return None
    return text
