"""One triangle of a matrix standing for the whole: what factorizations read and write.

All three are linear, act on each matrix of a stack, and keep what they drop out of the result.
"""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape
from chainrule.jacobians.kinds import LinearMap, Multilinear
from chainrule.ops.contract import LinearOperation, paper_operation, paper_settings
from chainrule.ops.matrices import check_square

__all__ = ["Folded", "LowerHalf", "Mirrored"]


class OfTriangle(LinearOperation):
    """Base: linear in one square matrix."""

    def shape(self, *shapes: Shape) -> Shape:
        check_square(self.name, shapes[0])
        return shapes[0]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Multilinear(self, inputs, 0),)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(tangent)


class LowerHalf(OfTriangle):
    """Φ: the lower triangle, with half of the diagonal; Φ(M + Mᵀ) = M for a lower triangle M."""

    name = "lower_half"
    latex = r"\Phi\left({0}\right)"
    derivatives = ("1 below the diagonal, ½ on it, else 0",)
    sentence = "Entries below the diagonal count fully, those on it half, those above not at all."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return (k.tril(values[0]) + k.tril(values[0], -1)) / 2

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return self(cotangent)


class OnOneSide(OfTriangle):
    """Base: the lower ("L") or the upper ("U") triangle stands for a symmetric matrix."""

    uplo: str = "L"

    def shape(self, *shapes: Shape) -> Shape:
        if self.uplo not in ("L", "U"):
            raise ShapeError(f"{self.name}: the triangle is L or U, not {self.uplo!r}")
        return super().shape(*shapes)

    def halves(self, k: Kernels, x: Any, other: Any) -> tuple[Any, Any]:
        """The triangle of `x` with its diagonal, and that of `other` without."""
        if self.uplo == "L":
            return k.tril(x), k.tril(other, -1)
        return k.triu(x), k.triu(other, 1)


class Mirrored(OnOneSide):
    """The symmetric matrix that has this triangle: tril(X) + tril(X, −1)ᵀ."""

    name = "mirrored"
    derivatives = ("1 for the entry and its mirror image in the triangle, else 0",)
    sentence = "An entry off the diagonal stands twice, at its own place and at the mirrored one."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        triangle, strict = self.halves(k, values[0], values[0])
        return triangle + k.swapaxes(strict, -1, -2)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return Folded(self.uplo)(cotangent)


class Folded(OnOneSide):
    """The other triangle added to this one: tril(X) + tril(Xᵀ, −1)."""

    name = "folded"
    derivatives = ("1 for the entry and its mirror image outside the triangle, else 0",)
    sentence = "Entries outside the triangle are added to their mirror images inside it."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        triangle, strict = self.halves(k, values[0], k.swapaxes(values[0], -1, -2))
        return triangle + strict

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return Mirrored(self.uplo)(cotangent)


paper_operation(LowerHalf())
for _each in (Mirrored, Folded):
    paper_settings(_each)
