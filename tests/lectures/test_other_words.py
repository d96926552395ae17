"""The problems of the lectures written in other words: the same numbers have to come out."""

from __future__ import annotations

from textwrap import dedent

import pytest
from tests.lectures.table import same_numbers, truth_of

from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

# Each: the problem, a program, and for every question the expression of the truth that it equals.
IN_OTHER_WORDS = [
    pytest.param(
        "000-C",
        """
        I = [2, 1]
        V0 = [[1, 2], [-2, 5]]            # columns: W0 and W1 transposed
        V1 = [[3, -1], [-3, 1]]
        label = [0, 1]
        h = V0 @ I
        L = max(h, 0)
        O = V1 @ L
        S = softmax(O)
        l = -sum(label * log(S))
        """,
        {"h": "h", "S": "S", "l": "l", "(dl/dV0)ᵀ": "∂l/∂W0", "(dl/dV1)ᵀ": "∂l/∂W1"},
        id="000-C in columns, the entropy written out",
    ),
    pytest.param(
        "000-C",
        """
        I = [[2, 1]]                      # a batch of one
        W0 = [[1, -2], [2, 5]]
        W1 = [[3, -3], [-1, 1]]
        label = [[0, 1]]
        L = relu(I @ W0)
        l = mean_cross_entropy(softmax(L @ W1), label)
        """,
        {"l": "l", "dl/dW0": "∂l/∂W0", "dl/dW1": "∂l/∂W1", "dl/dI[0, :]": "∂l/∂I"},
        id="000-C as a batch of one",
    ),
    pytest.param(
        "000-C",
        """
        I = [2, 1]
        W0 = [[1, -2], [2, 5]]
        W1 = [[3, -3], [-1, 1]]
        label = [0, 1]
        h = I @ W0
        O = where(h > 0, h, 0) @ W1
        l = cross_entropy_with_logits(O, label)
        """,
        {"l": "l", "∂l/∂O": "∂l/∂O", "∂l/∂W1": "∂l/∂W1", "∂l/∂W0": "∂l/∂W0", "∂O/∂W1": "∂O/∂W1"},
        id="000-C from the logits",
    ),
    pytest.param(
        "000-C",
        """
        I = [2, 1]
        W0 = [[1, -2], [2, 5]]
        W1 = [[3, -3], [-1, 1]]
        label = [0, 1]
        h = einsum(I, W0, terms=[i, ij], result=j)
        O = einsum(relu(h), W1, terms=[i, ij], result=j)
        ℓ = -label · log_softmax(O)
        """,
        {"ℓ": "l", "dℓ/dW0": "∂l/∂W0", "dℓ/dW1": "∂l/∂W1", "dO/dW1": "∂O/∂W1"},
        id="000-C by sums over letters",
    ),
    pytest.param(
        "000-C",
        """
        I = [2, 1]
        W0 = [[1, -2], [2, 5]]
        W1 = [[3, -3], [-1, 1]]
        label = [0, 1]
        layer(x, W) = relu(x @ W)
        loss(A, B) = cross_entropy(softmax(layer(I, A) @ B), label)
        l = loss(W0, W1)
        """,
        {
            "l": "l",
            "dl/dW0": "∂l/∂W0",
            "reshape(D(loss)(W0, W1), 2, 2, 2)[0]": "∂l/∂W0",
            "reshape(D(loss)(W0, W1), 2, 2, 2)[1]": "∂l/∂W1",
        },
        id="000-C with functions",
    ),
    pytest.param(
        "000-C",
        """
        index_base 1
        I = [2, 1]
        w11 = 1
        w12 = -2
        w21 = 2
        w22 = 5
        W1 = [[3, -3], [-1, 1]]
        h = [I[1] * w11 + I[2] * w21, I[1] * w12 + I[2] * w22]
        S = softmax(relu(h) @ W1)
        l = -log(S[2])                    # the label is the second class
        """,
        {
            "l": "l",
            "[[dl/dw11, dl/dw12], [dl/dw21, dl/dw22]]": "∂l/∂W0",
            "dl/dW1": "∂l/∂W1",
            "[dl/dI[1], dl/dI[2]]": "∂l/∂I",
            "dl/dS": "∂l/∂S",
        },
        id="000-C weight by weight, counting from 1",
    ),
    pytest.param(
        "000-C",
        """
        l = cross_entropy(S, label)       # from the last line to the first
        S = softmax(O)
        O = L @ W1
        L = relu(h)
        h = I @ W0
        label = [0, 1]
        W1 = [[3, -3], [-1, 1]]
        W0 = [[1, -2], [2, 5]]
        I = [2, 1]
        """,
        {
            "∂l/∂S · ∂S/∂O": "∂l/∂O",
            "∂l/∂S · ∂S/∂O · ∂O/∂W1": "∂l/∂W1",
            "dl/dO · dO/dL · dL/dh · dh/dW0": "∂l/∂W0",
        },
        id="000-C bottom up, and as products of its factors",
    ),
    pytest.param(
        "001-A",
        """
        A = [[1, 1], [1, 1], [1, 1]]
        B = [[0.5, 0.5], [0.5, 0.5]]
        C = [[0.25, 0.25], [0.25, 0.25], [0.25, 0.25]]
        f(x, y, z) = x @ y + z
        s = Σ(f(A, B, C))
        """,
        {"s": "O", "ds/dA": "∂O/∂x", "ds/dB": "∂O/∂y", "ds/dC": "∂O/∂z"},
        id="001-A with a function and Greek sum",
    ),
    pytest.param(
        "001-D",
        """
        x = ones(3, 2)
        y = ones(2, 2) / 2
        z = ones(3, 2) / 4
        M = [[1, 2, 0], [0, 1, 1]].T
        T = sum((x @ y + z) * M) + sum(z)
        """,
        {"T": "T", "∂T/∂z": "∂T/∂z", "∂T/∂x": "∂T/∂x", "∂T/∂y": "∂T/∂y"},
        id="001-D with made arrays",
    ),
    pytest.param(
        "002-A",
        """
        X = [[-1, 0, 1]]                  # the batch in columns
        Y = [[1, 0, -1]]
        V1 = [[1], [2]]
        c1 = [[0], [1]]
        V2 = [[1, 3], [2, 4]]
        c2 = [[0], [1]]
        V3 = [[1, 2]]
        c3 = [[1]]
        η = 0.1
        h1 = σ(V1 @ X + c1)
        h2 = σ(V2 @ h1 + c2)
        ŷ = V3 @ h2 + c3
        L = mse(ŷ, Y)
        V1 := V1 - η * dL/dV1
        V2 := V2 - η * dL/dV2
        V3 := V3 - η * dL/dV3
        c1 := c1 - η * dL/dc1
        c2 := c2 - η * dL/dc2
        c3 := c3 - η * dL/dc3
        """,
        {
            "L": "L",
            "ŷᵀ": "ŷ",
            "(dL/dV2)ᵀ": "∂L/∂W2",
            "vec(dL/dc2)": "∂L/∂b2",
            "new(V1)ᵀ": "new(W1)",
            "new(V2)ᵀ": "new(W2)",
            "new(V3)ᵀ": "new(W3)",
            "new(c1)[:, 0]": "new(b1)",
            "new(c3)[0]": "new(b3)",
            "new(L)": "new(L)",
        },
        id="002-A in columns, with the library's loss",
    ),
    pytest.param(
        "002-A",
        """
        X = [[-1], [0], [1]]
        Y = [[1], [0], [-1]]
        W1 = [[1, 2]]
        W2 = [[1, 2], [3, 4]]
        W3 = [[1], [2]]
        b1 = [0, 1]
        b2 = [0, 1]
        b3 = [1]
        sig(x) = 1 / (1 + exp(-x))
        net(x) = sig(sig(x @ W1 + b1) @ W2 + b2) @ W3 + b3
        e0 = net(X[0]) - Y[0]             # one example at a time
        e1 = net(X[1]) - Y[1]
        e2 = net(X[2]) - Y[2]
        L = (e0[0]^2 + e1[0]^2 + e2[0]^2) / 3
        """,
        {"L": "L", "dL/dW1": "∂L/∂W1", "dL/dW2": "∂L/∂W2", "dL/db1": "∂L/∂b1", "dL/dX": "∂L/∂X"},
        id="002-A example by example, with its own sigmoid",
    ),
    pytest.param(
        "003-1.x1",
        """
        x = [1, 1, 2]
        W = [[0.01, 0.02, 0.03], [0.03, 0.01, 0.02], [0.02, 0.03, 0.01]]
        v0 = 0.01
        v = [0.02, 0.03, 0.04]
        f = sigmoid(W @ x)
        ŷ = dot(v, f) + v0
        L = squared_error(ŷ, 8)
        """,
        {
            "ŷ": "ŷ",
            "L": "L",
            "f[0]": "f1",
            "∂L/∂W": "∂L/∂W",
            "concat(∂L/∂v0, ∂L/∂v)": "∂L/∂v",
            "∂L/∂x": "∂L/∂x",
        },
        id="003-1 as vectors, with the bias apart",
    ),
    pytest.param(
        "003-1d",
        """
        X = [[1, 1, 2], [1, 1, 3], [1, 2, 2]]
        Y = [[8], [11], [10]]
        W = [[0.01, 0.02, 0.03], [0.03, 0.01, 0.02], [0.02, 0.03, 0.01]]
        v0 = 0.01
        v = [[0.02], [0.03], [0.04]]
        Z = 1 / (1 + exp(-einsum(X, W, terms=[ni, ji], result=nj)))
        ŷ = Z @ v + v0
        E = sum((ŷ - Y)^2)
        """,
        {
            "E": "E",
            "Z": "Z",
            "vec(ŷ)": "ŷ",
            "dE/dW": "∂E/∂W",
            "concat(dE/dv0, vec(dE/dv))": "∂E/∂v",
            "dE/dZ": "∂E/∂Z",
        },
        id="003-1d in columns, by sums over letters",
    ),
    pytest.param(
        "003-2a",
        """
        x = 1
        y = 2
        f = (2*x + 3*y)^2
        """,
        {"f": "f(1, 2)", "[df/dx, df/dy]": "grad(f)(1, 2)"},
        id="003-2a with two numbers",
    ),
    pytest.param(
        "003-2a",
        """
        f(p) = (2*p[0] + 3*p[1])**2
        p = [1, 2]
        """,
        {"f(p)": "f(1, 2)", "grad(f)(p)": "grad(f)(1, 2)", "D(f)([1, 2])": "grad(f)(1, 2)"},
        id="003-2a with a vector",
    ),
    pytest.param(
        "003-2b",
        """
        p = [1, 2]
        F = [p[0]^2 + 2*p[1], 3*p[0] + 4*p[1]^2]
        """,
        {"F": "F(1, 2)", "dF/dp": "D(F)(1, 2)", "[dF[0]/dp, dF[1]/dp]": "D(F)(1, 2)"},
        id="003-2b with a vector",
    ),
    pytest.param(
        "003-2c",
        """
        x = 2
        G = [x, x^2]
        y = [G[0]^2 + 2*G[1], 3*G[0] + 4*G[1]^2]
        """,
        {
            "y": "(F∘G)(2)",
            "dG/dx": "D(G)(2)",
            "dy/dG": "D(F)(G(2))",
            "dy/dG · dG/dx": "D(F∘G)(2)",
            "dy/dG @ dG/dx": "D(F∘G)(2)",
            "dy/dx": "D(F∘G)(2)",
        },
        id="003-2c by names",
    ),
    pytest.param(
        "003-3",
        """
        X = [[1, 1, 2], [1, 1, 3], [1, 2, 2]]
        Y = [8, 11, 10]
        W = [[0.01, 0.02, 0.03], [0.03, 0.01, 0.02], [0.02, 0.03, 0.01]]
        v = [0.01, 0.02, 0.03, 0.04]
        ŷ = σ(concat(ones(3, 1), σ(X @ W.T), axis=1) @ v)
        E = 1/2 * sum((ŷ - Y)^2)
        """,
        {"E": "E", "dE/dv": "∂E/∂v", "dE/dW": "∂E/∂W"},
        id="003-3 in one line",
    ),
    pytest.param(
        "004-A",
        """
        x = [[0.3, 0.3, 0.9]]             # a row; the softmax is the library's
        y = [[0.0, 1.0]]
        W = [[0.2, 0.1], [0.4, -0.2], [0.9, -0.5]]
        b = [0.0, 0.2]
        z₂ = softmax(x @ W + b)
        Loss = squared_error(z₂, y)
        """,
        {
            "Loss": "Loss",
            "dLoss/dWᵀ": "∂Loss/∂W1",
            "dLoss/db": "∂Loss/∂b1",
            "dLoss/dx[0]": "∂Loss/∂x",
        },
        id="004-A as a row",
    ),
]


@pytest.mark.parametrize(("problem", "program", "questions"), IN_OTHER_WORDS)
def test_in_other_words(problem: str, program: str, questions: dict[str, str]) -> None:
    text = "\n".join([dedent(program), *questions])
    answers = solve(elaborate(parse(Source(text)))).answers
    truth = truth_of(problem)
    for answer, (question, meant) in zip(answers, questions.items(), strict=True):
        assert answer.text == question
        same_numbers(answer.value, truth[meant], question)
