"""How a local Jacobian is written: its entries, one short expression, or its structure."""

from __future__ import annotations

from typing import TypeGuard

from chainrule.differentiate.compose import as_diagonal, multiplied_out
from chainrule.explain.entries import diagonal_entries, matrix_entries
from chainrule.explain.partials import Partials
from chainrule.explain.source import ARRANGING, Explainable, has_named_sizes
from chainrule.explain.writing import Writer
from chainrule.graph.node import Array, Constant, Node
from chainrule.jacobians.kinds import Diagonal, Identity, LinearMap, Mask
from chainrule.notation.formula import Expression, Formula
from chainrule.notation.text import TOO_LONG
from chainrule.ops.broadcasting import literal
from chainrule.ops.transposition import transpose

__all__ = [
    "as_one_expression",
    "diagonal_of",
    "entries_formula",
    "flattened",
    "is_diagonal",
    "short_expression",
    "structure",
    "written_out",
]

DiagonalKind = Diagonal | Mask | Identity

LONGEST = 40  # a one-line form longer than this is no help
LONGEST_DIAGONAL = 8  # entries; of more, the diagonal is written as one expression
HIDDEN = (TOO_LONG, *ARRANGING)
UNREADABLE = (*HIDDEN, "eye(", "softmax_pullback(")


def is_diagonal(map_: LinearMap) -> TypeGuard[DiagonalKind]:
    """Whether a map is shown as diag(...) rather than as a matrix."""
    return isinstance(map_, DiagonalKind) and map_.output_shape != ()


def written_out(source: Explainable, map_: LinearMap) -> Formula | None:
    """The map's symbolic entries: [S0(1-S0)  -S0S1; ...] or diag(...); None if there is no room."""
    named = source.graph.named_nodes
    if is_diagonal(map_):
        diagonal = diagonal_entries(map_, named)
        if diagonal is None and has_named_sizes(map_.output_shape):
            return None
        if diagonal is None or diagonal.size > LONGEST_DIAGONAL:
            inner = Writer(source).expression(as_diagonal(map_))
            if not any(word in inner.text for word in UNREADABLE):
                return diagonal_of(inner, map_)
        return None if diagonal is None else entries_formula(source, diagonal)
    entries = matrix_entries(map_, named)
    return None if entries is None else entries_formula(source, entries)


def entries_formula(
    source: Explainable, entries: Array, partials: Partials | None = None
) -> Formula:
    """Scalar nodes as the rows of a matrix; a vector of them as a diagonal matrix.

    `partials` says what entries of derivatives are called.
    """
    return Writer(source).entries(entries, (partials or Partials(source, {})).name_of)


def as_one_expression(
    source: Explainable, map_: LinearMap, transposed: bool = False
) -> Expression | None:
    """The matrix as one short expression: W1ᵀ, I (2 × 2); None where there is none."""
    if isinstance(map_, Identity) and map_.shape != ():
        rows, columns = map_.matrix_shape
        return Expression(f"I ({rows} × {columns})", rf"I_{{{rows} \times {columns}}}")
    if is_diagonal(map_) or max(len(map_.output_shape), len(map_.input_shape)) > 1:
        return None  # a flattened matrix is not the expression it is flattened from
    node = multiplied_out(map_)
    return short_expression(source, transpose(node) if transposed and node.ndim > 1 else node)


def diagonal_of(entries: Expression, map_: LinearMap) -> Expression:
    """diag(entries); those of a matrix as the vector that they are flattened to."""
    found = flattened(entries) if len(map_.output_shape) > 1 else entries
    shown = rf"\operatorname{{diag}}\left({found.latex}\right)"
    return Expression(f"diag({found.text})", shown)


def flattened(entries: Expression) -> Expression:
    """vec(entries): row by row, as all arrays are flattened here."""
    shown = rf"\operatorname{{vec}}\left({entries.latex}\right)"
    return Expression(f"vec({entries.text})", shown)


def structure(found: Expression | None) -> Expression | None:
    """What a large map is made of, if that is short: kron(X, eye(3))."""
    if found is None or len(found.text) > LONGEST:
        return None
    return None if any(word in found.text for word in HIDDEN) else found


def short_expression(source: Explainable, node: Node) -> Expression | None:
    """A node's expression, if it is short and has no arranging steps in it."""
    found = Writer(source).expression(node)
    is_number = isinstance(node.operation, Constant) or literal(node) is not None
    if len(found.text) > LONGEST or is_number or any(word in found.text for word in UNREADABLE):
        return None
    return found
