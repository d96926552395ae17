"""The functions that are compared with JAX and PyTorch, each written once.

The first parameter is the namespace.  Everything that NumPy has is written as in NumPy; what it
lacks (`np.relu`, `np.conv2d`, `np.set`) has the names of `chainrule.numpy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.peers.row import (
    CUBE,
    MATRIX,
    ONE,
    PAIRS,
    SQUARE,
    TWO,
    USUAL,
    Interval,
    Row,
    Samples,
    at,
    words,
)

POSITIVE: Interval = (0.3, 3.0)
INSIDE: Interval = (-0.9, 0.9)
SHARES: Interval = (0.05, 0.95)
NO_DERIVATIVE = 1  # piecewise constant: the first derivative, zero, is all there is to compare
NO_SLOPE = {"torch": "PyTorch refuses to differentiate it"}
NOT_SPELLED = {"torch": "written with NumPy's own methods or settings, which PyTorch lacks"}


def named(
    names: str,
    shapes: Samples,
    *domain: Interval,
    order: int = 2,
    apart: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Row, ...]:
    """A row for each function that is called with arrays alone."""

    def row(name: str) -> Row:
        def function(np: Any, *arrays: Any) -> Any:
            return getattr(np, name)(*arrays)

        return Row(name, function, shapes, domain or USUAL, order, apart=apart)

    return tuple(map(row, words(names)))


ELEMENTWISE: tuple[Row, ...] = (
    *named("negative positive absolute fabs square exp exp2 expm1 sin cos arctan", ONE),
    *named("sinh cosh tanh arcsinh sinc degrees radians deg2rad rad2deg conjugate real", ONE),
    *named("reciprocal sqrt log log2 log10 cbrt", ONE, POSITIVE),
    *named("log1p arcsin arccos arctanh tan", ONE, INSIDE),
    *named("arccosh", ONE, (1.2, 3.0)),
    *named("sign floor ceil trunc rint fix round around", ONE, order=NO_DERIVATIVE),
    *named("imag zeros_like ones_like", ONE, order=NO_DERIVATIVE),
    *named("add subtract multiply maximum minimum fmax fmin logaddexp logaddexp2", TWO),
    *named("hypot copysign", TWO),
    *named("divide power float_power arctan2", TWO, POSITIVE),
    *named("remainder", TWO, (-5.0, 5.0), POSITIVE, order=NO_DERIVATIVE),
    *named("floor_divide divmod", TWO, (-5.0, 5.0), POSITIVE, order=1, apart=NO_SLOPE),
    *named("heaviside", TWO, order=NO_DERIVATIVE, apart=NO_SLOPE),
    Row("operators", lambda np, x, y: -x * y + 2 / (3 + y**2) - (x - 1.5) * 0.5, TWO),
    Row("x ** y", lambda np, x, y: x**y, TWO, (POSITIVE, (-2.0, 2.0))),
    Row("x ** 3 of negatives", lambda np, x: x**3, ONE),
    Row("x ** 0", lambda np, x: x**0, ONE),
    Row("2 ** x", lambda np, x: 2.0**x),
    Row(
        "x % y",
        lambda np, x, y: x % y + x // y,
        TWO,
        ((-5.0, 5.0), POSITIVE),
        NO_DERIVATIVE,
        apart=NO_SLOPE,
    ),
    Row("abs of an operator", lambda np, x: abs(x) + +x),
    Row("where", lambda np, x, y: np.where(x > y, x * y, np.sin(y)), TWO),
    Row("where of a number", lambda np, x: np.where(x > 0, x * x, 0.0)),
    Row("clip", lambda np, x: np.clip(x, -0.5, 1.0)),
    Row("clip one side", lambda np, x: np.clip(x, None, 0.3) + np.clip(x, -0.3, None)),
    Row("clip to arrays", lambda np, x, a: np.clip(x, a - 1, a + 1), TWO),
    Row("nan_to_num", lambda np, x: np.nan_to_num(np.sin(x))),
    Row("round decimals", lambda np, x: np.round(x, 2), order=NO_DERIVATIVE),
    Row("less", lambda np, x, y: np.where(np.less(x, y), x, 2 * y), TWO),
    Row("less_equal", lambda np, x, y: np.where(np.less_equal(x, y), x, 2 * y), TWO),
    Row("greater", lambda np, x, y: np.where(np.greater(x, y), x, 2 * y), TWO),
    Row("greater_equal", lambda np, x, y: np.where(np.greater_equal(x, y), x, 2 * y), TWO),
    Row("equal", lambda np, x, y: np.where(np.equal(x, y), x, 2 * y), TWO),
    Row("not_equal", lambda np, x, y: np.where(np.not_equal(x, y), x, 2 * y), TWO),
    Row("and", lambda np, x: np.where(np.logical_and(x > -1, x < 1), x, x * x)),
    Row("or", lambda np, x: np.where(np.logical_or(x < -1, x > 1), x, x * x)),
    Row("xor", lambda np, x: np.where(np.logical_xor(x < 1, x > -1), x, x * x)),
    Row("not", lambda np, x: np.where(np.logical_not(x < 1), x, x * x)),
    Row("bitwise", lambda np, x: np.where((x > -1) & (x < 1) | (x > 1.5), x, x * x)),
    Row("bitwise xor", lambda np, x: np.where((x > -1) ^ ~(x < 1), x, x * x)),
    Row("isfinite", lambda np, x: np.where(np.isfinite(x) & ~np.isnan(x), x * x, x)),
    Row("isinf", lambda np, x: np.where(np.isinf(x), 0, x * x)),
    Row("full_like", lambda np, x: np.full_like(x, 2.5) * x),
    Row("select", lambda np, x: np.select([x > 1, x > 0], [x, x * x], -x)),
    Row(
        "choose",
        lambda np, x, y: np.choose(at([0, 1, 0], [1, 1, 0]), [x * y, np.sin(x)]),
        (((2, 3), (2, 3)), ((3,), (2, 3))),
    ),
)

SPECIAL: tuple[Row, ...] = (
    *named("erf erfc normal_cdf", ONE),
    *named("xlogy", PAIRS, (0.3, 2.0), POSITIVE),
    *named("sigmoid logistic relu softplus silu swish gelu gelu_tanh", ONE),
    Row("leaky_relu", lambda np, x: np.leaky_relu(x, slope=0.2)),
    Row("elu", lambda np, x: np.elu(x, alpha=1.5)),
    *named("softmax log_softmax", (((2, 3),), ((3,),), ((2, 1),), ((0, 3),))),
    Row("logsumexp", lambda np, x: np.logsumexp(x, axis=0), MATRIX),
    Row("logsumexp of all", lambda np, x: np.logsumexp(x), (((2, 3),), ((1,),), ((),))),
    Row("logsumexp kept", lambda np, x: np.logsumexp(x, axis=-1, keepdims=True), MATRIX),
)

LOSSES: tuple[Row, ...] = (
    *named("squared_error half_squared_error mse absolute_error mae", PAIRS),
    *named("hinge mean_hinge", PAIRS),
    *named("cross_entropy mean_cross_entropy", PAIRS, SHARES),
    *named("binary_cross_entropy mean_binary_cross_entropy", PAIRS, SHARES),
    *named("kl_divergence mean_kl_divergence", PAIRS, SHARES),
    *named("cross_entropy_with_logits mean_cross_entropy_with_logits", PAIRS, (-3, 3), SHARES),
    *named("binary_cross_entropy_with_logits", PAIRS, (-3, 3), SHARES),
    *named("mean_binary_cross_entropy_with_logits", PAIRS, (-3, 3), SHARES),
    Row("huber", lambda np, y, t: np.huber(y, t, delta=0.7), PAIRS),
    Row("mean_huber", lambda np, y, t: np.mean_huber(y, t, delta=0.7), PAIRS),
)

REDUCTIONS: tuple[Row, ...] = (
    *named("sum mean prod", (*ONE[:3], ((2, 1, 3),))),
    *named("max min amax amin var std median ptp", (((2, 3),), ((5,),), ((2, 1, 3),))),
    *named("nansum nanmean nanprod average", MATRIX),
    Row("sum of nothing", lambda np, x: np.sum(x, axis=0), (((0, 3),), ((2, 0),))),
    Row("prod of nothing", lambda np, x: np.prod(x, axis=0), (((0, 3),), ((2, 0),))),
    Row("sum axes", lambda np, x: np.sum(x, axis=(0, -1)), CUBE),
    Row("sum kept", lambda np, x: np.sum(x, axis=1, keepdims=True), CUBE),
    Row("mean axes", lambda np, x: np.mean(x, axis=(0, 2), keepdims=True), CUBE),
    Row("prod axis", lambda np, x: np.prod(x, axis=1), CUBE),
    Row("max axis", lambda np, x: np.max(x, axis=1), CUBE),
    Row("max axes", lambda np, x: np.max(x, axis=(0, 1), keepdims=True), CUBE),
    Row("min axis", lambda np, x: np.min(x, axis=-1), CUBE),
    Row("var ddof", lambda np, x: np.var(x, axis=-1, ddof=1), (((2, 3),), ((4, 2),))),
    Row("std axis", lambda np, x: np.std(x, axis=0, keepdims=True), (((2, 3),), ((4, 2),))),
    Row("median axis", lambda np, x: np.median(x, axis=-1), (((2, 3),), ((3, 4),))),
    Row("ptp axis", lambda np, x: np.ptp(x, axis=0), MATRIX[:1]),
    Row(
        "average weighted",
        lambda np, x, w: np.average(x, axis=0, weights=w),
        (((2, 3), (2, 3)), ((3, 2), (3,))),
        ((-2.0, 2.0), POSITIVE),
    ),
    Row("argmax", lambda np, x: x * np.argmax(x, axis=0), MATRIX),
    Row("argmin", lambda np, x: x * np.argmin(x), MATRIX),
    Row("any", lambda np, x: np.where(np.any(x > 1, axis=0), x, x * x), MATRIX),
    Row("all", lambda np, x: np.where(np.all(x > 0, axis=0), x, x * x), MATRIX),
    Row("count_nonzero", lambda np, x: x * np.count_nonzero(x > 0), MATRIX),
    Row(
        "methods",
        lambda np, x: x.sum(axis=0) * x.mean() + x.max(axis=0) - x.min(),
        MATRIX,
        apart=NOT_SPELLED,
    ),
    Row("spread methods", lambda np, x: x.std(axis=0) + x.var(), (((4, 3),),), apart=NOT_SPELLED),
    Row(
        "add.reduce",
        lambda np, x: np.add.reduce(x) * np.add.reduce(x, axis=None),
        MATRIX,
        apart=NOT_SPELLED,
    ),
    Row(
        "multiply.outer",
        lambda np, x, y: np.multiply.outer(x, y),
        (((2, 3), (2,)),),
        apart=NOT_SPELLED,
    ),
    Row("trapezoid", lambda np, y, x: np.trapezoid(y, x), (((5,), (5,)), ((2, 3), (3,)))),
    Row("trapezoid of steps", lambda np, y: np.trapezoid(y, dx=0.5, axis=0), MATRIX),
)

LINES: tuple[Row, ...] = (
    *named("cumsum cumprod", (*ONE[:3], ((2, 0),))),
    Row("cumsum axis", lambda np, x: np.cumsum(x, axis=0), CUBE),
    Row("cumprod axis", lambda np, x: np.cumprod(x, axis=-2), CUBE),
    Row("add.accumulate", lambda np, x: np.add.accumulate(x, axis=1), CUBE, apart=NOT_SPELLED),
    *named("sort", (((2, 5),), ((1,),), ((2, 0),))),
    Row("sort axis", lambda np, x: np.sort(x, axis=0), (((4, 2),), ((2, 3, 2),))),
    Row("sort flat", lambda np, x: np.sort(x, axis=None), MATRIX),
    Row("argsort", lambda np, x: np.take_along_axis(x**2, np.argsort(x), -1), (((2, 5),),)),
    Row("diff", lambda np, x: np.diff(x), (((2, 5),), ((1,),))),
    Row("diff twice", lambda np, x: np.diff(x, n=2, axis=0), (((4, 2),),)),
    Row(
        "diff from",
        lambda np, x: np.diff(x, prepend=0.0, append=1.0),
        (((2, 3),),),
        apart=NOT_SPELLED,
    ),
    Row("recurrence", lambda np, a, b: np.recurrence(a, b), (((4, 2), (4, 2)), ((1,), (1,)))),
)


def norm(name: str, shapes: Samples = MATRIX, **settings: Any) -> Row:
    """A row for `np.linalg.norm` with these settings."""
    return Row(f"norm {name}", lambda np, x: np.linalg.norm(x, **settings), shapes)


NORMS: tuple[Row, ...] = (
    norm("", (((2, 3),), ((3,),), ((1,),), ((2, 2, 2),))),
    norm("axis", axis=0),
    norm("kept", axis=(0, 1), keepdims=True),
    norm("1", (((3,),),), ord=1),
    norm("3", (((3,),),), ord=3),
    norm("0.5", (((3,),),), ord=0.5),
    norm("inf", (((3,),),), ord=float("inf")),
    norm("-inf", (((3,),),), ord=-float("inf")),
    norm("of a matrix 1", ord=1),
    norm("of a matrix inf", ord=float("inf")),
    norm("fro", ord="fro"),
    norm("of a matrix 2", ord=2),
    norm("nuc", ord="nuc"),
    Row("vector_norm", lambda np, x: np.linalg.vector_norm(x, axis=0, ord=4), MATRIX),
    Row("matrix_norm", lambda np, x: np.linalg.matrix_norm(x, ord=1), CUBE),
)


def firm(np: Any, a: Any) -> Any:
    """a + 4 I: far from singular."""
    return a + 4 * np.eye(a.shape[-1])


def definite(np: Any, a: Any) -> Any:
    """A symmetric positive definite matrix."""
    return np.matmul(a, np.swapaxes(a, -1, -2)) + np.eye(a.shape[-1])


def symmetric(np: Any, a: Any) -> Any:
    """A symmetric matrix; the peers take halves of both triangles, the library reads one."""
    return a + np.swapaxes(a, -1, -2)


def eigenvectors(np: Any, a: Any) -> Any:
    """Eigenvectors whose first entry is positive: their signs are anyone's choice."""
    _, v = np.linalg.eigh(symmetric(np, a))
    return v * np.sign(v[..., :1, :])


def singular_vectors(np: Any, a: Any) -> Any:
    """U, S and Vᵀ, the first entry of each column of U positive."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    signs = np.sign(u[..., :1, :])
    return u * signs, s, vh * np.swapaxes(signs, -1, -2)


PRODUCTS: tuple[Row, ...] = (
    Row(
        "matmul",
        lambda np, a, b: np.matmul(a, b),
        (((2, 3), (3, 4)), ((3,), (3,)), ((2, 2, 3), (3, 1)), ((3,), (2, 3, 2)), ((2, 0), (0, 3))),
    ),
    Row("@", lambda np, a, b: a @ b, (((2, 3), (3,)), ((5, 1, 2, 3), (2, 3, 2)))),
    Row("linalg.matmul", lambda np, a, b: np.linalg.matmul(a, b), (((2, 3), (3, 4)),)),
    Row("matvec", lambda np, a, x: np.matvec(a, x), (((2, 3), (3,)), ((4, 2, 3), (4, 3)))),
    Row("vecmat", lambda np, x, a: np.vecmat(x, a), (((2,), (2, 3)), ((4, 2), (4, 2, 3)))),
    Row("vecdot", lambda np, a, b: np.vecdot(a, b), (((2, 3), (3,)), ((3,), (3,)))),
    Row("linalg.vecdot", lambda np, a, b: np.linalg.vecdot(a, b), PAIRS),
    *named("dot", (((2, 3), (3, 4)), ((3,), (3,)), ((), (2, 3)), ((2, 3), (4, 3, 2)))),
    *named("inner", (((2, 3), (4, 3)), ((3,), (3,)), ((), (3,)))),
    *named("vdot", PAIRS),
    *named("outer", (((3,), (2,)), ((2, 2), (3,)))),
    Row("linalg.outer", lambda np, a, b: np.linalg.outer(a, b), (((3,), (2,)),)),
    *named("kron", (((2, 2), (2, 3)), ((3,), (2,)))),
    *named("cross", (((3,), (3,)), ((2, 3), (2, 3)))),
    Row("linalg.cross", lambda np, a, b: np.linalg.cross(a, b), (((2, 3), (2, 3)),)),
    Row("tensordot", lambda np, a, b: np.tensordot(a, b), (((4, 2, 3), (2, 3, 5)),)),
    Row(
        "tensordot axes",
        lambda np, a, b: np.tensordot(a, b, axes=((0, 2), (2, 0))),
        (((2, 3, 4), (4, 1, 2)),),
    ),
    Row(
        "linalg.tensordot",
        lambda np, a, b: np.linalg.tensordot(a, b, axes=1),
        (((2, 3), (3, 2)),),
    ),
    Row("einsum", lambda np, a, b: np.einsum("ij,jk->ik", a, b), (((2, 3), (3, 4)),)),
    Row("einsum batch", lambda np, a, b: np.einsum("bij,bj->bi", a, b), (((2, 2, 3), (2, 3)),)),
    Row("einsum diagonal", lambda np, a: np.einsum("ii->i", a), (((3, 3),),)),
    Row(
        "einsum of three", lambda np, a, b, c: np.einsum("i,ij,j", a, b, c), (((2,), (2, 3), (3,)),)
    ),
    Row("einsum ...", lambda np, a, b: np.einsum("...ij,...j", a, b), (((4, 2, 3), (3,)),)),
    Row(
        "multi_dot", lambda np, a, b, c: np.linalg.multi_dot([a, b, c]), (((2, 3), (3, 4), (4, 1)),)
    ),
    Row("matrix_power", lambda np, a: np.linalg.matrix_power(a, 3), SQUARE),
    Row("matrix_power -2", lambda np, a: np.linalg.matrix_power(firm(np, a), -2), SQUARE),
    Row("matrix_power 0", lambda np, a: np.linalg.matrix_power(a, 0), SQUARE),
)

LINEAR_ALGEBRA: tuple[Row, ...] = (
    Row("inv", lambda np, a: np.linalg.inv(firm(np, a)), SQUARE),
    Row(
        "solve",
        lambda np, a, b: np.linalg.solve(firm(np, a), b),
        (((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (2, 3, 1)), ((1, 1), (1,))),
    ),
    Row("det", lambda np, a: np.linalg.det(a), SQUARE),
    Row("det of 4", lambda np, a: np.linalg.det(a), (((4, 4),),)),
    Row("slogdet", lambda np, a: np.linalg.slogdet(a), SQUARE),
    Row("cholesky", lambda np, a: np.linalg.cholesky(definite(np, a)), SQUARE),
    Row("cholesky upper", lambda np, a: np.linalg.cholesky(definite(np, a), upper=True), SQUARE),
    Row("eigvalsh", lambda np, a: np.linalg.eigvalsh(symmetric(np, a)), SQUARE),
    Row("eigh values", lambda np, a: np.linalg.eigh(symmetric(np, a))[0], SQUARE),
    Row("eigh vectors", eigenvectors, SQUARE),
    Row("svd", singular_vectors, (((3, 2),), ((2, 3),), ((2, 2, 2),))),
    Row("svdvals", lambda np, a: np.linalg.svdvals(a), (((3, 2),), ((2, 2, 3),))),
    Row("pinv", lambda np, a: np.linalg.pinv(a), (((3, 2),), ((2, 3),))),
    Row("qr", lambda np, a: np.linalg.qr(a), (((3, 2),), ((3, 3),), ((2, 3, 2),))),
    Row("qr r", lambda np, a: np.linalg.qr(a, mode="r"), (((3, 2),),)),
    Row("trace", lambda np, a: np.trace(a) + np.trace(a, offset=1), MATRIX[:1]),
    Row("linalg.trace", lambda np, a: np.linalg.trace(a), CUBE),
    *named("diag diagflat", (((3,),), ((1,),))),
    Row("diag of a matrix", lambda np, a: np.diag(a), (((2, 3),), ((3, 3),))),
    Row("diag above", lambda np, v: np.diag(v, k=1), (((2,),),), apart=NOT_SPELLED),
    Row("diagonal", lambda np, a: np.diagonal(a, offset=-1, axis1=1, axis2=2), CUBE),
    Row("linalg.diagonal", lambda np, a: np.linalg.diagonal(a, offset=1), CUBE[:1]),
    *named("tril triu", (((2, 3),), ((3, 3),), ((2, 3, 2),))),
    Row("tril below", lambda np, a: np.tril(a, -1) + np.triu(a, 1), (((3, 3),),)),
    Row("linalg.matrix_transpose", lambda np, a: np.linalg.matrix_transpose(a), CUBE),
    *named("matrix_transpose", CUBE),
)
