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
    """name = formula = the formula with numbers substituted = value; None without numbers."""

    name: str
    formula: str
    substituted: str | None
    value: Array | None
    shape: Shape


class FactorStep(Record):
    """One local Jacobian: its matrix shape, symbolic forms, numbers, and what is said of it.

    The numbers are the matrix, of a diagonal one only the diagonal; None if there are too many,
    or if it has none, of which `is_known` says which.
    """

    symbol: str
    matrix_shape: tuple[int, int]
    closed: str | None
    symbolic: str | None
    numbers: Array | None
    is_diagonal: bool
    sentence: str
    remarks: tuple[str, ...]
    is_known: bool = True


class PartialProduct(Record):
    """What some factors multiply to: those of a path, or of the chain so far, from the left.

    Without numbers, `symbolic` has its entries and `closed` is the whole as one expression.
    """

    formula: str
    symbol: str
    matrix_shape: tuple[int, int]
    numbers: Array | None
    is_diagonal: bool
    is_known: bool = True
    symbolic: str | None = None
    closed: str | None = None

    def in_symbols(self, symbolic: str | None, closed: str | None) -> PartialProduct:
        """The same product, without numbers."""
        parts = (self.formula, self.symbol, self.matrix_shape, None, self.is_diagonal)
        return PartialProduct(*parts, is_known=False, symbolic=symbolic, closed=closed)


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
    is_known: bool = True
    symbolic: str | None = None
    closed: str | None = None


LinkStep = FactorStep | ForkStep


class Verified(Record):
    """How the result was checked, and the largest error found.

    `at` says at which numbers, where the quantities have none of their own.
    """

    method: str
    largest_error: float
    relative_error: float
    at: str | None = None


class Derivation(Record):
    """∂of/∂wrt from the forward values to the checked result.

    No links: `of` is `wrt` itself, or does not depend on it.  `verified` is None without links,
    and where there is nothing to compare with: on a kink, beside infinite values.  A result
    without numbers is None.
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
    result: Array | None
    closed_form: str | None
    conventions: tuple[str, ...]
    verified: Verified | None

    def checked(self, verified: Verified | None) -> Derivation:
        """The same derivation, checked in that way."""
        values = dict(zip(self.fields, self.key(), strict=True))
        return Derivation(**values | {"verified": verified})
