"""Worked examples that others have published, with the digits that they print."""

from __future__ import annotations

from textwrap import dedent

import pytest

from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

PUBLISHED = [
    pytest.param(
        # M. Mazur, A Step by Step Backpropagation Example, 2015: a 2-2-2 sigmoid network.
        """
        i1 = 0.05
        i2 = 0.10
        w1 = 0.15
        w2 = 0.20
        w3 = 0.25
        w4 = 0.30
        w5 = 0.40
        w6 = 0.45
        w7 = 0.50
        w8 = 0.55
        b1 = 0.35
        b2 = 0.60
        net_h1 = w1*i1 + w2*i2 + b1
        net_h2 = w3*i1 + w4*i2 + b1
        out_h1 = 1 / (1 + exp(-net_h1))
        out_h2 = 1 / (1 + exp(-net_h2))
        out_o1 = sigmoid(w5*out_h1 + w6*out_h2 + b2)
        out_o2 = sigmoid(w7*out_h1 + w8*out_h2 + b2)
        E_o1 = 1/2 * (0.01 - out_o1)^2
        E_o2 = 1/2 * (0.99 - out_o2)^2
        E_total = E_o1 + E_o2
        w1 := w1 - 0.5 * ∂E_total/∂w1
        w2 := w2 - 0.5 * ∂E_total/∂w2
        w3 := w3 - 0.5 * ∂E_total/∂w3
        w4 := w4 - 0.5 * ∂E_total/∂w4
        w5 := w5 - 0.5 * ∂E_total/∂w5
        w6 := w6 - 0.5 * ∂E_total/∂w6
        w7 := w7 - 0.5 * ∂E_total/∂w7
        w8 := w8 - 0.5 * ∂E_total/∂w8
        """,
        {
            "net_h1": "0.3775",
            "out_h1": "0.593269992",
            "out_h2": "0.596884378",
            "out_o1": "0.751365070",
            "out_o2": "0.772928465",
            "E_o1": "0.274811083",
            "E_o2": "0.023560026",
            "E_total": "0.298371109",
            "∂E_total/∂out_o1": "0.741365070",
            "∂E_total/∂w5": "0.082167041",
            "new(w5)": "0.358916480",
            "new(w6)": "0.408666186",
            "new(w7)": "0.511301270",
            "new(w8)": "0.561370121",
            "∂E_o1/∂out_h1": "0.055399425",
            "∂E_total/∂out_h1": "0.036350306",
            "∂E_total/∂w1": "0.000438568",
            "new(w1)": "0.149780716",
            "new(w2)": "0.199561432",
            "new(w3)": "0.249751144",
            "new(w4)": "0.299502287",
        },
        id="Mazur",
    ),
    pytest.param(
        # Stanford CS231n, notes on backpropagation: three gates, and a neuron.
        """
        x = -2
        y = 5
        z = -4
        q = x + y
        f = q * z
        w = [2, -3, -3]
        u = [-1, -2]
        n = sigmoid(w[0]*u[0] + w[1]*u[1] + w[2])
        """,
        {
            "f": "-12",
            "df/dz": "3",
            "df/dq": "-4",
            "df/dx": "-4",
            "df/dy": "-4",
            "n": "0.73",
            "(dn/dw)[0]": "-0.20",
            "(dn/dw)[1]": "-0.39",
            "(dn/dw)[2]": "0.20",
            "dn/du[0]": "0.39",
            "dn/du[1]": "-0.59",
        },
        id="CS231n",
    ),
    pytest.param(
        # A. Karpathy, micrograd, README, 2020: each value that was reassigned has a name here.
        """
        a = -4.0
        b = 2.0
        c0 = a + b
        d0 = a * b + b**3
        c1 = c0 + c0 + 1
        c2 = c1 + 1 + c1 + (-a)
        d1 = d0 + d0 * 2 + relu(b + a)
        d2 = d1 + 3 * d1 + relu(b - a)
        e = c2 - d2
        f = e**2
        g = f / 2.0 + 10.0 / f
        """,
        {"g": "24.7041", "dg/da": "138.8338", "dg/db": "645.5773"},
        id="micrograd",
    ),
    pytest.param(
        # PyTorch, A Gentle Introduction to torch.autograd: Q = 3a³ - b².
        """
        a = [2, 3]
        b = [6, 4]
        Q = 3*a**3 - b**2
        s = sum(Q)
        """,
        {"(ds/da)[0]": "36", "(ds/da)[1]": "81", "(ds/db)[0]": "-12", "(ds/db)[1]": "-8"},
        id="PyTorch",
    ),
    pytest.param(
        # JAX, Quickstart and The Autodiff Cookbook, to the digits that float32 has.
        """
        logistic(x) = 1 / (1 + exp(-x))
        sum_logistic(x) = sum(logistic(x))
        x = [0, 1, 2]
        f(t) = tanh(t)
        """,
        {
            "grad(sum_logistic)(x)[0]": "0.25",
            "grad(sum_logistic)(x)[1]": "0.196612",
            "grad(sum_logistic)(x)[2]": "0.104994",
            "grad(f)(2)": "0.070651",
            "D(D(f))(2)": "-0.136219",
            "D(D(D(f)))(2)": "0.252654",
        },
        id="JAX",
    ),
]


@pytest.mark.parametrize(("program", "printed"), PUBLISHED)
def test_published(program: str, printed: dict[str, str]) -> None:
    answers = solve(elaborate(parse(Source("\n".join([dedent(program), *printed]))))).answers
    for answer, (question, digits) in zip(answers, printed.items(), strict=True):
        decimals = len(digits.partition(".")[2])
        assert f"{float(answer.value):.{decimals}f}" == digits, question
