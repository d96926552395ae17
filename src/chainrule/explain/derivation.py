"""A derivation as plain data: the chain of local Jacobians, their products, the checked result.

Formulas are data that any printer lays out (`notation/formula.py`); nothing here computes.
"""

from __future__ import annotations

from chainrule.explain.explanation import Sentence
from chainrule.explain.numbers.shown import Value
from chainrule.graph.node import Array, Shape
from chainrule.graph.record import Record
from chainrule.notation.formula import Expression, Formula

__all__ = [
    "Derivation",
    "FactorStep",
    "ForkStep",
    "ForwardLine",
    "ForwardStep",
    "InnerStep",
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
    """name = formula = the formula with numbers substituted = value; None without numbers.

    `substituted_exactly` says whether the numbers that are put in are the true ones; `operation`
    is the one that gives the value, `reads` are the names that its formula reads.
    """

    name: Expression
    formula: Expression | None
    substituted: Expression | None
    value: Value | None
    shape: Shape
    substituted_exactly: bool = False
    operation: str = ""
    reads: tuple[str, ...] = ()


class ForwardLine(Record):
    """The same on a line of text: the name, its formula as written, and with numbers put in."""

    name: str
    formula: str
    substituted: str | None
    value: Value | None
    shape: Shape


class MatrixStep(Record):
    """What a factor, a product and a sum over paths have in common.

    `output` and `input` are the shapes between which the matrix goes.  The numbers are the matrix,
    of a diagonal one only the diagonal; None if there are too many, or if it has none, of which
    `is_known` says which.
    """

    symbol: Expression
    output: Shape
    input: Shape
    value: Value | None
    is_diagonal: bool
    is_known: bool = True
    symbolic: Formula | None = None
    closed: Expression | None = None

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """Outputs × inputs."""
        return _entries(self.output), _entries(self.input)

    @property
    def numbers(self) -> Array | None:
        """The numbers in full precision."""
        return None if self.value is None else self.value.array


class InnerStep(Record):
    """An inner result that has no name where it was written: u1 = X @ W."""

    name: Expression
    formula: Expression | None
    value: Value | None
    shape: Shape


class FactorStep(MatrixStep):
    """One local Jacobian: its symbolic forms, its numbers, and what is said of it.

    `operation` is the one that the local Jacobian belongs to, or all of them; where they are taken
    apart, `chain` is the product of the local Jacobians of each, `links` are these, and `inner`
    are the results between them.
    """

    operation: Sentence | None = None
    sentence: Sentence | None = None
    remarks: tuple[Sentence, ...] = ()
    inner: tuple[InnerStep, ...] = ()
    chain: Formula | None = None
    links: tuple[LinkStep, ...] = ()


class PartialProduct(MatrixStep):
    """What some factors multiply to: those of a path, or of the chain so far, from the left.

    Without numbers, `symbolic` has its entries and `closed` is the whole as one expression, which
    holds by the `facts`.
    """

    formula: Formula = Expression("", "")
    facts: tuple[Sentence, ...] = ()


class ForkStep(MatrixStep):
    """A sum over paths: each path's factors and their product, how many there are, and the sum."""

    formula: Formula = Expression("", "")
    paths: tuple[tuple[FactorStep, ...], ...] = ()
    path_products: tuple[PartialProduct, ...] = ()
    count: int = 0


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
    without numbers is None.  `differs` is how far a result by hand is from the true one; `facts`
    are those by which the closed form holds.
    """

    of: Expression
    wrt: Expression
    symbol: Expression  # ∂of/∂wrt; dof/dwrt where ∂of/∂wrt is only the direct one of several paths
    point: Formula | None  # of a function's derivative: where
    of_shape: Shape
    wrt_shape: Shape
    chain: Formula
    links: tuple[LinkStep, ...]
    products: tuple[PartialProduct, ...]
    result_shape: Shape
    result: Value | None
    closed_form: Expression | None
    conventions: tuple[Sentence, ...]
    verified: Verified | None
    differs: float | None = None
    facts: tuple[Sentence, ...] = ()

    @property
    def is_gradient(self) -> bool:
        """Of a number: the result has the shape of `wrt`."""
        return self.of_shape == ()

    def checked(self, verified: Verified | None) -> Derivation:
        """The same derivation, checked in that way."""
        values = dict(zip(self.fields, self.key(), strict=True))
        return Derivation(**values | {"verified": verified})


def _entries(shape: Shape) -> int:
    count = 1
    for length in shape:
        count = count * length
    return count
