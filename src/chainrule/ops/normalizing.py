"""Softmax and log-softmax along the last axis, log-sum-exp over axes."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import (
    Diagonal,
    DiagonalMinusOuter,
    LinearMap,
    Product,
    Sum,
    SumOver,
    Transposed,
)
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, as_numbers, reshape
from chainrule.ops.contract import Composite, Operation, paper_function, show_shape
from chainrule.ops.elementary import XDivY
from chainrule.ops.naming import original
from chainrule.ops.reduction import Axes, Reduction, filled_axes, reduced_shape, spread, sum_
from chainrule.ops.transposition import permute

__all__ = ["LogSoftmax", "Softmax", "log_softmax", "logsumexp", "softmax", "softmax_pullback"]


class Softmax(Operation):
    """S_i = e^x_i / Σ_j e^x_j along the last axis; each row by itself."""

    name = "softmax"
    stacks = True
    latex = r"\operatorname{{softmax}}\left({0}\right)"
    derivatives = ("S_i (1 - S_i) where i = j, else -S_i S_j",)
    sentence = (
        "Raising one input raises its own probability by as much as all the others lose together."
    )
    facts = frozenset({Fact.POSITIVE, Fact.AT_MOST_ONE, Fact.ROWS_SUM_TO_ONE})

    def shape(self, *shapes: Shape) -> Shape:
        if not shapes[0] or shapes[0][-1] == 0:
            raise ShapeError(
                f"softmax needs entries along its last axis, not {show_shape(shapes[0])}"
            )
        return shapes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        weights = k.exp(x - k.max(x, axis=-1, keepdims=True))
        return weights / k.sum(weights, axis=-1, keepdims=True)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (DiagonalMinusOuter(y),)


class SoftmaxPullback(Operation):
    """(diag(s) − s sᵀ) u along the last axis: what a softmax does to tangents and cotangents.

    The map sends constants to zero, so u is first measured from its entry at the largest share.
    What a saturated softmax would lose in 1 − S_i is then never subtracted: the diagonal comes
    out as S_i Σ_{j≠i} S_j.
    """

    name = "softmax_pullback"
    stacks = True
    arity = 2
    derivatives = ("diag(u − s·u) − s uᵀ", "diag(s) − s sᵀ")
    sentence = "Each entry's difference from the weighted mean of all is multiplied by its weight."
    domain = ((0.1, 0.9), (-2.0, 2.0))

    def shape(self, *shapes: Shape) -> Shape:
        if shapes[0] != shapes[1]:
            shares, found = map(show_shape, shapes)
            raise ShapeError(f"{self.name} needs two arrays of one shape, not {shares} and {found}")
        return Softmax().shape(shapes[1])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        s, u = values
        top = k.argmax(s, axis=-1)[..., None]
        v = u - k.take_along_axis(u, k.broadcast_to(top, (*u.shape[:-1], 1)), axis=-1)
        return s * (v - k.sum(s * v, axis=-1, keepdims=True))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        s, u = inputs
        last = (s.ndim - 1,)
        row_sum = SumOver(last, s.shape, s.shape[:-1])
        mean = spread(sum_(s * u, axis=last), last, s.shape)
        shared = Product((Diagonal(-s), Transposed(row_sum), row_sum, Diagonal(u)))
        return Sum((Diagonal(u - mean), shared)), DiagonalMinusOuter(s)


class LogSumExp(Reduction):
    """log Σ e^x over the axes, computed without overflow."""

    name = "logsumexp"
    latex = r"\log \sum e^{{{0}}}"
    derivatives = ("the softmax of x",)
    sentence = (
        "The derivative with respect to an entry is its share of the sum of exponentials: the "
        "softmax."
    )

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        top = k.max(x, axis=self.axis, keepdims=True)
        total = k.log(k.sum(k.exp(x - top), axis=self.axis, keepdims=True)) + top
        total = k.where(k.isfinite(top), total, top)  # inf - inf is none of its business
        return total.reshape(reduced_shape(x.shape, self.axis, self.keepdims))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        shares = _softmax_over(self.axis, x)
        return (Product((SumOver(self.axis, x.shape, y.shape), Diagonal(shares))),)


def _softmax_over(axes: Axes, x: Node) -> Node:
    """e^(x − logsumexp(x)) over the axes, without what that difference of large numbers loses."""
    kept = tuple(axis for axis in range(x.ndim) if axis not in axes)
    order = kept + axes
    ahead = permute(x, order)
    rows = size_of(tuple(x.shape[axis] for axis in axes))
    shares = softmax(reshape(ahead, to=(*ahead.shape[: len(kept)], rows)))
    back = tuple(order.index(axis) for axis in range(x.ndim))
    return permute(reshape(shares, to=ahead.shape), back)


class LogSoftmax(Composite):
    """log softmax(x) along the last axis, computed without overflow."""

    name = "log_softmax"
    stacks = True
    derivatives = ("1 - S_j where i = j, else -S_j",)
    sentence = "It is x minus its log-sum-exp, whose derivative is the softmax."

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        last = (x.ndim - 1,)
        return x - spread(logsumexp(x, axis=last), last, x.shape)

    def shape(self, *shapes: Shape) -> Shape:
        return Softmax().shape(*shapes)


@paper_function()
def softmax(x: Node) -> Node:
    """The softmax of each row."""
    return Softmax()(*as_numbers((x,)))


@paper_function()
def logsumexp(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False) -> Node:
    """log Σ e^x over the axes, all by default."""
    axes = filled_axes("logsumexp", axis, x.shape)
    return LogSumExp(axes, bool(keepdims))(*as_numbers((x,)))


@paper_function()
def log_softmax(x: Node) -> Node:
    """The logarithm of the softmax of each row."""
    return LogSoftmax()(*as_numbers((x,)))


@paper_function()
def softmax_pullback_(s: Node, u: Node) -> Node:
    """(diag(s) − s sᵀ) u as it stands."""
    return SoftmaxPullback()(*as_numbers((s, u)))


def softmax_pullback(s: Node, u: Node) -> Node:
    """(diag(s) − s sᵀ) u, for rows `s` that sum to one.

    Of a cotangent ∓t/s, which is what a cross-entropy sends back, only ∓(t − s Σt) is left: the
    tiny shares that were divided by are gone, so that saturation does no harm.
    """
    cancelled = _Cancelling(s).of(u, DEEPEST)
    return SoftmaxPullback()(s, u) if cancelled is None else cancelled


DEEPEST = 32  # t/s further down in a cotangent than this is not looked for


class _Cancelling:
    """Looks for t/s in cotangents of `s`; each node is looked at once, however often it is used."""

    def __init__(self, s: Node) -> None:
        self.s = s
        self.known: dict[Node, Node | None] = {}

    def of(self, u: Node, depth: int) -> Node | None:
        """(diag(s) − s sᵀ) u where some part of `u` is t/s, so that s cancels; else None."""
        if depth == 0 or u.distinct:
            return None
        if u not in self.known:
            self.known[u] = self._found(u, depth)
        return self.known[u]

    def _found(self, u: Node, depth: int) -> Node | None:
        operation = u.operation
        if isinstance(operation, Divide | XDivY) and original(u.inputs[1]) is original(self.s):
            t = u.inputs[0]
            last = (t.ndim - 1,)
            return t - self.s * spread(sum_(t, axis=last), last, t.shape)
        if isinstance(operation, Negate):
            inner = self.of(u.inputs[0], depth - 1)
            return None if inner is None else -inner
        if isinstance(operation, Multiply | Divide):
            return self._multiple(u, depth)
        if isinstance(operation, Add | Subtract):
            return self._sum(u, depth)
        return None

    def _sum(self, u: Node, depth: int) -> Node | None:
        """a ± b, where s cancels in one of the two or in both."""
        parts = [self.of(part, depth - 1) for part in u.inputs]
        if parts == [None, None]:
            return None
        a, b = [
            SoftmaxPullback()(self.s, part) if done is None else done
            for part, done in zip(u.inputs, parts, strict=True)
        ]
        return a + b if isinstance(u.operation, Add) else a - b

    def _multiple(self, u: Node, depth: int) -> Node | None:
        """c ⊙ v or v / c, where c is one number a row: it comes out in front."""
        a, b = u.inputs
        if isinstance(u.operation, Multiply) and _same_along_rows(a):
            a, b = b, a
        if not _same_along_rows(b):
            return None
        inner = self.of(a, depth - 1)
        if inner is None:
            return None
        return inner * b if isinstance(u.operation, Multiply) else inner / b


def _same_along_rows(c: Node) -> bool:
    """Whether `c` repeats one number along its last axis."""
    if not isinstance(c.operation, Broadcast):
        return False
    original = c.inputs[0].shape
    return not original or original[-1] == 1
