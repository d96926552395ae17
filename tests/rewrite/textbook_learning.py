"""Textbook derivatives of models and their losses."""

from __future__ import annotations

from tests.rewrite.textbook_row import Row, program

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
