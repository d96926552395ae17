"""Expressions, what is declared of their inputs, and what is known of them then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node, Shape, constant, fresh, variable
from chainrule.graph.record import Record
from chainrule.graph.sizes import named_sizes
from chainrule.ops import (
    activation,
    advanced_indexing,
    arithmetic,
    choice,
    cumulative,
    determinant,
    diagonals,
    elementary,
    exponential,
    factorization,
    guarded,
    hyperbolic,
    indexing,
    limiting,
    linear,
    losses,
    making,
    norms,
    product,
    reduction,
    roots,
    rounding,
    shaping,
    singular,
    solving,
    sorting,
    special,
    tensor_products,
    trigonometric,
)
from chainrule.ops.assuming import assume
from chainrule.ops.broadcasting import broadcast, cast, reshape
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import log_softmax, softmax
from chainrule.ops.transposition import permute, transpose

Given = tuple[Shape, tuple[Fact, ...]]

POS, NEG = Fact.POSITIVE, Fact.NEGATIVE
NONNEG, NONPOS, NONZERO = Fact.NONNEGATIVE, Fact.NONPOSITIVE, Fact.NONZERO
SMALL, BOOL, INT = Fact.AT_MOST_ONE, Fact.BOOLEAN, Fact.INTEGER
ROWS, HOT = Fact.ROWS_SUM_TO_ONE, Fact.ONE_HOT
SYM, SKEW, DIAG = Fact.SYMMETRIC, Fact.SKEW_SYMMETRIC, Fact.DIAGONAL
DEF, ORTH, INV = Fact.POSITIVE_DEFINITE, Fact.ORTHOGONAL, Fact.INVERTIBLE


class Row(Record):
    """`build` of inputs with these shapes and facts; what is known, and what is not (None)."""

    name: str
    build: Callable[..., Node]
    given: tuple[Given, ...]
    known: Mapping[Fact, bool | None]

    def inputs(self) -> list[Node]:
        """Fresh inputs."""
        return [variable(shape) for shape, _ in self.given]


def v(*facts: Fact) -> Given:
    """A vector of which these facts are declared."""
    return (3,), facts


def m(*facts: Fact) -> Given:
    """A square matrix."""
    return (3, 3), facts


def named(x: Node) -> Node:
    """The same quantity under another name."""
    return fresh(Same(), x)


def plain(operation: Any) -> Callable[..., Node]:
    """The operation as it stands, which no operator makes shorter."""
    return lambda *inputs: operation(*inputs)


add, subtract, multiply = arithmetic.add, arithmetic.subtract, arithmetic.multiply
negate, divide = arithmetic.negate, arithmetic.divide


def power(exponent: float) -> Callable[[Node], Node]:
    """x^exponent."""
    return arithmetic.PowerOf(exponent)


SIGNS: tuple[Row, ...] = (
    Row("+ + +", add, (v(POS), v(POS)), {POS: True, NEG: False, INT: None}),
    Row("+ + 0", add, (v(POS), v(NONNEG)), {POS: True}),
    Row("0 + 0", add, (v(NONNEG), v(NONNEG)), {NONNEG: True, POS: None}),
    Row("+ + −", add, (v(POS), v(NEG)), {POS: None, NONNEG: None, NONZERO: None}),
    Row("+ − −", subtract, (v(POS), v(NEG)), {POS: True}),
    Row("+ − +", subtract, (v(POS), v(POS)), {NONNEG: None, NONPOS: None}),
    Row("x − x", lambda x: subtract(x, x), (v(),), {NONNEG: True, NONPOS: True, POS: False}),
    Row("−(+)", negate, (v(POS),), {NEG: True, NONNEG: False}),
    Row("−(≤ 0)", negate, (v(NONPOS),), {NONNEG: True, POS: None}),
    Row("− · −", multiply, (v(NEG), v(NEG)), {POS: True}),
    Row("− · +", multiply, (v(NEG), v(POS)), {NEG: True}),
    Row("− · 0", multiply, (v(NEG), v(NONNEG)), {NONPOS: True, NEG: None}),
    Row("? · +", multiply, (v(), v(POS)), {NONNEG: None, NONZERO: None}),
    Row("≠ · ≠", multiply, (v(NONZERO), v(NONZERO)), {NONZERO: True, POS: None}),
    Row("x · x", lambda x: multiply(x, x), (v(),), {NONNEG: True, POS: None}),
    Row("x · x, x ≠ 0", lambda x: multiply(x, x), (v(NONZERO),), {POS: True}),
    Row("xtimesy", elementary.XTimesY(), (v(NEG), v(POS)), {NEG: True}),
    Row("− / +", divide, (v(NEG), v(POS)), {NEG: True}),
    Row("+ / ≥ 0", divide, (v(POS), v(NONNEG)), {POS: True}),
    Row("+ / ?", divide, (v(POS), v()), {NONNEG: None, NONZERO: True}),
    Row("+ or zero", guarded.divide_or_zero, (v(POS), v(NONNEG)), {NONNEG: True, POS: None}),
    Row("xdivy", elementary.XDivY(), (v(NEG), v(POS)), {NEG: True}),
    Row("x²", power(2.0), (v(),), {NONNEG: True, POS: None}),
    Row("x², x ≠ 0", power(2.0), (v(NEG),), {POS: True}),
    Row("x³", power(3.0), (v(NEG),), {NEG: True}),
    Row("x³ of any", power(3.0), (v(),), {NONNEG: None}),
    Row("x⁰", power(0.0), (v(),), {POS: True}),
    Row("x^-2", power(-2.0), (v(NONZERO),), {POS: True}),
    Row("x^-1", power(-1.0), (v(NONNEG, NONZERO),), {POS: True}),
    Row("x^1.5", power(1.5), (v(NONNEG),), {NONNEG: True, POS: None}),
    Row("x^1.5, x any", power(1.5), (v(),), {NONNEG: True, POS: None}),
    Row("x^0.5, +", power(0.5), (v(POS),), {POS: True}),
    Row("a^b", arithmetic.Power(), (v(POS), v()), {POS: True}),
    Row("a^b, a ≥ 0", arithmetic.Power(), (v(NONNEG), v(POS)), {NONNEG: True, POS: None}),
    Row("exp", elementary.exp, (v(),), {POS: True, SMALL: None}),
    Row("log of a share", elementary.log, (v(POS, SMALL),), {NONPOS: True, NEG: None}),
    Row("log", elementary.log, (v(POS),), {NONNEG: None, NONPOS: None}),
    Row("√", elementary.sqrt, (v(POS),), {POS: True}),
    Row("√, ≥ 0", elementary.sqrt, (v(NONNEG),), {NONNEG: True, POS: None}),
    Row("√ of a share", elementary.sqrt, (v(NONNEG, SMALL),), {SMALL: True}),
    Row("|x|", choice.absolute, (v(NEG),), {POS: True}),
    Row("|x| of any", choice.absolute, (v(),), {NONNEG: True, NONZERO: None}),
    Row("square", roots.Square(), (v(NONZERO),), {POS: True}),
    Row("reciprocal", roots.Reciprocal(), (v(NEG),), {NEG: True}),
    Row("relu", activation.relu, (v(),), {NONNEG: True, POS: None}),
    Row("relu, +", activation.relu, (v(POS),), {POS: True}),
    Row("relu, −", activation.relu, (v(NEG),), {NONPOS: True}),
    Row("relu, ≤ 1", activation.relu, (v(SMALL),), {SMALL: True}),
    Row("leaky relu", activation.LeakyRelu(0.1), (v(NEG),), {NEG: True}),
    Row("elu", activation.Elu(1.0), (v(NEG),), {NEG: True}),
    Row("max, +", choice.maximum, (v(POS), v()), {POS: True}),
    Row("max", choice.maximum, (v(NEG), v(NONPOS)), {NONPOS: True, NEG: None}),
    Row("min, −", choice.minimum, (v(NEG), v()), {NEG: True, SMALL: True}),
    Row("min, ≤ 1", choice.minimum, (v(), v(SMALL)), {SMALL: True, NONNEG: None}),
    Row("fmax", limiting.FMax(), (v(POS), v()), {POS: True}),
    Row("fmin", limiting.FMin(), (v(POS), v(POS, SMALL)), {POS: True, SMALL: True}),
    Row("clip", limiting.Clip(), (v(), v(POS), v(POS, SMALL)), {POS: True, SMALL: True}),
    Row("clip, whole", limiting.Clip(), (v(INT), v(INT), v(INT)), {INT: True, NONNEG: None}),
    *(
        Row(one.name, one, (v(NEG, *more),), {NEG: True})
        for one, more in (
            (activation.tanh, ()),
            (hyperbolic.Sinh(), ()),
            (hyperbolic.Arcsinh(), ()),
            (trigonometric.Arctan(), ()),
            (special.Erf(), ()),
            (roots.CubeRoot(), ()),
            (exponential.Expm1(), ()),
        )
    ),
    *(
        Row(f"{one.name}, +", lambda x, one=one: one(x / 4), (v(POS),), {POS: True})
        for one in (
            hyperbolic.Arctanh(),
            trigonometric.Arcsin(),
            exponential.Log1p(),
            choice.Sign(),
        )
    ),
    Row("floor", rounding.floor, (v(POS),), {NONNEG: True, INT: True, POS: None}),
    Row("floor, −", rounding.floor, (v(NEG),), {NEG: True}),
    Row("ceil", rounding.ceil, (v(NEG),), {NONPOS: True, INT: True, NEG: None}),
    Row("ceil, +", rounding.ceil, (v(POS),), {POS: True}),
    Row("trunc", rounding.trunc, (v(NEG, SMALL),), {NONPOS: True, INT: True, NONZERO: None}),
    Row("round", rounding.Round(1), (v(POS),), {NONNEG: True, INT: None}),
    Row("sum", reduction.sum_, (v(POS),), {POS: True}),
    Row("sum, ≥ 0", reduction.sum_, (v(NONNEG),), {NONNEG: True, POS: None}),
    Row("sum of none", reduction.sum_, (((0,), (POS,)),), {POS: False, NONNEG: True}),
    Row("mean", reduction.mean, (v(NEG),), {NEG: True}),
    Row("mean of shares", reduction.mean, (v(SMALL),), {SMALL: True, NONNEG: None}),
    Row("largest", reduction.max_, (v(BOOL),), {BOOL: True, POS: None}),
    Row("product", product.prod, (v(POS),), {POS: True}),
    Row("product, ≠ 0", product.prod, (v(NEG),), {NONZERO: True}),
    Row("cumsum", cumulative.CumulativeSum(-1), (v(NEG),), {NEG: True}),
    Row("cumprod", cumulative.CumulativeProduct(-1), (v(NEG),), {NONZERO: True}),
    Row("norm", norms.norm, (v(NONZERO),), {POS: True}),
    Row("norm of any", norms.norm, (v(),), {NONNEG: True, POS: None}),
    Row("3-norm", norms.NormOf((0,), False, 3.0), (v(NEG),), {POS: True}),
    Row("+ @ +", linear.matmul, (m(POS), v(POS)), {POS: True}),
    Row("+ @ −", linear.matmul, (m(NONNEG), m(NEG)), {NONPOS: True, NEG: None}),
    Row("outer", linear.outer, (v(NEG), v(POS)), {NEG: True, SYM: None}),
    Row(
        "einsum",
        lambda a, b: linear.einsum(a, b, terms=("ij", "ij"), result="i"),
        (m(NEG), m(NEG)),
        {POS: True},
    ),
    Row("loss", losses.half_squared_error, (v(), v()), {NONNEG: True, POS: None}),
)

ENTRIES: tuple[Row, ...] = (
    Row("a size", lambda: making.extent(named_sizes("n")["n"]), (), {POS: True, INT: True}),
    Row("a name", named, (v(HOT),), {HOT: True, NEG: False}),
    Row("an assumption", lambda x: assume(x, known=("integer",)), (v(INT),), {INT: True}),
    Row("a precision", lambda x: cast(x, np.dtype(np.float32)), (v(BOOL),), {BOOL: True}),
    Row("a comparison", lambda x, y: cast(x > y, np.dtype(float)), (v(), v()), {BOOL: True}),
    Row("another shape", lambda x: reshape(x, to=(9,)), (m(POS, SMALL),), {POS: True, SMALL: True}),
    Row("rows reshaped", lambda x: reshape(x, to=(3, 1, 3)), (m(HOT),), {HOT: True}),
    Row("rows cut", lambda x: reshape(x, to=(9,)), (m(HOT),), {BOOL: True}),
    Row("matrix reshaped", lambda x: reshape(x, to=(1, 3, 3)), (m(DEF),), {DEF: True}),
    Row("repeated", lambda x: broadcast(x, to=(2, 3)), (v(HOT),), {HOT: True, NEG: False}),
    Row("a number repeated", lambda x: broadcast(x, to=(3, 3)), (((), ()),), {SYM: True}),
    Row("columns repeated", lambda x: broadcast(x, to=(3, 3)), (((3, 1), ()),), {SYM: None}),
    Row("an entry", lambda x: x[1], (v(BOOL),), {BOOL: True, POS: None}),
    Row("a row", lambda x: x[1], (m(HOT),), {HOT: True}),
    Row("a column", lambda x: x[:, 1], (m(HOT),), {BOOL: True, HOT: None}),
    Row("part of a row", lambda x: x[1:], (v(HOT),), {BOOL: True, HOT: None}),
    Row("a matrix of a stack", lambda x: x[1], (((2, 3, 3), (ORTH,)),), {ORTH: True}),
    Row("part of a matrix", lambda x: x[:2, 1:], (m(SYM),), {SYM: None}),
    Row(
        "gathered",
        lambda x: indexing.gather(x, constant([2, 0], np.int64), 1),
        (v(NEG, INT),),
        {NEG: True, INT: True},
    ),
    Row(
        "taken",
        lambda x: advanced_indexing.TakeAlong(0)(x, constant([2, 0], np.int64)),
        (v(NONPOS),),
        {NONPOS: True},
    ),
    Row("sorted", sorting.Sort(-1), (v(NEG),), {NEG: True}),
    Row("joined", shaping.concatenate, (v(POS), v(BOOL)), {NONNEG: True, POS: None}),
    Row("rows joined", shaping.concatenate, (m(HOT), m(ROWS)), {ROWS: True, HOT: None}),
    Row("stacked", shaping.stack, (v(HOT), v(HOT)), {HOT: True}),
    Row(
        "stacked as columns",
        lambda a, b: shaping.stack(a, b, axis=1),
        (v(HOT), v(HOT)),
        {BOOL: True},
    ),
    Row("matrices stacked", shaping.stack, (m(DEF), m(ORTH)), {INV: True, SYM: None}),
    Row("two branches", choice.where, (v(), v(POS), v(NONNEG)), {NONNEG: True, POS: None}),
    Row("placed", lambda x: indexing.place(x, ((1, 4, 1),), (5,)), (v(BOOL),), {BOOL: True}),
    Row("placed, +", lambda x: indexing.place(x, ((1, 4, 1),), (5,)), (v(POS),), {NONNEG: True}),
    Row("whole numbers", lambda a, b: add(multiply(a, b), a), (v(INT), v(INT)), {INT: True}),
    Row("whole sums", reduction.sum_, (v(INT),), {INT: True}),
    Row("whole products", linear.matmul, (m(INT), v(INT)), {INT: True}),
    Row("whole numbers, halved", lambda x: x / 2, (v(INT),), {INT: None}),
    Row("sign", choice.Sign(), (v(),), {INT: True, SMALL: True, BOOL: None}),
    Row("less than a share", subtract, (v(SMALL), v(NONNEG)), {SMALL: True}),
    Row("more than a share", add, (v(SMALL), v(NONPOS)), {SMALL: True}),
    Row("shares added", add, (v(SMALL), v(SMALL)), {SMALL: None}),
    Row("1 − share", lambda x: 1 - x, (v(SMALL),), {NONNEG: True, SMALL: None}),
    Row("1 − share ≥ 0", lambda x: 1 - x, (v(NONNEG, SMALL),), {NONNEG: True, SMALL: True}),
    Row("1 − truth", lambda x: 1 - x, (v(BOOL),), {BOOL: True}),
    Row("share − 1", lambda x: x - 1, (v(SMALL),), {NONPOS: True}),
    Row("share − ½", lambda x: x - 0.5, (v(SMALL),), {SMALL: True, NONPOS: None}),
    Row("2 − share", lambda x: 2 - x, (v(NONNEG, SMALL),), {INT: None}),
    Row("shares of shares", multiply, (v(NONNEG, SMALL), v(NONNEG, SMALL)), {SMALL: True}),
    Row("small times small", multiply, (v(SMALL), v(SMALL)), {SMALL: None}),
    Row("and", multiply, (v(BOOL), v(BOOL)), {BOOL: True}),
    Row("a share squared", power(2.0), (v(NONNEG, SMALL),), {SMALL: True}),
    Row("truth squared", power(2.0), (v(BOOL),), {BOOL: True}),
    Row("whole squared", power(2.0), (v(INT),), {INT: True}),
    Row("whole, inverted", power(-1.0), (v(INT, NONZERO),), {INT: None}),
    Row("sigmoid", lambda x: activation.sigmoid(x), (v(),), {POS: True, SMALL: True}),
    Row(
        "slope of sigmoid",
        lambda x: activation.sigmoid(x) * (1 - activation.sigmoid(x)),
        (v(),),
        {NONNEG: True, SMALL: True},
    ),
)

ROWS_: tuple[Row, ...] = (
    Row("softmax", softmax, (m(),), {ROWS: True, POS: True, SMALL: True}),
    Row("log softmax", log_softmax, (m(),), {NONPOS: True}),
    Row("sum of rows", lambda x: reduction.sum_(x, axis=1), (m(ROWS),), {BOOL: True, POS: True}),
    Row("sum of columns", lambda x: reduction.sum_(x, axis=0), (m(ROWS),), {POS: None}),
    Row("mean of rows", lambda x: reduction.mean(x, axis=0), (m(ROWS),), {ROWS: True}),
    Row("mean along rows", lambda x: reduction.mean(x, axis=1), (m(NEG),), {NEG: True}),
    Row("by the sum", lambda x: x / reduction.sum_(x), (v(POS),), {ROWS: True, SMALL: True}),
    Row(
        "by the sum of each row",
        lambda x: x / reduction.sum_(x, axis=1, keepdims=True),
        (m(POS),),
        {ROWS: True, SMALL: True},
    ),
    Row(
        "by the sum of each column",
        lambda x: x / reduction.sum_(x, axis=0, keepdims=True),
        (m(POS),),
        {ROWS: None},
    ),
    Row("by another sum", lambda x: x / reduction.sum_(x, axis=1), (m(POS),), {ROWS: None}),
    Row("rows transposed", transpose, (m(ROWS),), {ROWS: None}),
    Row("symmetric rows transposed", transpose, (m(ROWS, SYM),), {ROWS: True}),
    Row("stack transposed", lambda x: permute(x, (1, 0, 2)), (((2, 3, 3), (HOT,)),), {HOT: True}),
    Row("rows of rows", linear.matmul, (m(ROWS), m(ROWS)), {ROWS: True}),
    Row("rows @ vector", linear.matmul, (m(ROWS), v(ROWS)), {ROWS: None}),
    Row("chosen row", linear.matmul, (v(HOT), m(NEG, INT)), {NEG: True, INT: True}),
    Row("chosen rows", linear.matmul, (m(HOT), m(HOT)), {HOT: True}),
    Row("weighted", linear.matmul, (v(NONNEG, ROWS), m(SMALL)), {SMALL: True, NONNEG: None}),
    Row("label − label", subtract, (v(HOT), v(HOT)), {INT: True, SMALL: True, NONNEG: None}),
    Row("labels added", add, (v(HOT), v(HOT)), {INT: True, SMALL: None}),
)

MATRICES: tuple[Row, ...] = (
    Row("identity", lambda: making.eye(3), (), {DEF: True, ORTH: True, DIAG: True, HOT: True}),
    Row("Aᵀ", transpose, (m(SYM),), {SYM: True}),
    Row("Aᵀ, skew", transpose, (m(SKEW),), {SKEW: True}),
    Row("A + Aᵀ", lambda a: a + transpose(a), (m(),), {SYM: True, DIAG: None}),
    Row("Aᵀ + A", lambda a: transpose(a) + named(a), (m(),), {SYM: True}),
    Row("A − Aᵀ", lambda a: a - transpose(a), (m(),), {SKEW: True}),
    Row("A + B", add, (m(), m()), {SYM: None}),
    Row("S + S", add, (m(SYM), m(SYM)), {SYM: True}),
    Row("S ⊙ S", multiply, (m(SYM), m(SYM)), {SYM: True}),
    Row("S ⊙ A", multiply, (m(SYM), m()), {SYM: None}),
    Row("S ⊙ skew", multiply, (m(SYM), m(SKEW)), {SKEW: True}),
    Row("skew ⊙ skew", multiply, (m(SKEW), m(SKEW)), {SYM: True}),
    Row("e^S", elementary.exp, (m(SYM),), {SYM: True}),
    Row("skew + skew", add, (m(SKEW), m(SKEW)), {SKEW: True}),
    Row("diag − diag", subtract, (m(DIAG), m(DIAG)), {DIAG: True}),
    Row("P + P", add, (m(DEF), m(DEF)), {DEF: True}),
    Row("P − P", subtract, (m(DEF), m(DEF)), {DEF: None}),
    Row("2 P", lambda a: 2 * a, (m(DEF),), {DEF: True}),
    Row("c A", lambda c, a: c * a, (((), (NONZERO,)), m(INV)), {INV: True}),
    Row("c A, any c", lambda c, a: c * a, (((), ()), m(INV)), {INV: None}),
    Row(
        "−2 P",
        lambda a: multiply(constant(-2.0) * making.ones((3, 3)), a),
        (m(DEF),),
        {INV: True},
    ),
    Row(
        "A c", lambda c, a: multiply(a, broadcast(c, to=(3, 3))), (((), ()), m(SKEW)), {SKEW: True}
    ),
    Row("A / c", lambda c, a: a / c, (((), ()), m(INV)), {INV: True}),
    Row("diag ⊙ A", multiply, (m(DIAG), m()), {DIAG: True}),
    Row("diag / A", divide, (m(DIAG), m(NONZERO)), {DIAG: True}),
    Row("−A", negate, (m(ORTH),), {ORTH: True}),
    Row("−P", negate, (m(DEF),), {SYM: True, INV: True}),
    Row("tanh of diag", activation.tanh, (m(DIAG),), {DIAG: True}),
    Row("diag²", power(2.0), (m(DIAG),), {DIAG: True}),
    Row("diag⁰", power(0.0), (m(DIAG),), {SYM: True}),
    Row("diag(x)", diagonals.diag, (v(POS),), {DEF: True, NONNEG: True}),
    Row("diag(x), ≠ 0", diagonals.diag, (v(NONZERO),), {INV: True, DEF: None}),
    Row("diag(x), any", diagonals.diag, (v(),), {DIAG: True, INV: None}),
    Row(
        "off-diagonal",
        lambda x: diagonals.diag(x, offset=1),
        (v(POS),),
        {NONNEG: True},
    ),
    Row("diagonal of P", diagonals.diag, (m(DEF),), {POS: True}),
    Row("diagonal of skew", diagonals.diag, (m(SKEW),), {NONNEG: True, NONPOS: True}),
    Row(
        "off-diagonal of diag",
        lambda a: diagonals.diag(a, offset=1),
        (m(DIAG),),
        {NONPOS: True, NONNEG: True},
    ),
    Row("trace of P", diagonals.trace, (m(DEF),), {POS: True}),
    Row("triangle", diagonals.tril, (m(SYM, NONNEG),), {NONNEG: True, SYM: None}),
    Row("triangle of diag", diagonals.triu, (m(DIAG),), {DIAG: True}),
    Row("Q Q", linear.matmul, (m(ORTH), m(ORTH)), {ORTH: True}),
    Row("A B", linear.matmul, (m(INV), m(INV)), {INV: True, SYM: None}),
    Row("S S'", linear.matmul, (m(SYM), m(SYM)), {SYM: None}),
    Row("S S", lambda s: linear.matmul(s, s), (m(SYM),), {SYM: True}),
    Row("diag diag", linear.matmul, (m(DIAG), m(DIAG)), {DIAG: True}),
    Row("A Aᵀ", lambda a: a @ transpose(a), (((3, 2), ()),), {SYM: True}),
    Row("A Aᵀ, square", lambda a: a @ transpose(a), (m(),), {SYM: True, DEF: None}),
    Row("Aᵀ A", lambda a: transpose(a) @ a, (((3, 2), ()),), {SYM: True}),
    Row("A Aᵀ, A invertible", lambda a: a @ transpose(a), (m(INV),), {DEF: True}),
    Row("Aᵀ S A", lambda a, s: transpose(a) @ s @ a, (((3, 2), ()), m(SYM)), {SYM: True}),
    Row("Aᵀ (S A)", lambda a, s: transpose(a) @ (s @ a), (((3, 2), ()), m(SYM)), {SYM: True}),
    Row("Aᵀ P A", lambda a, s: transpose(a) @ s @ a, (m(INV), m(DEF)), {DEF: True}),
    Row("Aᵀ skew A", lambda a, s: transpose(a) @ s @ a, (m(), m(SKEW)), {SKEW: True}),
    Row("Aᵀ B A", lambda a, s: transpose(a) @ s @ a, (m(), m()), {SYM: None}),
    Row("stack of A Aᵀ", lambda a: a @ permute(a, (0, 2, 1)), (((2, 3, 3), ()),), {SYM: True}),
    Row("stack @ vectors", lambda a, x: a @ x, (((3, 3, 3), ()), v()), {SYM: None}),
    Row("x xᵀ", lambda x: linear.outer(x, x), (v(),), {SYM: True}),
    Row("x xᵀ of shares", lambda x: linear.outer(x, x), (v(BOOL),), {SYM: True, BOOL: True}),
    Row("Kronecker", tensor_products.kron, (m(DEF), m(DEF)), {DEF: True}),
    Row("Kronecker, orthogonal", tensor_products.kron, (m(ORTH), m(ORTH)), {ORTH: True}),
    Row("S³", tensor_products.MatrixPower(3), (m(SYM),), {SYM: True, DEF: None}),
    Row("P³", tensor_products.MatrixPower(3), (m(DEF),), {DEF: True}),
    Row("P⁻¹", solving.inverse, (m(DEF),), {DEF: True}),
    Row("Q⁻¹", solving.inverse, (m(ORTH),), {ORTH: True}),
    Row("S⁻¹", solving.inverse, (m(SYM, INV),), {SYM: True, INV: True, DEF: None}),
    Row("rows⁻¹", solving.inverse, (m(ROWS, INV),), {ROWS: True}),
    Row("det of P", determinant.det, (m(DEF),), {POS: True}),
    Row("det", determinant.det, (m(INV),), {NONZERO: True, POS: None}),
    Row("cholesky", factorization.cholesky, (m(DEF),), {INV: True, SYM: None}),
    Row("eigenvalues of P", factorization.eigvalsh, (m(DEF),), {POS: True}),
    Row("eigenvalues", factorization.eigvalsh, (m(SYM, INV),), {NONZERO: True, POS: None}),
    Row("eigenvectors", factorization.eigvecsh, (m(SYM),), {ORTH: True}),
    Row("singular values", singular.SingularValues(), (m(),), {NONNEG: True, POS: None}),
    Row("singular values, invertible", singular.SingularValues(), (m(INV),), {POS: True}),
)

ALL_ROWS: tuple[Row, ...] = (*SIGNS, *ENTRIES, *ROWS_, *MATRICES)
