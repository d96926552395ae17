"""Files whose operations or settings ask for too much, and what has to come of each."""

from __future__ import annotations

from tests.cli.hostile import LARGE, UNFOLDS, VALUES, WORK, Hostile, lines

__all__ = ["OPERATIONS"]

IMAGE = "x = [[[[1, 2], [3, 4]]]]\n"
MATRIX = "a = random_uniform(7, shape=[{n}, {n}])\n"
EMPTY = "x = [[1, 2]]\n"  # x[1:] has no rows, x[:, :0] no columns
LONG_LIST = f"[{', '.join(map(str, range(22_000)))}]"


def nested(body: str, count: int) -> str:
    """The derivative of that order of a function of one number."""
    return f"f(a) = {body}\n{'D(' * count}f{')' * count}(2)"


def of_matrix(question: str, rows: int) -> str:
    """A question about a random square matrix `a`."""
    return MATRIX.format(n=rows) + question


WORKING = [
    Hostile("singular values", of_matrix("svdvals(a)", 1000), says=WORK),
    Hostile("singular values that fit", of_matrix("svdvals(a)", 300), prints="300 entries"),
    Hostile("singular vectors", of_matrix("l = sum(svd_u(a))\ndl/da", 250), prints="250 × 250"),
    Hostile("eigenvectors", of_matrix("eigvecsh(a)", 1000), says=WORK),
    Hostile("eigenvectors that fit", of_matrix("l = sum(eigvecsh(a))\ndl/da", 300), prints="dl/da"),
    Hostile("a determinant", of_matrix("det(a)", 1000), says=WORK),
    Hostile("a determinant's gradient", of_matrix("l = det(a)\ndl/da", 300), prints="dl/da = "),
    Hostile("Q and R", of_matrix("qr_q(a)\nqr_r(a)", 1000), says=WORK),
    Hostile("a Jacobian of an inverse", of_matrix("b = inverse(a)\ndb/da", 30), prints="900 × 900"),
    Hostile("a power", of_matrix("matrix_power(a, exponent=1000000)", 1000), says=WORK),
    Hostile(
        "a high power", "matrix_power([[1, 1], [0, 1]], exponent=999999999999999)", prints="1e15"
    ),
    Hostile(
        "cofactors along many", f"a = eye(2)\ncofactors({', '.join('a' * 30_000)})", says=VALUES
    ),
    Hostile("cofactors along some", f"a = eye(3)\ncofactors({', '.join('a' * 9)})", says=WORK),
    Hostile("a Kronecker product", "a = ones(1000, 1000)\nkron(a, a)", says=LARGE),
    Hostile("a recurrence", "x = ones(1000000)\nrecurrence(x, x)", says=WORK),
    Hostile("sorting", f"x = ones(1000000)\n{lines('sort(x * {n})', 30)}", says=VALUES),
    Hostile("many random numbers", lines("random_normal({n}, shape=[999999])", 30), says=VALUES),
    Hostile(
        "a transposed convolution of zeros",
        f"{IMAGE}conv2d_transposed(x, ones(1, 1, 999, 999))",
        says=WORK,
    ),
    Hostile(
        "a sum over triples",
        "x = ones(100, 100, 100)\neinsum(x, x, x, x, terms=[abc, abd, acd, bcd], result=_)",
        prints="= 100000000",
    ),
]

BUILDING = [
    Hostile("tiles", "x = [1, 2]\ntile(x, times=1000000000)", says=LARGE),
    Hostile("tiles of many axes", f"x = [1, 2]\ntile(x, times={LONG_LIST})", says=LARGE),
    Hostile("repeated", "x = [1, 2]\nrepeat(x, times=1000000000000)", says=LARGE),
    Hostile("repeated, each its own", "repeat([1, 2], times=[8000000, 8000000])", says=UNFOLDS),
    Hostile("a border", "x = [1, 2]\npad(x, before=[1000000000], after=[0])", says=LARGE),
    Hostile("a border of copies", "pad([1, 2], before=16000000, after=0, mode=wrap)", says=UNFOLDS),
    Hostile(
        "borders of what is empty",
        EMPTY + lines("y{n} = pad(x[1:], before=[0, 900000], after=[0, {n}], mode=edge)", 30),
        says=UNFOLDS,
    ),
    Hostile("random numbers", "random_uniform(7, shape=[100000, 100000])", says=LARGE),
    Hostile("no random numbers", "random_uniform(7, shape=[100000000000, 0])", says=LARGE),
    Hostile("a long empty array", f"{EMPTY}y = broadcast(x[:, :0], to=[9999999, 0])", says=LARGE),
    Hostile(
        "a long empty array that fits",
        f"{EMPTY}sum(broadcast(x[:, :0], to=[999999, 0]))",
        prints="= 0",
    ),
    Hostile(
        "a recurrence of nothing",
        f"{EMPTY}y = broadcast(x[:, :0], to=[900000, 0])\nrecurrence(y, y)",
        says=WORK,
    ),
    Hostile("an image's border", f"{IMAGE}conv2d(x, x, padding=1000000000)", says=LARGE),
    Hostile(
        "an image's border in steps",
        f"{IMAGE}conv2d(x, x, padding=1000000000, stride=1000000000)",
        says=VALUES,
    ),
    Hostile(
        "a wide kernel", f"{IMAGE}conv2d(x, x, padding=1000000, dilation=1999999)", says=VALUES
    ),
    Hostile("a spread image", f"{IMAGE}conv2d_transposed(x, x, stride=1000000)", says=LARGE),
    Hostile("a large window", f"{IMAGE}max_pool2d(x, size=1000000, padding=999999)", says=VALUES),
    Hostile(
        "large windows", "x = ones(1000, 1000)\navg_pool2d(x, size=500, stride=1)", says=VALUES
    ),
    Hostile("a far diagonal", "x = [1, 2]\ndiag(x, offset=999999999)", says=LARGE),
    Hostile("a farther diagonal", "x = ones(3, 3)\ntrace(x, offset=99999999999999)", prints="= 0"),
    Hostile("decimals", "x = [1, 2]\nround(x, decimals=1000000000)", says="between -300 and 300"),
    Hostile("a high order", "x = [1, 2]\nsinc(x, order=1000000)", says="between 0 and 16"),
    Hostile("a turn", "x = [1, 2]\nroll(x, shift=999999999999999)", prints="= [2 1]"),
    Hostile("many turns", f"x = [1, 2]\nroll(x, shift={LONG_LIST}, axis=0)", prints="= [1 2]"),
    Hostile("a far axis", "x = [1, 2]\ncumsum(x, axis=100000000000)", says="does not exist"),
    Hostile("many axes", f"x = [1, 2]\nexpand(x, axis={LONG_LIST})", says="22001 axes"),
    Hostile("axes in no order", f"x = [1]\ntranspose(x, axes={LONG_LIST})", says="is not an order"),
    Hostile("axes twice", f"x = [1]\nexpand(x, axis=[{', '.join('0' * 45_000)}])", says="twice in"),
    Hostile("a long word", f"einsum([1], terms=[{'a' * 900}], result=_)", says="names 900 axes"),
    Hostile(
        "a word for a number", "x = ones(3, 3)\ntril(x, offset=edge)", says="The setting offset"
    ),
]

NESTED = [
    Hostile("derivatives of det", nested("det([[a, 1], [1, a]])", 20), says=VALUES),
    Hostile("derivatives of sort", nested("sum(sort([a, 1, a*a])^2)", 20), prints=" = 0"),
    Hostile("derivatives of an inverse", nested("sum(inv([[a, 1], [1, a*a]]))", 20), says=UNFOLDS),
    Hostile("derivatives of svd", nested("sum(svd_u([[a, 1], [1, a*a]]))", 20), says=UNFOLDS),
    Hostile("derivatives of a norm", nested("norm([a, 1, a*a])", 20), says=UNFOLDS),
    Hostile("derivatives of Φ", nested("normal_cdf(a)", 25), says=UNFOLDS),
]

FAILING = [
    Hostile("a singular matrix", "a = [[1, 2], [2, 4]]\ninverse(a)", says="the matrix is singular"),
    Hostile("a singular system", "solve(zeros(3, 3), ones(3))", says="the matrix is singular"),
    Hostile("no Cholesky factor", "a = eye(2)\ncholesky(-a)", says="symmetric positive definite"),
    Hostile("eigenvalues of no numbers", "a = eye(2)\neigvalsh(log(-a))", prints="nan"),
    Hostile("singular values of no numbers", "a = eye(2)\nsvdvals(log(-a))", prints="nan"),
    Hostile("positions too far", "take([1, 2], 1e300)", says="positions are whole numbers"),
    Hostile("a random key", "dropout([1], rate=0.5, key=[1, [2, 3]])", says="The setting key"),
]
OPERATIONS = [*WORKING, *BUILDING, *NESTED, *FAILING]
