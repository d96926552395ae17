"""Operations that a person writes in NumPy otherwise than by the operation's own line.

`NUMPY_FORMS` is the one table.  What it does not have is written by `notation.recorded`; a
composite that it does not have is written as its body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Computation, Constant, Node, Shape
from chainrule.graph.record import Record
from chainrule.notation.numpy_text import is_simple
from chainrule.notation.precedence import LEVELS
from chainrule.notation.recorded import argument_text, index_text
from chainrule.notation.text import Written
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.ops.activation import Sigmoid
from chainrule.ops.advanced_indexing import TakeAlong
from chainrule.ops.arithmetic import (
    Add,
    Divide,
    Multiply,
    Negate,
    Power,
    PowerOf,
    Subtract,
)
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, literal
from chainrule.ops.choice import Not, Where
from chainrule.ops.contraction import Einsum, MatMul, Outer
from chainrule.ops.diagonals import PlaceDiagonal, TakeDiagonal, Trace
from chainrule.ops.elementary import XDivY, XLogY, XTimesY
from chainrule.ops.exponential import LogAddExp2, Share
from chainrule.ops.indexing import Scatter, Take, as_slices
from chainrule.ops.limiting import Clip
from chainrule.ops.making import Extent, Eye
from chainrule.ops.normalizing import LogSoftmax, LogSumExp, Softmax, SoftmaxPullback
from chainrule.ops.norms import Norm
from chainrule.ops.random_bits import RandomMask, RandomNormal, RandomUniform
from chainrule.ops.reduction import ArgMax, Max, Mean, Min, Sum
from chainrule.ops.shaping import Concatenate, Stack
from chainrule.ops.special import NormalCdf
from chainrule.ops.statistics import StandardDeviation, Variance
from chainrule.ops.tensor_products import Kron, MatrixPower
from chainrule.ops.transposition import Transpose

__all__ = ["NUMPY_FORMS", "Form"]


class Form(Record):
    """A template over the operands' texts, the level it binds at, the helpers it calls.

    `loosest` says what may stand at each operand's place without parentheses, where the precedence
    does not.
    """

    template: str
    precedence: str = "call"
    needs: tuple[str, ...] = ()
    loosest: tuple[int, ...] | None = None


Writer = Callable[[Node, Sequence[Node], Sequence[Written]], Form | None]


# --- forms ------------------------------------------------------------------------------------


def _fixed(template: str, precedence: str = "call", *needs: str) -> Writer:
    form = Form(template, precedence, needs)
    return lambda node, inner, texts: form


def _power_of(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    exponent = float(node.operation.exponent)  # type: ignore[attr-defined]
    if exponent == 0.5:
        return Form("np.sqrt({0})")
    if exponent == -1:
        return Form("1 / {0}", "product", loosest=(LEVELS["product"] + 1,))
    text, level = texts[0]
    simple = level > LEVELS["power"] and is_simple(text)
    mark = "**" if simple else " ** "
    return Form(f"{{0}}{mark}{argument_text(exponent)}", "power")


def _negated(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    """-a * b is -(a * b) to the last bit, and is what one writes; -(x**2) keeps its parentheses."""
    text, level = texts[0]
    if level == LEVELS["product"] and "**" not in text:
        return Form("-{0}", "product", loosest=(LEVELS["product"],))
    return Form("-{0}", "sign", loosest=(LEVELS["postfix"],))


def _where(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    condition, then, other = inner
    values = literal(then), literal(other)
    if values[1] == 0 and condition.dtype.kind == "b" and values[0] is None:
        product = LEVELS["product"]
        return Form("{1} * {0}", "product", loosest=(product + 1, product, product))
    if node.shape == ():
        return Form("({1} if {0} else {2})")
    if None not in values:
        first, second = [repr(float(value)) for value in values if value is not None]
        return Form(f"np.where({{0}}, {first}, {second})")
    return Form("np.where({0}, {1}, {2})")


def _broadcast(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    value = literal(node)
    shape = argument_text(node.shape)
    kind = "" if node.dtype == np.float64 else f", dtype=np.{node.dtype.name}"
    if value is None:
        return Form(f"np.broadcast_to({{0}}, {shape})")
    if value in (0, 1):
        return Form(f"np.{'ones' if value else 'zeros'}({_length(node.shape)}{kind})")
    return Form(f"np.full({_length(node.shape)}, {float(value)!r}{kind})")


def _length(shape: Shape) -> str:
    return argument_text(shape[0]) if len(shape) == 1 else argument_text(shape)


def _cast(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    if isinstance(inner[0].operation, Constant) and node.shape == ():
        return Form("{0}")
    kind = "float" if node.dtype == np.float64 else f"np.{node.dtype.name}"
    if node.shape == ():
        return Form(f"{kind}({{0}})")
    return Form(f"{{0}}.astype({kind})", "postfix")


def _reshaped(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    before, after = inner[0].shape, node.shape
    if before == ():
        return Form(f"np.reshape({{0}}, {argument_text(after)})")
    if after == ():
        return Form(f"{{0}}[{', '.join('0' for _ in before)}]", "postfix")
    if len(after) == 1:
        return Form("{0}.reshape(-1)", "postfix")
    inserted = _inserted(before, after)
    if inserted is not None:
        return Form(f"{{0}}[{inserted}]", "postfix")
    return Form(f"{{0}}.reshape({', '.join(map(argument_text, after))})", "postfix")


def _inserted(before: Shape, after: Shape) -> str | None:
    """The index that puts axes of length 1 between others: `:, None`."""
    entries, rest = [], list(before)
    for length in after:
        if rest and rest[0] == length:
            entries.append(":")
            rest.pop(0)
        elif length == 1:
            entries.append("None")
        else:
            return None
    if rest or "None" not in entries:
        return None
    while entries[-1] == ":":
        entries.pop()
    return ", ".join(entries)


def _transposed(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    axes = node.operation.axes  # type: ignore[attr-defined]
    if axes == tuple(reversed(range(len(axes)))):
        return Form("{0}.T", "postfix")
    last = (*range(len(axes) - 2), len(axes) - 1, len(axes) - 2)
    if axes == last:
        return Form("np.swapaxes({0}, -1, -2)")
    return Form(f"{{0}}.transpose({', '.join(map(str, axes))})", "postfix")


def _taken(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    index = list(as_slices(node.operation.index))  # type: ignore[attr-defined]
    lengths = list(inner[0].shape)
    entries = [_entry(one, length) for one, length in zip(index, lengths, strict=True)]
    return Form(f"{{0}}[{', '.join(entries) or '()'}]", "postfix")


def _entry(entry: int | slice, length: int) -> str:
    if not isinstance(entry, slice):
        return index_text(entry)
    start, stop, step = entry.start, entry.stop, entry.step or 1
    if step > 0:
        start = None if start == 0 else start
        stop = None if stop is not None and stop >= length else stop
    else:
        start = None if start == length - 1 else start
    return index_text(slice(start, stop, None if step == 1 else step))


def _reduced(name: str) -> Writer:
    def form(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
        return Form(f"np.{name}({{0}}{_axes(node, inner[0])})")

    return form


def _axes(node: Node, x: Node) -> str:
    """`, axis=0, keepdims=True`, as far as it says something."""
    axis, keepdims = node.operation.axis, node.operation.keepdims  # type: ignore[attr-defined]
    text = ""
    if axis != tuple(range(x.ndim)):
        text += f", axis={axis[0] if len(axis) == 1 else axis}"
    return text + ", keepdims=True" * bool(keepdims)


def _spread_of(name: str) -> Writer:
    def form(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
        less = node.operation.ddof  # type: ignore[attr-defined]
        more = f", ddof={less}" if less else ""
        return Form(f"np.{name}({{0}}{_axes(node, inner[0])}{more})")

    return form


def _log_sum_exp(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    return Form(f"logsumexp({{0}}{_axes(node, inner[0])})", needs=("logsumexp",))


def _pulled_back(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form | None:
    shares, cotangent = inner
    if not all(text.isidentifier() for text, _ in texts):
        return None
    if shares.ndim == 1 and cotangent.ndim == 1:
        return Form("{0} * ({1} - {0} @ {1})", "product")
    return Form("{0} * ({1} - np.sum({0} * {1}, axis=-1, keepdims=True))", "product")


def _guarded(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    name = node.operation.name
    return Form(f"{name}({{0}}, {{1}})", needs=(name,))


def _joined(name: str) -> Writer:
    def form(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
        axis = node.operation.axis  # type: ignore[attr-defined]
        inside = ", ".join(f"{{{at}}}" for at in range(len(inner)))
        if name == "stack" and node.ndim == 1:
            return Form(f"np.array([{inside}])")
        rows = [text[len("np.array(") : -1] for text, _ in texts if text.startswith("np.array([")]
        if name == "stack" and not axis and len(rows) == len(texts):
            return Form(f"np.array([{', '.join(rows)}])")
        return Form(f"np.{name}([{inside}]{f', axis={axis}' if axis else ''})")

    return form


def _einsum(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    pattern = node.operation.pattern  # type: ignore[attr-defined]
    return Form(f'np.einsum("{pattern}", {", ".join(f"{{{at}}}" for at in range(len(inner)))})')


def _with_offset(name: str) -> Writer:
    def form(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
        offset = node.operation.offset  # type: ignore[attr-defined]
        by = f", offset={offset}" if offset else ""
        axes = ", axis1=-2, axis2=-1" if inner[0].ndim > 2 else ""
        return Form(f"np.{name}({{0}}{by}{axes})")

    return form


def _placed_diagonal(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form | None:
    offset = node.operation.offset  # type: ignore[attr-defined]
    side = inner[0].shape[-1] + abs(offset)
    if inner[0].ndim > 1 or node.shape != (side, side):
        return None
    return Form(f"np.diag({{0}}{f', {offset}' if offset else ''})")


def _eye(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    kind = "" if node.dtype == np.float64 else f", dtype=np.{node.dtype.name}"
    return Form(f"np.eye({argument_text(node.shape[0])}{kind})")


def _position(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form | None:
    everywhere = node.operation.axis == tuple(range(inner[0].ndim))  # type: ignore[attr-defined]
    return Form("np.argmax({0})") if everywhere else None


def _scattered(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form | None:
    value, positions = inner
    if node.ndim != 1 or value.ndim != positions.ndim or value.ndim > 1:
        return None
    length = argument_text(node.shape[0])
    if value.ndim:
        return Form(f"scatter_add({{0}}, {{1}}, {length})", needs=("scatter_add",))
    return Form(f"place({{0}}, {{1}}, ({length},))", needs=("place",))


def _norm(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form | None:
    axes = _axes(node, inner[0])
    if axes == "" and inner[0].ndim in (1, 2):
        return Form("np.linalg.norm({0})")
    return Form(f"np.sqrt(np.sum({{0}} ** 2{axes}))") if texts[0][0].isidentifier() else None


def _matrix_power(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    return Form(f"np.linalg.matrix_power({{0}}, {node.operation.exponent})")  # type: ignore[attr-defined]


def _taken_along(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    axis = node.operation.axis  # type: ignore[attr-defined]
    if axis:
        return Form(f"np.take({{0}}, {{1}}, axis={axis})")
    return Form("{0}[{1}]", "postfix", loosest=(LEVELS["postfix"], 0))


def _extent(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    return Form(str(node.operation.key()[0]))


def _not(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form | None:
    return Form("~{0}", "sign") if inner[0].dtype.kind == "b" and node.shape else None


def _share(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    level = LEVELS["sum"]
    return Form("sigmoid({0} - {1})", "call", ("sigmoid",), (level, level + 1))


def _random(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    raise DataProblem(
        f"{node.operation.name}: these random numbers are a function of a key, which NumPy does "
        "not have; draw them outside and pass them in"
    )


def _unknown(node: Node, inner: Sequence[Node], texts: Sequence[Written]) -> Form:
    operation = node.operation
    raise DataProblem(
        f"{operation.called} is only declared, not defined: "  # type: ignore[attr-defined]
        "there is nothing that could be computed; give it a formula"
    )


NUMPY_FORMS: Mapping[type[Computation], Writer] = {
    Add: _fixed("{0} + {1}", "sum"),
    Subtract: _fixed("{0} - {1}", "sum"),
    Multiply: _fixed("{0} * {1}", "product"),
    Divide: _fixed("{0} / {1}", "product"),
    MatMul: _fixed("{0} @ {1}", "product"),
    Negate: _negated,
    Power: _fixed("{0}**{1}", "power"),
    PowerOf: _power_of,
    Where: _where,
    Not: _not,
    Broadcast: _broadcast,
    Cast: _cast,
    Reshaped: _reshaped,
    Transpose: _transposed,
    Take: _taken,
    TakeAlong: _taken_along,
    Sum: _reduced("sum"),
    Mean: _reduced("mean"),
    Max: _reduced("max"),
    Min: _reduced("min"),
    Variance: _spread_of("var"),
    StandardDeviation: _spread_of("std"),
    ArgMax: _position,
    Scatter: _scattered,
    Norm: _norm,
    Outer: _fixed("np.outer({0}, {1})"),
    Einsum: _einsum,
    Kron: _fixed("np.kron({0}, {1})"),
    MatrixPower: _matrix_power,
    Trace: _with_offset("trace"),
    PlaceDiagonal: _placed_diagonal,
    TakeDiagonal: _with_offset("diagonal"),
    Concatenate: _joined("concatenate"),
    Stack: _joined("stack"),
    Eye: _eye,
    Extent: _extent,
    Clip: _fixed("np.clip({0}, {1}, {2})"),
    LogAddExp2: _fixed("np.logaddexp2({0}, {1})"),
    Sigmoid: _fixed("sigmoid({0})", "call", "sigmoid"),
    Share: _share,
    Softmax: _fixed("softmax({0})", "call", "softmax"),
    LogSoftmax: _fixed("log_softmax({0})", "call", "log_softmax"),
    LogSumExp: _log_sum_exp,
    SoftmaxPullback: _pulled_back,
    XLogY: _guarded,
    XDivY: _guarded,
    XTimesY: _guarded,
    NormalCdf: _fixed("0.5 * erfc(-np.sqrt(0.5) * {0})", "product", "erfc"),
    RandomMask: _random,
    RandomNormal: _random,
    RandomUniform: _random,
    AbstractFunction: _unknown,
    AbstractElementwise: _unknown,
}
