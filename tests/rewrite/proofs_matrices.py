"""The rules of matrix calculus at work, in the manner of `proofs`, over the same quantities."""

from __future__ import annotations

from tests.rewrite.proof import Proof

__all__ = ["ELSEWHERE", "PROOFS"]

PROOFS = (
    # matrices
    Proof("a vector is a column", "A @ (x @ B)", "A @ (Bᵀ @ x)"),
    Proof("a vector is a column", "A @ xᵀ", "A @ x"),
    Proof("a vector is a column", "xᵀ @ B + y", "Bᵀ @ xᵀ + y"),
    Proof("a vector is a column", "outer(xᵀ, u @ Mᵀᵀ)", "outer(x, Mᵀ @ u)"),
    Proof("a vector is a column", "2 * xᵀ @ A - y", "Aᵀ @ (2 * xᵀ) - y"),
    Proof("a vector is a column", "(xᵀ / 2) @ A - y", "Aᵀ @ (xᵀ / 2) - y"),
    Proof("rows beside columns", "x @ A + B @ y", "Aᵀ @ x + B @ y"),
    Proof("rows beside columns", "A @ x - a * (y @ B)", "A @ x - a * (Bᵀ @ y)"),
    Proof("transpose of a sum", "(M @ Mᵀ - P @ Mᵀ)ᵀ", "M @ Mᵀ - M @ Pᵀ"),
    Proof("transpose of a sum", "(Bᵀ - A)ᵀ", "B - A", ("A : symmetric",)),
    Proof("transpose of a sum", "(Aᵀ @ Bᵀ + C)ᵀ", "B @ A + Cᵀ"),
    Proof("products without brackets", "A @ (B @ C)", "A @ B @ C"),
    Proof("products without brackets", "A @ (B @ (C @ A))", "A @ B @ C @ A"),
    Proof("a matrix times its inverse", "A @ inv(A)", "eye(3)"),
    Proof("a matrix times its inverse", "inv(A) @ A", "eye(3)"),
    Proof("a matrix times its inverse", "M @ Aᵀ @ inv(A)ᵀ", "M"),
    Proof("a matrix times its inverse", "inv(A) @ (A @ x)", "x"),
    Proof(
        "a matrix times its inverse",
        "matrix_power(A, exponent=5) @ inv(A)",
        "matrix_power(A, exponent=4)",
    ),
    Proof("a matrix times its inverse", "B @ inv(A) @ matrix_power(A, exponent=3)", "B @ A @ A"),
    Proof("a matrix times its inverse", "Aᵀ @ A", "eye(3)", ("A : orthogonal",)),
    Proof("powers of a matrix", "A @ A @ A", "matrix_power(A, exponent=3)"),
    Proof(
        "powers of a matrix",
        "M @ A @ matrix_power(A, exponent=3) @ A",
        "M @ matrix_power(A, exponent=5)",
    ),
    Proof("transpose of a power", "matrix_power(A, exponent=3)ᵀ", "matrix_power(Aᵀ, exponent=3)"),
    Proof(
        "inverse of a power", "inv(matrix_power(A, exponent=3))", "matrix_power(inv(A), exponent=3)"
    ),
    Proof("inverse of an inverse", "inv(inv(A))", "A"),
    Proof("inverse of a transpose", "inv(Aᵀ)", "inv(A)ᵀ"),
    Proof("inverse of an orthogonal matrix", "inv(A)", "Aᵀ", ("A : orthogonal",)),
    Proof("inverse of a product", "inv(A @ B @ C)", "inv(C) @ inv(B) @ inv(A)"),
    Proof("inverse of a diagonal matrix", "inv(diag(x))", "diag(1 / x)"),
    Proof("ones times a vector", "ones(2, 3) @ x", "broadcast(1 * sum(x), to=[2])"),
    Proof("ones times a vector", "broadcast(a, to=[4, 3]) @ x", "broadcast(a * sum(x), to=[4])"),
    # outer
    Proof(
        "common vector of outer products", "outer(x, u) - 2 * outer(y, u)", "outer(x - 2 * y, u)"
    ),
    Proof(
        "common vector of outer products", "outer(x, y) + A + outer(x, z)", "outer(x, y + z) + A"
    ),
    Proof(
        "common matrix of outer products",
        "outer(A @ x, y) + outer(A @ z, x)",
        "A @ (outer(x, y) + outer(z, x))",
    ),
    Proof(
        "common matrix of outer products",
        "outer(u @ M, y) - outer(Mᵀ @ (P @ y), z)",
        "Mᵀ @ (outer(u, y) - outer(P @ y, z))",
    ),
    Proof("outer product times a vector", "outer(x, y) @ z", "x * (y @ z)"),
    Proof("outer product of opposite differences", "outer(x - y, y - x)", "-outer(x - y, x - y)"),
    # determinants
    Proof(
        "cofactors of an invertible matrix", "cofactors(A)", "det(A) * inv(A)ᵀ", ("A : invertible",)
    ),
    Proof("cofactors over the determinant", "cofactors(A) / det(A)", "inv(A)ᵀ"),
    Proof(
        "cofactors over the determinant",
        "3 * (B @ cofactors(A)) / (a * det(A))",
        "3 * (B @ inv(A)ᵀ) / a",
    ),
    Proof("cofactors over the determinant", "B @ cofactors(A)ᵀ @ C / det(A)", "B @ inv(A) @ C"),
    Proof("cofactors of a symmetric matrix", "cofactors(A)ᵀ", "cofactors(A)", ("A : symmetric",)),
    # norms
    Proof("sign over the absolute value", "sign(x) / abs(x)", "1 / x"),
    Proof("sign over the absolute value", "2 * sign(x) * y / (3 * abs(x))", "2 * y / (3 * x)"),
    # logistic
    Proof("logistic function", "exp(x) / (1 + exp(x))", "sigmoid(x)"),
    Proof("logistic function", "2 * y / (exp(-x) + 1)", "2 * y * sigmoid(x)"),
    Proof("logistic function", "exp(-x) / (1 + exp(-x))^2", "sigmoid(-x) / (1 + exp(-x))"),
    Proof("logistic function", "a / (1 + exp(x))", "a * sigmoid(-x)"),
    Proof(
        "exponential times a logistic function",
        "exp(-x) * sigmoid(x)",
        "sigmoid(-x)",
    ),
    Proof("exponential times a logistic function", "y * exp(x) * sigmoid(-x)", "y * sigmoid(x)"),
    Proof(
        "both sides of a logistic function",
        "sigmoid(-x) * sigmoid(x)",
        "sigmoid(x) * (1 - sigmoid(x))",
    ),
    # traces
    Proof("sum against a transpose", "sum(A * Bᵀ)", "trace(A @ B)"),
    Proof("sum against a transpose", "sum(Mᵀ * C[:, 0:2])", "trace(C[0:3, 0:2] @ M)"),
    Proof("inverse of a Kronecker product", "inv(kron(A, B))", "kron(inv(A), inv(B))"),
    Proof("diagonal of a transpose", "diagonal(Aᵀ)", "diagonal(A)"),
    Proof("diagonal of a transpose", "tr(Aᵀ)", "trace(A)"),
    Proof("diagonal of a structured matrix", "diagonal(diag(x))", "x"),
    Proof("diagonal of a structured matrix", "diagonal(outer(x, y))", "x * y"),
    Proof("diagonal of a structured matrix", "diagonal(eye(3))", "ones(3)"),
    Proof(
        "diagonal of a product with a diagonal matrix",
        "diagonal(diag(x) @ A @ B)",
        "x * diagonal(A @ B)",
    ),
    Proof(
        "diagonal of a product with a diagonal matrix", "diagonal(A @ diag(x))", "diagonal(A) * x"
    ),
    Proof("diagonal of a product with ones", "diagonal(ones(2, 3) @ Mᵀ)", "sum(Mᵀ, axis=0)"),
    Proof("sum of a transpose", "sum(Mᵀ)", "sum(M)"),
    Proof("sum of a transpose", "sum(Mᵀ, axis=0)", "sum(M, axis=1)"),
    Proof("sum of a diagonal", "sum(diagonal(A))", "trace(A)"),
    Proof("trace of the identity", "tr(eye(3))", "sum(ones(3))"),
    # kronecker
    Proof(
        "blocks of a Kronecker product",
        "einsum(A, reshape(kron(A, M), to=[3, 2, 3, 3]), terms=[ab, acbd], result=cd)",
        "einsum(A, A, M, terms=[ab, ab, cd], result=cd)",
    ),
    Proof(
        "blocks of a Kronecker product",
        "einsum(A, reshape(eye(6), to=[3, 2, 3, 2]), terms=[ab, acbd], result=cd)",
        "einsum(A, eye(3), eye(2), terms=[ab, ab, cd], result=cd)",
    ),
    Proof(
        "ones in a sum over letters",
        "einsum(A, ones(3, 2, 3, 4), terms=[ab, acbd], result=cd)",
        "ones(2, 4) * broadcast(sum(A), to=[2, 4])",
    ),
    Proof(
        "ones in a sum over letters",
        "einsum(x, broadcast(a, to=[3, 2]), terms=[a, ac], result=ac)",
        "broadcast(a, to=[3, 2]) * broadcast(reshape(x, to=[3, 1]), to=[3, 2])",
    ),
    Proof(
        "sums over separate letters",
        "einsum(A, B, M, terms=[ab, ab, cd], result=cd)",
        "sum(A * B) * M",
    ),
    Proof(
        "sums over separate letters",
        "einsum(M, A, B, terms=[cd, ab, ab], result=dc)",
        "sum(A * B) * Mᵀ",
    ),
    Proof("sum over pairs of letters", "einsum(A, B, terms=[ab, ba], result=_)", "sum(A * Bᵀ)"),
    Proof("sum over pairs of letters", "einsum(A, eye(3), terms=[ab, ab], result=_)", "trace(A)"),
    Proof("sum over pairs of letters", "einsum(A, B, terms=[ab, bc], result=ac)", "A @ B"),
    Proof("Kronecker product times vec", "kron(M, A) @ vec(B)", "reshape(M @ B @ Aᵀ, to=[6])"),
    Proof(
        "Kronecker product times vec",
        "(kron(A, B) - 2 * kron(C, A)) @ vec(C)",
        "reshape(A @ C @ Bᵀ - 2 * (C @ C @ Aᵀ), to=[9])",
    ),
    Proof("Kronecker product of vectors", "reshape(kron(x, u), to=[3, 2])", "outer(x, u)"),
    Proof("sum in another shape and back", "reshape(vec(A) - vec(B), to=[3, 3])", "A - B"),
    # signs
    Proof("scalar before a matrix product", "A @ x * a", "a * (A @ x)"),
    Proof("scalar before a matrix product", "outer(x, y) * (x @ y)", "x @ y * outer(x, y)"),
    Proof("sign before the first factor", "-(2 * x)", "-2 * x"),
    Proof("sign before the first factor", "-(x * y)", "-x * y"),
    Proof("sign before the first factor", "-(a * A)", "-a * A"),
    Proof("sign before the first factor", "-(x / y)", "-x / y"),
)

ELSEWHERE = {
    "a vector is a column": ("x @ A + y", "xᵀ @ y", "outer(u @ M, x)", "(x @ A) * y"),
    "rows beside columns": ("x @ A + y @ B", "A @ x - y"),
    "scalar before a matrix product": ("x * a", "A @ x * y", "2 * A @ x * a"),
    "transpose of a sum": ("(A - B @ Cᵀ)ᵀ", "(A + B)ᵀ", "(A @ B - A)ᵀ"),
    "products without brackets": ("A @ B @ C", "A @ (B @ x)", "Sᵀ @ (V @ (Vᵀ @ S))"),
    "a matrix times its inverse": ("A @ inv(B)", "A @ inv(A)ᵀ", "Mᵀ @ M"),
    "powers of a matrix": ("A @ A", "A @ B @ A"),
    "inverse of a power": ("inv(matrix_power(A, exponent=-3))",),
    "inverse of a product": ("inv(M @ Mᵀ)", "inv(A * B)"),
    "inverse of a diagonal matrix": ("inv(diag(x) + A)",),
    "ones times a vector": ("broadcast(x, to=[4, 3]) @ y", "M @ x"),
    "common vector of outer products": ("outer(x, y) + outer(y, z)", "outer(x, y) * outer(x, z)"),
    "common matrix of outer products": (
        "outer(A @ x, y) + outer(B @ y, x)",
        "outer(A @ x, y) + outer(A @ x, z)",
    ),
    "outer product times a vector": ("outer(x, y) @ A",),
    "outer product of opposite differences": ("outer(x - y, z - x)", "outer(x - y, x - y)"),
    "cofactors of an invertible matrix": ("cofactors(A, B)",),
    "cofactors over the determinant": ("cofactors(A) / det(B)", "cofactors(A) / det(A)^2"),
    "sign over the absolute value": ("sign(x) / abs(y)", "sign(x) / abs(x)^2"),
    "exponential times a logistic function": ("exp(x) * sigmoid(x)", "exp(x) / sigmoid(-x)"),
    "both sides of a logistic function": ("sigmoid(-x) * sigmoid(y)",),
    "sum against a transpose": ("sum(A * B)", "sum(A * Bᵀ, axis=0)"),
    "inverse of a Kronecker product": ("inv(kron(M, Mᵀ))",),
    "logistic function": ("exp(x) / (2 + exp(x))", "exp(x) / (1 + y)", "1 / (1 + 2 * exp(x))"),
    "diagonal of a transpose": ("diagonal(Aᵀ, offset=1)", "trace(A)"),
    "diagonal of a structured matrix": ("diagonal(A)", "diagonal(outer(x, u))"),
    "diagonal of a product with a diagonal matrix": ("diagonal(A @ diag(x) @ B)",),
    "diagonal of a product with ones": ("diagonal(A @ B)",),
    "sum of a transpose": ("sum(transpose(T, axes=[2, 1, 0]), axis=1)",),
    "sum of a diagonal": ("sum(diagonal(T))",),
    "trace of the identity": ("tr(A)",),
    "blocks of a Kronecker product": (
        "einsum(A, reshape(kron(A, M), to=[2, 3, 3, 3]), terms=[bd, acbd], result=ac)",
    ),
    "ones in a sum over letters": ("einsum(A, ones(3, 5), terms=[ab, ac], result=b)",),
    "sums over separate letters": ("einsum(A, B, terms=[ab, cd], result=abcd)",),
    "sum over pairs of letters": ("einsum(A, B, C, terms=[ab, ab, ab], result=a)",),
    "Kronecker product times vec": ("kron(A, B) @ reshape(S, to=[12])[0:9]", "A @ x"),
    "Kronecker product of vectors": ("reshape(kron(x, u), to=[2, 3])",),
    "sum in another shape and back": ("reshape(vec(A) - vec(B), to=[9, 1])",),
    "sign before the first factor": ("-(x + y)", "-(A @ x)"),
}
