"""Derivatives that textbooks print: the program, what it is differentiated by, and the form.

Sources, by the name they have below:

- Matrix Cookbook: K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, 2012, section 2.
- Magnus & Neudecker: Matrix Differential Calculus with Applications, 3rd ed., 2019.
- Bishop: Pattern Recognition and Machine Learning, 2006.
- Goodfellow: I. Goodfellow, Y. Bengio, A. Courville, Deep Learning, 2016.
- Boyd & Vandenberghe: Convex Optimization, 2004, appendix A.4.
- Golub & Van Loan: Matrix Computations, 4th ed., 2013.
- lecture: the forms that courses on neural networks write on the blackboard.

Jacobians are outputs × inputs, both flattened row by row: a product A X B has A ⊗ Bᵀ, where a book
that flattens by columns prints Bᵀ ⊗ A.
"""

from __future__ import annotations

from chainrule.graph.record import Record

__all__ = ["SIZES", "TEXTBOOK", "Row"]

SIZES = {"n": 3, "m": 4, "d": 2, "k": 3, "N": 5}  # for the comparison in numbers


class Row(Record):
    """∂f/∂wrt of the last definition in `program`, in the form that `source` prints.

    `expected` is the derivative; of a program with shared adjoints, or several names in `wrt`
    (with a space between them), a line `name = form` for each.
    """

    source: str
    program: str
    wrt: str
    expected: str

    def __repr__(self) -> str:
        return f"{self.source}: {self.program.splitlines()[-1]} by {self.wrt}"


SQUARE = "A, B, C, D, X : R^(n x n); a, b, c, x, y : R^n"
WIDE = "A : R^(d x n); X : R^(n x m); B : R^(m x d); a : R^n; b : R^m; c : R^m"
TALL = "X : R^(m x d); A, C : R^(m x m); B, G : R^(d x d); b, c : R^d; a : R^m"
FORMS = "A : R^(m x n); B : R^(n x n); W : R^(m x m); x, a, s : R^n; y, b, u : R^m"


def program(*lines: str) -> str:
    """Lines as one text; those of a line with semicolons are several."""
    return "\n".join(part.strip() for line in lines for part in line.split(";"))


def cookbook(
    equation: str, declared: str, formula: str, wrt: str, expected: str, *facts: str
) -> Row:
    """A row of the Matrix Cookbook, for a formula in one line."""
    text = program(declared, *facts, f"f = {formula}")
    return Row(f"Matrix Cookbook {equation}", text, wrt, expected)


DETERMINANTS = (
    cookbook("(49)", SQUARE, "det(X)", "X", "det(X) * inv(X)ᵀ", "X : invertible"),
    cookbook("2.1.2, any X", SQUARE, "det(X)", "X", "cofactors(X)"),
    cookbook(
        "(51)",
        SQUARE,
        "det(A @ X @ B)",
        "X",
        "det(A @ X @ B) * inv(X)ᵀ",
        "A, B, X : invertible",
    ),
    cookbook(
        "(52)",
        SQUARE,
        "det(Xᵀ @ A @ X)",
        "X",
        "2 * det(Xᵀ @ A @ X) * inv(X)ᵀ",
        "A, X : invertible",
    ),
    Row(
        "Matrix Cookbook (53)",
        program(TALL, "A : symmetric", "S = Xᵀ @ A @ X", "S : invertible", "f = det(S)"),
        "X",
        "2 * det(S) * (A @ X @ inv(S))",
    ),
    Row(
        "Matrix Cookbook (54)",
        program(TALL, "S = Xᵀ @ A @ X", "S : invertible", "f = det(S)"),
        "X",
        "det(S) * (A @ X @ inv(S) + Aᵀ @ X @ inv(S)ᵀ)",
    ),
    cookbook("(55)", TALL, "log(det(Xᵀ @ X))", "X", "2 * X @ inv(Xᵀ @ X)"),
    cookbook("(55), logdet", TALL, "logdet(Xᵀ @ X)", "X", "2 * X @ inv(Xᵀ @ X)"),
    cookbook("(57)", SQUARE, "log(abs(det(X)))", "X", "inv(X)ᵀ"),
    cookbook("(57), logdet", SQUARE, "logdet(X)", "X", "inv(X)ᵀ"),
    cookbook("(57), of a logarithm", SQUARE, "log(det(X))", "X", "inv(X)ᵀ"),
    cookbook(
        "(58), power outside", SQUARE, "det(X)^4", "X", "4 * det(X)^4 * inv(X)ᵀ", "X : invertible"
    ),
    cookbook(
        "(58), k = 2", SQUARE, "det(X @ X)", "X", "2 * det(X @ X) * inv(X)ᵀ", "X : invertible"
    ),
    cookbook("(141), symmetric as a matrix", SQUARE, "logdet(X)", "X", "inv(X)", "X : symmetric"),
    cookbook("2.1, shifted", SQUARE, "logdet(X + A)", "X", "inv(X + A)ᵀ"),
    cookbook("2.1, quotient", SQUARE, "1 / det(X)", "X", "-f * inv(X)ᵀ"),
    Row(
        "Boyd & Vandenberghe A.4.1",
        program("X : R^(n x n)", "X : positive_definite", "f = log(det(X))"),
        "X",
        "inv(X)",
    ),
    Row(
        "Magnus & Neudecker ch. 8.3, 9.9",
        program(SQUARE, "f = logdet(A @ X @ B)"),
        "X",
        "inv(X)ᵀ",
    ),
    Row(
        "Magnus & Neudecker ch. 9.9",
        program(SQUARE, "A, B, X : invertible", "f = logdet(A @ X @ B)"),
        "X",
        "inv(X)ᵀ",
    ),
    Row(
        "Magnus & Neudecker ch. 9.9",
        program(TALL, "A : positive_definite", "f = logdet(Xᵀ @ A @ X)"),
        "X",
        "2 * A @ X @ inv(Xᵀ @ A @ X)",
    ),
    cookbook(
        "(58)",
        SQUARE,
        "det(matrix_power(X, exponent=3))",
        "X",
        "3 * det(matrix_power(X, exponent=3)) * inv(X)ᵀ",
        "X : invertible",
    ),
    cookbook("2.1, product", SQUARE, "log(det(A @ X))", "X", "inv(X)ᵀ"),
    cookbook(
        "2.1, low rank",
        "A : R^(n x n); X : R^(n x k)",
        "logdet(A + X @ Xᵀ)",
        "X",
        "2 * inv(A + X @ Xᵀ) @ X",
        "A : symmetric",
    ),
    cookbook(
        "2.1, diagonal part", SQUARE, "logdet(A + diag(x))", "x", "diagonal(inv(A + diag(x)))"
    ),
)

INVERSES = (
    cookbook("(61)", SQUARE, "aᵀ @ inv(X) @ b", "X", "-inv(X)ᵀ @ outer(a, b) @ inv(X)ᵀ"),
    cookbook("(62)", SQUARE, "det(inv(X))", "X", "-det(inv(X)) * inv(X)ᵀ"),
    cookbook("(63)", SQUARE, "tr(A @ inv(X) @ B)", "X", "-inv(X)ᵀ @ Aᵀ @ Bᵀ @ inv(X)ᵀ"),
    cookbook("(64)", SQUARE, "tr(inv(X + A))", "X", "-inv(X + A)ᵀ @ inv(X + A)ᵀ"),
    cookbook(
        "(61), symmetric",
        SQUARE,
        "aᵀ @ inv(X) @ a",
        "X",
        "-inv(X) @ outer(a, a) @ inv(X)",
        "X : symmetric",
    ),
    cookbook("2.2, trace", SQUARE, "tr(inv(X))", "X", "-inv(X)ᵀ @ inv(X)ᵀ"),
    Row(
        "Magnus & Neudecker ch. 9.6",
        program(SQUARE, "f = sum((inv(X) @ a - b)^2)"),
        "X",
        "-2 * inv(X)ᵀ @ outer(inv(X) @ a - b, a) @ inv(X)ᵀ",
    ),
    Row(
        "Golub & Van Loan 2.6 (solve, right side)",
        program(SQUARE, "f = y @ solve(A, b)"),
        "b",
        "solve(Aᵀ, y)",
    ),
    Row(
        "Golub & Van Loan 2.6 (solve, matrix)",
        program(SQUARE, "z = solve(A, b)", "f = y @ z"),
        "A",
        "-outer(solve(Aᵀ, y), z)",
    ),
    cookbook("2.2, quadratic form", SQUARE, "xᵀ @ inv(A) @ x", "x", "(inv(A) + inv(A)ᵀ) @ x"),
    cookbook(
        "2.2, quadratic form", SQUARE, "xᵀ @ inv(A) @ x", "x", "2 * inv(A) @ x", "A : symmetric"
    ),
    Row(
        "Golub & Van Loan 2.6",
        program(SQUARE, "A : symmetric", "f = x @ solve(A, x)"),
        "x",
        "2 * solve(A, x)",
    ),
    cookbook("2.2, norm", SQUARE, "norm(inv(X))^2", "X", "-2 * inv(X)ᵀ @ inv(X) @ inv(X)ᵀ"),
    cookbook("2.2, constant inverses", SQUARE, "tr(inv(A) @ X @ inv(B))", "X", "inv(A)ᵀ @ inv(B)ᵀ"),
)

VECTORS = (
    cookbook("(69)", SQUARE, "xᵀ @ a", "x", "a"),
    cookbook("(69)", SQUARE, "aᵀ @ x", "x", "a"),
    cookbook("(70)", WIDE, "aᵀ @ X @ b", "X", "outer(a, b)"),
    cookbook("(71)", TALL, "bᵀ @ Xᵀ @ a", "X", "outer(a, b)"),
    cookbook("(72)", SQUARE, "aᵀ @ X @ a", "X", "outer(a, a)"),
    cookbook("(72)", SQUARE, "aᵀ @ Xᵀ @ a", "X", "outer(a, a)"),
    cookbook("(76)", WIDE, "sum(X)^2", "X", "broadcast(2 * sum(X), to=[n, m])"),
    cookbook("(77)", TALL, "bᵀ @ Xᵀ @ X @ c", "X", "X @ (outer(b, c) + outer(c, b))"),
    cookbook("(77), b = c", TALL, "bᵀ @ Xᵀ @ X @ b", "X", "2 * outer(X @ b, b)"),
    cookbook(
        "(78)",
        SQUARE,
        "(B @ x + b)ᵀ @ C @ (D @ x + c)",
        "x",
        "Bᵀ @ (C @ (D @ x + c)) + Dᵀ @ (Cᵀ @ (B @ x + b))",
    ),
    cookbook("(81)", SQUARE, "xᵀ @ B @ x", "x", "(B + Bᵀ) @ x"),
    cookbook("(81), symmetric", SQUARE, "xᵀ @ B @ x", "x", "2 * B @ x", "B : symmetric"),
    cookbook(
        "(82)",
        TALL,
        "bᵀ @ Xᵀ @ A @ X @ c",
        "X",
        "outer(Aᵀ @ (X @ b), c) + outer(A @ (X @ c), b)",
    ),
    cookbook(
        "(83)",
        SQUARE,
        "(X @ b + c)ᵀ @ D @ (X @ b + c)",
        "X",
        "outer((D + Dᵀ) @ (X @ b + c), b)",
    ),
    cookbook(
        "(84)",
        FORMS,
        "(y - A @ s)ᵀ @ W @ (y - A @ s)",
        "s",
        "-2 * Aᵀ @ (W @ (y - A @ s))",
        "W : symmetric",
    ),
    cookbook("(85)", FORMS, "(y - b)ᵀ @ W @ (y - b)", "y", "2 * W @ (y - b)", "W : symmetric"),
    cookbook("(86)", FORMS, "(y - b)ᵀ @ W @ (y - b)", "b", "-2 * W @ (y - b)", "W : symmetric"),
    cookbook(
        "(87)",
        FORMS,
        "(y - A @ s)ᵀ @ W @ (y - A @ s)",
        "y",
        "2 * W @ (y - A @ s)",
        "W : symmetric",
    ),
    cookbook(
        "(88)",
        FORMS,
        "(y - A @ s)ᵀ @ W @ (y - A @ s)",
        "A",
        "-2 * outer(W @ (y - A @ s), s)",
        "W : symmetric",
    ),
    cookbook(
        "(91), n = 2",
        SQUARE,
        "aᵀ @ X @ X @ b",
        "X",
        "outer(a, X @ b) + outer(Xᵀ @ a, b)",
    ),
    cookbook("2.4, entry by entry", FORMS, "sum(x * a)", "x", "a"),
    cookbook("2.4, square", FORMS, "xᵀ @ x", "x", "2 * x"),
    cookbook("2.4, outer product", FORMS, "sum(outer(x, y))", "x", "broadcast(sum(y), to=[n])"),
    cookbook("2.4, matrix of an outer product", FORMS, "sum(A * outer(y, x))", "x", "Aᵀ @ y"),
    cookbook("2.4, square of an inner product", FORMS, "(aᵀ @ x)^2", "x", "2 * (aᵀ @ x) * a"),
    Row(
        "Boyd & Vandenberghe A.4.1",
        program(FORMS, "B : symmetric; r : R", "f = 1/2 * xᵀ @ B @ x + a @ x + r"),
        "x",
        "B @ x + a",
    ),
    Row(
        "Boyd & Vandenberghe A.4.2",
        program(FORMS, "f = log(sum(exp(x)))"),
        "x",
        "exp(x) / sum(exp(x))",
    ),
    Row(
        "Boyd & Vandenberghe A.4.2",
        program(FORMS, "z = exp(A @ x + b)", "f = log(sum(z))"),
        "x",
        "Aᵀ @ z / sum(z)",
    ),
    Row(
        "Boyd & Vandenberghe A.4.2",
        program(FORMS, "f = logsumexp(A @ x + b)"),
        "x",
        "Aᵀ @ softmax(A @ x + b)",
    ),
    Row(
        "Boyd & Vandenberghe A.4.2",
        program(FORMS, "f = g(A @ x + b)", "g(z) = sum(z^3)"),
        "x",
        "3 * Aᵀ @ (A @ x + b)^2",
    ),
    Row(
        "Golub & Van Loan 10.1 (Rayleigh quotient)",
        program(FORMS, "B : symmetric", "r = (xᵀ @ B @ x) / (xᵀ @ x)"),
        "x",
        "2 * (B @ x - r * x) / (xᵀ @ x)",
    ),
    Row(
        "Golub & Van Loan 11.3 (energy)",
        program(FORMS, "B : symmetric", "f = 1/2 * (xᵀ @ B @ x) - a @ x"),
        "x",
        "B @ x - a",
    ),
)

TRACES = (
    cookbook("(99)", SQUARE, "tr(X)", "X", "eye(n)"),
    cookbook("(100)", WIDE, "tr(X @ B @ A)", "X", "Aᵀ @ Bᵀ"),
    cookbook("(100)", SQUARE, "tr(X @ A)", "X", "Aᵀ"),
    cookbook("(101)", WIDE, "tr(A @ X @ B)", "X", "Aᵀ @ Bᵀ"),
    cookbook("(102)", SQUARE, "tr(A @ Xᵀ @ B)", "X", "B @ A"),
    cookbook("(103)", SQUARE, "tr(Xᵀ @ A)", "X", "A"),
    cookbook("(104)", SQUARE, "tr(A @ Xᵀ)", "X", "A"),
    cookbook("(105)", TALL, "tr(kron(A, B))", "B", "tr(A) * eye(d)"),
    cookbook("(106)", SQUARE, "tr(X @ X)", "X", "2 * Xᵀ"),
    cookbook("(107)", SQUARE, "tr(X @ X @ B)", "X", "Bᵀ @ Xᵀ + Xᵀ @ Bᵀ"),
    cookbook("(108)", TALL, "tr(Xᵀ @ A @ X)", "X", "(A + Aᵀ) @ X"),
    cookbook("(108), symmetric", TALL, "tr(Xᵀ @ A @ X)", "X", "2 * A @ X", "A : symmetric"),
    cookbook("(109)", TALL, "tr(A @ X @ Xᵀ)", "X", "(A + Aᵀ) @ X"),
    cookbook("(110)", TALL, "tr(X @ Xᵀ @ A)", "X", "(A + Aᵀ) @ X"),
    cookbook("(111)", TALL, "tr(X @ B @ Xᵀ)", "X", "X @ (B + Bᵀ)"),
    cookbook("(112)", TALL, "tr(B @ Xᵀ @ X)", "X", "X @ (B + Bᵀ)"),
    cookbook("(113)", TALL, "tr(Xᵀ @ X @ B)", "X", "X @ (B + Bᵀ)"),
    cookbook("(114)", SQUARE, "tr(A @ X @ B @ X)", "X", "Aᵀ @ Xᵀ @ Bᵀ + Bᵀ @ Xᵀ @ Aᵀ"),
    cookbook("(115)", TALL, "tr(Xᵀ @ X)", "X", "2 * X"),
    cookbook("(115)", TALL, "tr(X @ Xᵀ)", "X", "2 * X"),
    cookbook("(116)", TALL, "tr(Bᵀ @ Xᵀ @ A @ X @ B)", "X", "(A + Aᵀ) @ X @ B @ Bᵀ"),
    cookbook("(117)", TALL, "tr(Xᵀ @ A @ X @ B)", "X", "A @ X @ B + Aᵀ @ X @ Bᵀ"),
    cookbook("(118)", SQUARE, "tr(A @ X @ B @ Xᵀ @ C)", "X", "Aᵀ @ Cᵀ @ X @ Bᵀ + C @ A @ X @ B"),
    cookbook(
        "(119)",
        SQUARE,
        "tr((A @ X @ B + C) @ (A @ X @ B + C)ᵀ)",
        "X",
        "2 * Aᵀ @ (A @ X @ B + C) @ Bᵀ",
    ),
    cookbook("(120)", SQUARE, "tr(kron(X, X))", "X", "2 * tr(X) * eye(n)"),
    cookbook("(121), k = 3", SQUARE, "tr(X @ X @ X)", "X", "3 * Xᵀ @ Xᵀ"),
    cookbook("(121), k = 3", SQUARE, "tr(matrix_power(X, exponent=3))", "X", "3 * Xᵀ @ Xᵀ"),
    cookbook(
        "(121), k = 5",
        SQUARE,
        "tr(matrix_power(X, exponent=5))",
        "X",
        "5 * matrix_power(Xᵀ, exponent=4)",
    ),
    cookbook("(122), k = 2", SQUARE, "tr(A @ X @ X)", "X", "Aᵀ @ Xᵀ + Xᵀ @ Aᵀ"),
    cookbook("(124)", SQUARE, "tr(A @ inv(X) @ B)", "X", "-inv(X)ᵀ @ Aᵀ @ Bᵀ @ inv(X)ᵀ"),
    cookbook(
        "(125)",
        TALL,
        "tr(inv(Xᵀ @ C @ X) @ B)",
        "X",
        "-C @ X @ inv(Xᵀ @ C @ X) @ (B + Bᵀ) @ inv(Xᵀ @ C @ X)",
        "C : symmetric",
    ),
    cookbook("2.5, of a diagonal matrix", SQUARE, "tr(diag(x) @ A)", "x", "diagonal(A)"),
    cookbook(
        "2.5, a trace times a trace",
        SQUARE,
        "tr(A @ X) * tr(X)",
        "X",
        "tr(X) * Aᵀ + tr(A @ X) * eye(n)",
    ),
    cookbook("2.5, square of a trace", SQUARE, "tr(A @ X)^2", "X", "2 * tr(A @ X) * Aᵀ"),
    cookbook("2.5, transposed", SQUARE, "tr(Xᵀ)", "X", "eye(n)"),
    cookbook("2.5, of an outer product", SQUARE, "tr(outer(x, y))", "x", "y"),
    Row(
        "Magnus & Neudecker ch. 9.9",
        program(SQUARE, "f = tr(X @ A @ Xᵀ @ B)"),
        "X",
        "Bᵀ @ X @ Aᵀ + B @ X @ A",
    ),
    cookbook(
        "(126)",
        TALL,
        "tr(inv(Xᵀ @ A @ X) @ (Xᵀ @ C @ X))",
        "X",
        "2 * (C - A @ X @ inv(Xᵀ @ A @ X) @ Xᵀ @ C) @ X @ inv(Xᵀ @ A @ X)",
        "A, C : symmetric",
    ),
    cookbook("2.5, fourth order", TALL, "tr(X @ Xᵀ @ X @ Xᵀ)", "X", "4 * X @ Xᵀ @ X"),
    cookbook("2.5, quotient", SQUARE, "tr(A @ X) / tr(B @ X)", "X", "(Aᵀ - f * Bᵀ) / tr(B @ X)"),
    cookbook("2.5, between", SQUARE, "tr(A @ diag(x) @ B)", "x", "diagonal(Aᵀ @ Bᵀ)"),
    cookbook(
        "2.5, a trace and a determinant",
        SQUARE,
        "tr(X @ A) + logdet(X)",
        "X",
        "Aᵀ + inv(X)",
        "X : symmetric",
    ),
    cookbook(
        "2.5, squares of the residual",
        SQUARE,
        "tr((A @ X - B)ᵀ @ (A @ X - B))",
        "X",
        "2 * Aᵀ @ (A @ X - B)",
    ),
)

NORMS = (
    cookbook("(129)", FORMS, "norm(x - a)", "x", "(x - a) / f"),
    cookbook("(129)", FORMS, "3 * norm(x - a)", "x", "3 * (x - a) / norm(x - a)"),
    cookbook(
        "(130)",
        FORMS,
        "(x - a) / norm(x - a)",
        "x",
        "eye(n) / norm(x - a) - outer(f, x - a) / norm(x - a)^2",
    ),
    cookbook("(131)", FORMS, "norm(x)^2", "x", "2 * x"),
    cookbook("(132)", WIDE, "norm(X)^2", "X", "2 * X"),
    cookbook("(132), as a sum", WIDE, "sum(X^2)", "X", "2 * X"),
    cookbook("(132), shifted", SQUARE, "norm(X - A)^2", "X", "2 * (X - A)"),
    cookbook("2.6, Frobenius", WIDE, "norm(X)", "X", "X / f"),
    cookbook("2.6, residual", FORMS, "norm(A @ x - b)^2", "x", "2 * Aᵀ @ (A @ x - b)"),
    cookbook("2.6, residual, norm", FORMS, "norm(A @ x - b)", "x", "Aᵀ @ (A @ x - b) / f"),
    cookbook("2.6, half", FORMS, "1/2 * norm(A @ x - b)^2", "x", "Aᵀ @ (A @ x - b)"),
    cookbook("2.6, matrix residual", WIDE, "norm(A @ X)^2", "X", "2 * Aᵀ @ A @ X"),
    cookbook("2.6, 1-norm", FORMS, "norm(x, ord=1)", "x", "sign(x)"),
    cookbook(
        "2.6, factorization, left",
        TALL,
        "norm(A - X @ Y)^2",
        "X",
        "-2 * (A - X @ Y) @ Yᵀ",
        "Y : R^(d x m)",
    ),
    cookbook(
        "2.6, factorization, right",
        TALL,
        "norm(A - X @ Y)^2",
        "Y",
        "-2 * Xᵀ @ (A - X @ Y)",
        "Y : R^(d x m)",
    ),
    cookbook("2.6, root of a sum", FORMS, "sqrt(sum(x^2))", "x", "x / f"),
    cookbook("2.6, cosine", FORMS, "(a @ x) / norm(x)", "x", "a / norm(x) - f * x / norm(x)^2"),
    cookbook("2.6, Gram matrix", TALL, "norm(Xᵀ @ X - B)^2", "X", "2 * X @ (2 * Xᵀ @ X - B - Bᵀ)"),
    cookbook(
        "2.6, Gram matrix", TALL, "norm(Xᵀ @ X - B)^2", "X", "4 * X @ (Xᵀ @ X - B)", "B : symmetric"
    ),
    cookbook("2.6, rank one", SQUARE, "norm(X - outer(a, b))^2", "a", "-2 * (X - outer(a, b)) @ b"),
    cookbook("2.6, cube", FORMS, "norm(x)^3", "x", "3 * norm(x) * x"),
    cookbook("2.6, reciprocal", FORMS, "1 / norm(x)", "x", "-f * x / norm(x)^2"),
    cookbook(
        "2.6, scaled rows",
        "A : R^(n x n); x : R^n",
        "norm(diag(x) @ A)^2",
        "x",
        "2 * x * diagonal(A @ Aᵀ)",
    ),
    cookbook("2.6, energy norm", FORMS, "sqrt(xᵀ @ B @ x)", "x", "B @ x / f", "B : symmetric"),
)

KRONECKER = (
    cookbook("(105), left", TALL, "tr(kron(A, B))", "A", "tr(B) * eye(m)"),
    cookbook("10.2.1, sum, left", TALL, "sum(kron(A, B))", "A", "broadcast(sum(B), to=[m, m])"),
    cookbook("10.2.1, sum, right", TALL, "sum(kron(A, B))", "B", "broadcast(sum(A), to=[d, d])"),
    cookbook("10.2.1, norm, right", TALL, "norm(kron(A, B))^2", "B", "2 * sum(A^2) * B"),
    cookbook("10.2.1, norm, left", TALL, "norm(kron(A, B))^2", "A", "2 * sum(B^2) * A"),
    cookbook("10.2.2, vec", TALL, "vec(X) @ kron(A, B) @ vec(X)", "X", "A @ X @ Bᵀ + Aᵀ @ X @ B"),
    cookbook("10.2.2, vec, linear", TALL, "vec(X) @ kron(a, b)", "X", "outer(a, b)"),
    Row("Magnus & Neudecker ch. 2.4, 9.5", program(WIDE, "F = A @ X @ B"), "X", "kron(A, Bᵀ)"),
    Row("Magnus & Neudecker ch. 9.5", program(WIDE, "F = A @ X"), "X", "kron(A, eye(m))"),
    Row("Magnus & Neudecker ch. 9.5", program(WIDE, "F = X @ B"), "X", "kron(eye(n), Bᵀ)"),
    Row("Magnus & Neudecker ch. 9.6", program(SQUARE, "F = inv(X)"), "X", "-kron(F, Fᵀ)"),
    Row(
        "Magnus & Neudecker ch. 9.5",
        program(SQUARE, "F = X @ X"),
        "X",
        "kron(eye(n), Xᵀ) + kron(X, eye(n))",
    ),
    Row("Magnus & Neudecker ch. 9.5", program(WIDE, "F = X @ b"), "X", "kron(eye(n), b)"),
    cookbook(
        "10.2.1, trace of a product", SQUARE, "tr(kron(A, X) @ kron(B, C))", "X", "tr(A @ B) * Cᵀ"
    ),
    cookbook("10.2.1, determinant", TALL, "logdet(kron(A, B))", "B", "m * inv(B)ᵀ"),
)

ELEMENTWISE = (
    Row("Goodfellow 6.5.2", program(FORMS, "f = sum(exp(x))"), "x", "exp(x)"),
    Row("Goodfellow 6.5.2", program(FORMS, "f = sum(sin(x))"), "x", "cos(x)"),
    Row("Goodfellow 6.5.2", program(FORMS, "f = sum(log(x))"), "x", "1 / x"),
    Row("Goodfellow 6.5.2", program(FORMS, "f = a @ tanh(x)"), "x", "a * (1 - tanh(x)^2)"),
    Row(
        "Goodfellow 6.5.2",
        program(FORMS, "f = a @ sigmoid(x)"),
        "x",
        "a * sigmoid(x) * (1 - sigmoid(x))",
    ),
    Row("Goodfellow 6.3.1", program(FORMS, "f = a @ relu(x)"), "x", "a * (x > 0)"),
    Row("Goodfellow 3.10", program(FORMS, "f = sum(softplus(x))"), "x", "sigmoid(x)"),
    Row("Goodfellow 6.5.2", program(FORMS, "f = sum(exp(A @ x))"), "x", "Aᵀ @ exp(A @ x)"),
    Row("Goodfellow 6.5.2", program(FORMS, "f = sum((A @ x)^3)"), "x", "3 * Aᵀ @ (A @ x)^2"),
    Row("Goodfellow 3.10", program(FORMS, "f = sum(x * log(x))"), "x", "log(x) + 1"),
    Row(
        "Goodfellow 7.1.1 (weight decay)",
        program(FORMS, "r : R", "f = sum((A @ x - b)^2) + r * sum(x^2)"),
        "x",
        "2 * (Aᵀ @ (A @ x - b) + r * x)",
    ),
    Row("lecture (elementwise)", program(FORMS, "F = sigmoid(x)"), "x", "diag(F * (1 - F))"),
    Row("lecture (softmax)", program(FORMS, "S = softmax(x)"), "x", "diag(S) - outer(S, S)"),
    Row("lecture (layer)", program(FORMS, "h = relu(A @ x + b)"), "x", "diag(A @ x + b > 0) @ A"),
    Row(
        "Goodfellow 3.10 (written out)",
        program(FORMS, "f = sum(log(1 + exp(A @ x)))"),
        "x",
        "Aᵀ @ sigmoid(A @ x)",
    ),
    Row("Goodfellow 5.1.4 (mean)", program(FORMS, "f = mean(x)"), "x", "broadcast(1 / n, to=[n])"),
    Row("Goodfellow 8.7.1 (variance)", program(FORMS, "f = var(x)"), "x", "2 * (x - mean(x)) / n"),
    Row(
        "Goodfellow 7.1.2 (absolute error)",
        program(FORMS, "f = sum(abs(A @ x - b))"),
        "x",
        "Aᵀ @ sign(A @ x - b)",
    ),
    Row(
        "Bishop 4.88 (written out)",
        program(FORMS, "f = sum(1 / (1 + exp(-x)))"),
        "x",
        "sigmoid(x) * (1 - sigmoid(x))",
    ),
    Row(
        "Goodfellow 6.5.2",
        program(FORMS, "f = sum(exp(outer(y, x)))"),
        "x",
        "exp(outer(y, x))ᵀ @ y",
    ),
)

LEARNING = (
    Row(
        "Bishop 3.1.1 (least squares)",
        program("X : R^(N x d); w : R^d; y : R^N", "l = sum((X @ w - y)^2)"),
        "w",
        "2 * Xᵀ @ (X @ w - y)",
    ),
    Row(
        "Bishop 3.1.1 (half)",
        program("X : R^(N x d); w : R^d; y : R^N", "l = 1/2 * sum((y - X @ w)^2)"),
        "w",
        "Xᵀ @ (X @ w - y)",
    ),
    Row(
        "Goodfellow 5.1.4 (mean)",
        program("X : R^(N x d); w : R^d; y : R^N", "l = mse(X @ w, y)"),
        "w",
        "2 * Xᵀ @ (X @ w - y) / N",
    ),
    Row(
        "Bishop 3.1.4 (ridge)",
        program(
            "X : R^(N x d); w : R^d; y : R^N; r : R",
            "l = 1/2 * sum((X @ w - y)^2) + r / 2 * sum(w^2)",
        ),
        "w",
        "Xᵀ @ (X @ w - y) + r * w",
    ),
    Row(
        "Bishop 3.1.5 (several outputs)",
        program("X : R^(N x d); W : R^(d x k); T : R^(N x k)", "l = sum((X @ W - T)^2)"),
        "W",
        "2 * Xᵀ @ (X @ W - T)",
    ),
    Row(
        "Bishop 4.91 (logistic regression)",
        program(
            "X : R^(N x d); w : R^d; t : R^N",
            "y = sigmoid(X @ w)",
            "l = binary_cross_entropy(y, t)",
        ),
        "w",
        "Xᵀ @ (y - t)",
    ),
    Row(
        "Bishop 4.109 (softmax regression)",
        program(
            "X : R^(N x d); W : R^(d x k); T : R^(N x k)",
            "T : one_hot",
            "Y = softmax(X @ W)",
            "l = cross_entropy(Y, T)",
        ),
        "W",
        "Xᵀ @ (Y - T)",
    ),
    Row(
        "Bishop 4.109, one example",
        program(
            "x : R^d; W : R^(k x d); t : R^k",
            "t : one_hot",
            "y = softmax(W @ x)",
            "l = cross_entropy(y, t)",
        ),
        "W",
        "outer(y - t, x)",
    ),
    Row(
        "lecture (softmax, cross-entropy)",
        program(
            "O, label : R^k", "label : one_hot", "S = softmax(O)", "l = cross_entropy(S, label)"
        ),
        "O",
        "S - label",
    ),
    Row(
        "lecture (softmax, cross-entropy, any label)",
        program("O, label : R^k", "S = softmax(O)", "l = cross_entropy(S, label)"),
        "O",
        "S * sum(label) - label",
    ),
    Row(
        "lecture (softmax, cross-entropy, batch)",
        program(
            "O, label : R^(N x k)",
            "label : rows_sum_to_one",
            "S = softmax(O)",
            "l = mean_cross_entropy(S, label)",
        ),
        "O",
        "(S - label) / N",
    ),
    Row(
        "lecture (network, one example)",
        program(
            "I : R^d; W0 : R^(d x m); W1 : R^(m x k)",
            "label : R^k; label : one_hot",
            "h = I @ W0",
            "L = relu(h)",
            "O = L @ W1",
            "S = softmax(O)",
            "l = cross_entropy(S, label)",
        ),
        "W0 W1",
        "dO = S - label\ndW0 = outer(I, W1 @ dO * (h > 0))\ndW1 = outer(L, dO)",
    ),
    Row(
        "lecture (network, batch)",
        program(
            "I : R^(N x d); W0 : R^(d x m); W1 : R^(m x k)",
            "label : R^(N x k); label : one_hot",
            "h = I @ W0",
            "L = relu(h)",
            "O = L @ W1",
            "S = softmax(O)",
            "l = cross_entropy(S, label)",
        ),
        "W0 W1",
        "dO = S - label\ndW0 = Iᵀ @ ((dO @ W1ᵀ) * (h > 0))\ndW1 = Lᵀ @ dO",
    ),
    Row(
        "lecture (network with biases)",
        program(
            "x : R^d; W : R^(m x d); b : R^m; V : R^(k x m)",
            "c, t : R^k",
            "z = W @ x + b",
            "a = sigmoid(z)",
            "y = V @ a + c",
            "l = 1/2 * sum((y - t)^2)",
        ),
        "W b V c",
        "dy = y - t\ndz = (Vᵀ @ dy) * a * (1 - a)\ndW = outer(dz, x)\ndb = dz\n"
        "dV = outer(dy, a)\ndc = dy",
    ),
    Row(
        "lecture (sigmoid output)",
        program(
            "Z : R^(N x d); w : R^d; y : R^N", "ŷ = sigmoid(Z @ w)", "l = 1/2 * sum((ŷ - y)^2)"
        ),
        "w",
        "Zᵀ @ ((ŷ - y) * ŷ * (1 - ŷ))",
    ),
    Row(
        "lecture (bias of a batch)",
        program(
            "X : R^(N x d); W : R^(d x k); b : R^k; T : R^(N x k)",
            "l = 1/2 * sum((X @ W + b - T)^2)",
        ),
        "b",
        "sum(X @ W + b - T, axis=0)",
    ),
    Row(
        "lecture (two linear layers)",
        program(
            "w0 : R^(m x n); w1 : R^(k x m); x : R^n",
            "b0 : R^m; b1 : R^k",
            "z = w0 @ x + b0",
            "y = w1 @ z + b1",
        ),
        "x",
        "w1 @ w0",
    ),
    Row(
        "Bishop 2.3.4 (Gaussian, mean)",
        program(
            "X : R^(N x d); u : R^d; P : R^(d x d)",
            "P : symmetric",
            "l = 1/2 * sum(((X - u) @ P) * (X - u))",
        ),
        "u",
        "-sum((X - u) @ P, axis=0)",
    ),
    Row(
        "Bishop 2.3.4 (Gaussian, precision)",
        program(
            "x, u : R^d; P : R^(d x d)",
            "P : positive_definite",
            "l = 1/2 * logdet(P) - 1/2 * (x - u)ᵀ @ P @ (x - u)",
        ),
        "P",
        "(inv(P) - outer(x - u, x - u)) / 2",
    ),
    Row(
        "Bishop 12.2.3 (autoencoder)",
        program("X : R^(N x d); W : R^(d x k)", "l = norm(X @ W @ Wᵀ - X)^2"),
        "W",
        "2 * (Xᵀ @ (X @ W @ Wᵀ - X) + (X @ W @ Wᵀ - X)ᵀ @ X) @ W",
    ),
    Row(
        "Bishop 6.2 (kernel ridge)",
        program(
            "K : R^(N x N); a, t : R^N; r : R",
            "K : symmetric",
            "l = 1/2 * sum((K @ a - t)^2) + r / 2 * (aᵀ @ K @ a)",
        ),
        "a",
        "K @ (K @ a - t) + r * (K @ a)",
    ),
    Row(
        "Goodfellow 6.5.6 (attention scores)",
        program("q : R^d; K : R^(N x d); v, w : R^N", "p = softmax(K @ q)", "l = p @ v"),
        "q",
        "Kᵀ @ (p * (v - sum(p * v)))",
    ),
    Row(
        "Bishop 2.43 (Gaussian density)",
        program(
            "x, u : R^d; P : R^(d x d)", "P : symmetric", "p = exp(-1/2 * (x - u)ᵀ @ P @ (x - u))"
        ),
        "x",
        "-p * (P @ (x - u))",
    ),
    Row(
        "Bishop 4.1.4 (Fisher's criterion)",
        program("w : R^d; B, W : R^(d x d)", "B, W : symmetric", "f = (wᵀ @ B @ w) / (wᵀ @ W @ w)"),
        "w",
        "2 * (B @ w - f * (W @ w)) / (wᵀ @ W @ w)",
    ),
    Row(
        "Bishop 7.1.2 (hinge)",
        program("X : R^(N x d); w : R^d; t : R^N", "f = sum(relu(1 - t * (X @ w)))"),
        "w",
        "-Xᵀ @ (t * (1 - t * (X @ w) > 0))",
    ),
    Row(
        "Bishop 12.1 (variance of a projection)",
        program("X : R^(N x d); w : R^d", "f = sum((X @ w)^2) / N"),
        "w",
        "2 * Xᵀ @ (X @ w) / N",
    ),
    Row(
        "Goodfellow 2.12 (reconstruction)",
        program("X : R^(N x d); W : R^(d x k); H : R^(N x k)", "f = norm(X - H @ Wᵀ)^2"),
        "W",
        "-2 * (X - H @ Wᵀ)ᵀ @ H",
    ),
    Row(
        "Goodfellow 10.2 (recurrent step)",
        program(
            "h, x : R^m; W, U : R^(m x m); b, v : R^m",
            "a = W @ h + U @ x + b",
            "s = tanh(a)",
            "l = v @ s",
        ),
        "W U b",
        "da = v * (1 - s^2)\ndW = outer(da, h)\ndU = outer(da, x)\ndb = da",
    ),
    Row(
        "lecture (linear layer, batch)",
        program(
            "X : R^(N x d); W : R^(d x k); b : R^k",
            "T : R^(N x k)",
            "Y = X @ W + b",
            "l = mse(Y, T)",
        ),
        "W b",
        "dY = 2 * (Y - T) / (N * k)\ndW = Xᵀ @ dY\ndb = sum(dY, axis=0)",
    ),
)

TEXTBOOK = (
    *DETERMINANTS,
    *INVERSES,
    *VECTORS,
    *TRACES,
    *NORMS,
    *KRONECKER,
    *ELEMENTWISE,
    *LEARNING,
)
