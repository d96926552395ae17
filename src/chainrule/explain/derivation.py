"""A derivation as plain data: a list of steps that any printer can show.

Numbers are arrays, expressions are texts; nothing here computes.
"""

from __future__ import annotations

from chainrule.graph.node import Array, Shape
from chainrule.graph.record import Record

__all__ = [
    "Derivation",
    "FactorStep",
    "ForkStep",
    "ForwardStep",
    "LinkStep",
    "NamedValue",
    "PartialProduct",
    "Verified",
]


class NamedValue(Record):
    """A computed name, its formula as written, and its value."""

    name: str
    formula: str
    value: Array


class ForwardStep(Record):
    """name = formula = the formula with numbers substituted = value."""

    name: str
    formula: str
    substituted: str | None
    value: Array


class FactorStep(Record):
    """One local Jacobian: its matrix shape, symbolic forms, numbers, and what is said of it.

    The numbers are the matrix, of a diagonal one only the diagonal; None if there are too many.
    """

    symbol: str
    matrix_shape: tuple[int, int]
    closed: str | None
    symbolic: str | None
    numbers: Array | None
    is_diagonal: bool
    sentence: str
    remarks: tuple[str, ...]


class PartialProduct(Record):
    """What some factors multiply to: those of a path, or of the chain so far, from the left."""

    formula: str
    symbol: str
    matrix_shape: tuple[int, int]
    numbers: Array | None
    is_diagonal: bool


class ForkStep(Record):
    """A sum over paths: each path's factors and their product, how many there are, and the sum."""

    symbol: str
    formula: str
    matrix_shape: tuple[int, int]
    paths: tuple[tuple[FactorStep, ...], ...]
    path_products: tuple[PartialProduct, ...]
    count: int
    numbers: Array | None
    is_diagonal: bool


LinkStep = FactorStep | ForkStep


class Verified(Record):
    """How the result was checked, and the largest error found."""

    method: str
    largest_error: float
    relative_error: float


class Derivation(Record):
    """∂of/∂wrt from the forward values to the checked result.

    No links: `of` is `wrt` itself, or does not depend on it.  `verified` is None without links,
    and where there is nothing to compare with: on a kink, beside infinite values.
    """

    of: str
    wrt: str
    symbol: str  # ∂of/∂wrt; dof/dwrt where ∂of/∂wrt is only the direct one of several paths
    point: str | None  # of a function's derivative: where
    is_gradient: bool  # of a number: the result has the shape of `wrt`
    chain: str
    forward: tuple[ForwardStep, ...]
    links: tuple[LinkStep, ...]
    products: tuple[PartialProduct, ...]
    result_shape: Shape
    result: Array
    closed_form: str | None
    conventions: tuple[str, ...]
    verified: Verified | None
