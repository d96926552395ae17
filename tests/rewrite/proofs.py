"""Every rule at work: what it makes of an expression, and which facts it needs for that.

Each line is proven on random numbers of which the facts hold, and each fact is shown to be needed:
without it the rule does something else, and on numbers without it the two sides differ.
"""

from __future__ import annotations

from tests.rewrite import proofs_matrices
from tests.rewrite.proof import Proof

__all__ = ["ELSEWHERE", "PROOFS", "QUANTITIES", "Proof"]

QUANTITIES = """
a, b, c : R
x, y, z : R^3
u : R^2
A, B, C : R^(3 x 3)
M, P, Q : R^(2 x 3)
S : R^(4 x 3)
V : R^(4 x 1)
T : R^(2 x 3 x 3)
"""


PROOFS: tuple[Proof, ...] = (
    *proofs_matrices.PROOFS,
    # arithmetic
    Proof("terms of a sum", "x - (y - x)", "2 * x - y"),
    Proof("terms of a sum", "-x + y", "y - x"),
    Proof("terms of a sum", "-(-x)", "x"),
    Proof("terms of a sum", "x + 0", "x"),
    Proof("terms of a sum", "x - x", "zeros(3)"),
    Proof("terms of a sum", "x + a + 1 - a", "x + 1"),
    Proof("terms of a sum", "0.1 * x + 0.2 * x", "0.3 * x"),
    Proof("terms of a sum", "x / 3 + x / 3", "2 * x / 3"),
    Proof("terms of a sum", "x * y / 2 - y * x / 2 + z", "z"),
    Proof("terms of a sum", "x / 3 - y / 3", "(x - y) / 3"),
    Proof("terms of a sum", "x * x + x", "2 * x", facts=("x : boolean",)),
    Proof("factors of a product", "2 * x * 3", "6 * x"),
    Proof("factors of a product", "x * (-y)", "-(x * y)"),
    Proof("factors of a product", "x * x * x", "x^3"),
    Proof("factors of a product", "x^2 * y / x", "x * y"),
    Proof("factors of a product", "x / (y / z)", "x * z / y"),
    Proof("factors of a product", "x / 2 / 5", "x / 10"),
    Proof("factors of a product", "x * 2 / 6", "x / 3"),
    Proof("factors of a product", "0 * x", "zeros(3)"),
    Proof("factors of a product", "1 * x", "x"),
    Proof("factors of a product", "(x^3)^2", "x^6"),
    Proof("factors of a product", "(-x)^2", "x^2"),
    Proof("factors of a product", "x^1", "x"),
    Proof("factors of a product", "a * (x / a)", "x"),
    Proof("factors of a product", "x * y * x", "x * y", facts=("x : boolean",)),
    Proof("distributed", "x * (y / x - z / x)", "y - z"),
    Proof("distributed", "(x / y - z) * y", "x - z * y"),
    Proof("multiplied out", "x * (y + 1) - x * y", "x"),
    Proof("multiplied out", "(x + y) * (x - y) + y * y", "x^2"),
    Proof("multiplied out", "x * (1 - x) + y", "y", facts=("x : boolean",)),
    Proof("logarithm of an exponential", "log(exp(x))", "x"),
    Proof("exponential of a logarithm", "exp(log(x))", "x", facts=("x > 0",)),
    Proof("square of a root", "sqrt(x)^2", "x", facts=("x >= 0",)),
    Proof("square of an absolute value", "abs(x)^2", "x^2"),
    Proof("square of an absolute value", "abs(x)^4", "x^4"),
    Proof("root of a square", "sqrt(x^2)", "abs(x)"),
    Proof("root of a square", "sqrt(x^2)", "x", facts=("x >= 0",)),
    Proof("absolute value of a known sign", "abs(x)", "x", facts=("x >= 0",)),
    Proof("absolute value of a known sign", "abs(x)", "-x", facts=("x <= 0",)),
    # arranging
    Proof(
        "repeated twice",
        "broadcast(broadcast(x, to=[4, 3]), to=[2, 4, 3])",
        "broadcast(x, to=[2, 4, 3])",
    ),
    Proof(
        "one number in another shape",
        "reshape(broadcast(a, to=[4, 3]), to=[12])",
        "broadcast(a, to=[12])",
    ),
    Proof(
        "leading axes of length 1",
        "broadcast(reshape(x, to=[1, 3]), to=[4, 3])",
        "broadcast(x, to=[4, 3])",
    ),
    Proof("one number in another shape", "reshape(a, to=[1, 1])", "broadcast(a, to=[1, 1])"),
    Proof("one number in another shape", "broadcast(a, to=[4, 3])ᵀ", "broadcast(a, to=[3, 4])"),
    Proof("reshaped twice", "reshape(reshape(S, to=[12]), to=[2, 6])", "reshape(S, to=[2, 6])"),
    Proof("reshaped twice", "reshape(reshape(S, to=[12]), to=[4, 3])", "S"),
    Proof("summed axes kept", "reshape(sum(S, axis=1), to=[4, 1])", "sum(S, axis=1, keepdims=1)"),
    Proof("transposed twice", "Sᵀᵀ", "S"),
    Proof(
        "transposed twice",
        "transpose(transpose(T, axes=[1, 2, 0]), axes=[0, 2, 1])",
        "transpose(T, axes=[1, 0, 2])",
    ),
    # guards
    Proof("quotient without its guard", "xdivy(x, y)", "x / y"),
    Proof("quotient without its guard", "divide_or_zero(x, y)", "x / y"),
    Proof("product without its guard", "xtimesy(x, y)", "x * y"),
    Proof("logarithm without its guard", "xlogy(x, exp(y))", "x * log(exp(y))"),
    Proof("mask as a factor", "where(x > 0, y, 0)", "y * (x > 0)"),
    Proof("the other side masked", "where(x > 0, 0, y)", "y * not(x > 0)"),
    Proof(
        "softmax, written out",
        "softmax_pullback(x, y)",
        "x * (y - sum(x * y))",
        facts=("x : rows_sum_to_one",),
    ),
    Proof(
        "softmax, written out",
        "softmax_pullback(S, exp(S))",
        "S * (exp(S) - sum(S * exp(S), axis=1, keepdims=1))",
        facts=("S : rows_sum_to_one",),
    ),
    # linear
    Proof("number out of a linear operation", "sum(3 * x)", "3 * sum(x)"),
    Proof("number out of a linear operation", "sum(-x)", "-sum(x)"),
    Proof("number out of a linear operation", "sum(a * x / b)", "a * sum(x) / b"),
    Proof("number out of a linear operation", "sum(S / 3, axis=0)", "sum(S, axis=0) / 3"),
    Proof("number out of a linear operation", "(2 * S)ᵀ", "2 * Sᵀ"),
    Proof("number out of a linear operation", "reshape(-S, to=[12])", "-reshape(S, to=[12])"),
    Proof("number out of a linear operation", "(2 * A) @ (-B)", "-(2 * (A @ B))"),
    Proof("number out of a linear operation", "(x / a) @ (2 * x)", "2 * (x @ x) / a"),
    Proof("number out of a linear operation", "outer(-x, y / 3)", "-(outer(x, y) / 3)"),
    Proof(
        "number out of a linear operation",
        "einsum(2 * A, B, terms=[ij, jk], result=ki)",
        "2 * einsum(A, B, terms=[ij, jk], result=ki)",
    ),
    Proof("number out of a linear operation", "diag(2 * x)", "2 * diag(x)"),
    Proof("number out of a linear operation", "diagonal(2 * A)", "2 * diagonal(A)"),
    Proof("number out of a linear operation", "sum(b * b * x)", "b * sum(x)", ("b : boolean",)),
    Proof("transpose of a product", "(A @ B)ᵀ", "Bᵀ @ Aᵀ"),
    Proof("transpose of a product", "outer(x, u)ᵀ", "outer(u, x)"),
    Proof("transpose of a symmetric matrix", "Aᵀ", "A", facts=("A : symmetric",)),
    Proof("vector from the left", "u @ M", "Mᵀ @ u"),
    Proof("common factor of matrix products", "A @ x + B @ x", "(A + B) @ x"),
    Proof("common factor of matrix products", "x @ A + A @ x", "(A + Aᵀ) @ x"),
    Proof("common factor of matrix products", "2 * (M @ A) - M @ B", "M @ (2 * A - B)"),
    Proof("common factor of matrix products", "M @ x - P @ y + Q @ x", "(M + Q) @ x - P @ y"),
    Proof("common factor of a sum", "x * exp(-y) + z * exp(-y)", "(x + z) * exp(-y)"),
    Proof("common factor of a sum", "exp(-y) - x * exp(-y)", "(1 - x) * exp(-y)"),
    # reductions
    Proof("rows that sum to one", "sum(x)", "1", facts=("x : rows_sum_to_one",)),
    Proof(
        "rows that sum to one",
        "sum(S, axis=1)",
        "ones(4)",
        facts=("S : rows_sum_to_one",),
    ),
    Proof("rows that sum to one", "sum(S)", "4", facts=("S : one_hot",)),
    Proof(
        "rows that sum to one",
        "sum(S, axis=1, keepdims=1)",
        "ones(4, 1)",
        ("S : rows_sum_to_one",),
    ),
    Proof("sum of one number", "sum(broadcast(a, to=[4, 3]))", "12 * a"),
    Proof("sum of one number", "sum(broadcast(a, to=[4, 3]), axis=0)", "broadcast(4 * a, to=[3])"),
    Proof("sum of one number", "sum(broadcast(b * b, to=[3]))", "3 * b", ("b : boolean",)),
    Proof("sum of sums", "sum(sum(T, axis=1), axis=0)", "sum(T, axis=[0, 1])"),
    Proof("sum of sums", "sum(sum(T, axis=0))", "sum(T)"),
    Proof("sum over an axis of length 1", "sum(V, axis=1)", "reshape(V, to=[4])"),
    Proof("sum over everything", "sum(reshape(S, to=[12]))", "sum(S)"),
    # structured
    Proof("diagonal of one number", "diag(broadcast(a, to=[3]))", "a * eye(3)"),
    Proof("diagonal of one number", "diag(broadcast(1, to=[3]))", "eye(3)"),
    Proof("identity in a product", "eye(2) @ M", "M"),
    Proof("identity in a product", "u @ eye(2)", "u"),
    Proof("identity transposed", "eye(3)ᵀ", "eye(3)"),
    Proof("identity transposed", "diag(x)ᵀ", "diag(x)"),
    Proof("product of diagonals", "diag(x) @ diag(y)", "diag(x * y)"),
    Proof("diagonal times a vector", "diag(x) @ y", "x * y"),
    Proof("diagonal times a vector", "x @ diag(y)", "x * y"),
    Proof("diagonal times ones", "diag(x) @ broadcast(1, to=[3, 1])", "reshape(x, to=[3, 1])"),
    Proof("diagonal times ones", "broadcast(1, to=[1, 3]) @ diag(x)", "reshape(x, to=[1, 3])"),
    Proof("column times row", "reshape(x, to=[3, 1]) @ reshape(u, to=[1, 2])", "outer(x, u)"),
    Proof("columns and rows meet first", "V @ Vᵀ @ S", "V @ (Vᵀ @ S)"),
    Proof("columns and rows meet first", "Sᵀ @ V @ Vᵀ", "Sᵀ @ (V @ Vᵀ)"),
    Proof("Kronecker product with a row", "kron(reshape(x, to=[1, 3]), A)", "kron(x, A)"),
    Proof("Kronecker product with a row", "kron(A, reshape(x, to=[1, 3]))", "kron(A, x)"),
    Proof("mixed product", "kron(A, M) @ kron(B, Aᵀ)", "kron(A @ B, M @ Aᵀ)"),
    Proof("transpose of a Kronecker product", "kron(A, M)ᵀ", "kron(Aᵀ, Mᵀ)"),
    Proof("identity beside an identity", "kron(eye(2), eye(3))", "eye(6)"),
    # layout
    Proof("number before the first matrix", "2 * (M @ A)", "2 * M @ A"),
    Proof("number before the first matrix", "-(M @ A @ x)", "-M @ A @ x"),
    Proof("the same quantity", "same(x)", "x"),
)

ELSEWHERE: dict[str, tuple[str, ...]] = {
    **proofs_matrices.ELSEWHERE,
    "terms of a sum": ("2 * x - y",),
    "factors of a product": ("x^0.5", "sqrt(x)^2"),
    "distributed": ("x * (y + z)", "x / (y + z)"),
    "multiplied out": ("x * (y + z)", "(x + y) * (x - z)"),
    "logarithm of an exponential": ("log(2 * exp(x))",),
    "square of a root": ("sqrt(x)^3",),
    "square of an absolute value": ("abs(x)^3",),
    "root of a square": ("sqrt(x^4)",),
    "leading axes of length 1": ("broadcast(reshape(u, to=[2, 1]), to=[2, 3])",),
    "one number in another shape": ("reshape(broadcast(x, to=[4, 3]), to=[12])",),
    "summed axes kept": ("reshape(sum(S, axis=1), to=[2, 2])",),
    "mask as a factor": ("where(x > 0, y, 1)",),
    "the other side masked": ("where(x > 0, 1, y)",),
    "number out of a linear operation": ("sum(x * y)", "outer(x, y)", "sum(x / y)"),
    "transpose of a product": (
        "transpose(A @ B, axes=[0, 1])",
        "(T @ x)ᵀ",
        "(A * B)ᵀ",
    ),
    "transpose of a symmetric matrix": ("transpose(T, axes=[1, 0, 2])",),
    "vector from the left": ("x @ y", "A @ x"),
    "common factor of matrix products": ("A @ x + B @ y", "A @ x + x"),
    "common factor of a sum": ("x * y + z * y",),
    "sum of one number": ("sum(x)", "sum(broadcast(x, to=[4, 3]))"),
    "sum of sums": ("sum(sum(T, axis=0, keepdims=1))",),
    "sum over an axis of length 1": ("sum(S, axis=0)",),
    "number before the first matrix": ("x * (A @ y)", "a * (A @ y)"),
}
"""Expressions that look alike, and that the rule leaves as they are."""
