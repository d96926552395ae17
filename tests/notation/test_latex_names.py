"""Whatever a quantity is called, in LaTeX its name is only a name."""

from __future__ import annotations

import pytest

from chainrule.graph.node import Node, constant, variable
from chainrule.graph.source import Source
from chainrule.notation.latex import latex
from chainrule.notation.latex_names import latex_name
from chainrule.ops.abstract import abstract_elementwise
from chainrule.ops.arithmetic import multiply
from chainrule.ops.linear import einsum
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

NAMES = [
    # an index: digits at the end, or what follows the first underscore
    ("W1", "W_{1}"),
    ("W_12", "W_{12}"),
    ("W_ih_l0", r"W_{ih\_l0}"),  # two indices at one place are an error in LaTeX
    ("a__b", r"a_{\_b}"),
    ("net_h1", r"\mathrm{net}_{h1}"),
    # underscores that join no index
    ("_x", r"\mathrm{\_x}"),
    ("__", r"\mathrm{\_\_}"),
    ("lambda_", r"\mathrm{lambda\_}"),
    # primes, with an exponent to come
    ("f'", "{f'}"),
    ("f'1", "{f'}_{1}"),
    ("x_1'", "x_{1'}"),
    # Hangul, in one piece
    ("가중치", r"\text{가중치}"),
    ("가", r"\text{가}"),
    ("\u1100\u1161", r"\text{가}"),
    ("x_가", r"x_{\text{가}}"),
    ("손실1", r"\text{손실}_{1}"),
    # what a traced function calls the parts of its arguments
    ("params.W1", r"\mathrm{params.W}_{1}"),
    ("layers[0]", r"\text{layers[0]}"),
    ("p['a b']", r"\text{p['a b']}"),
    ("p['x#$%&_{}']", r"\text{p['x\#\$\%\&\_\{\}']}"),
    (r"p['\input{x}']", r"\text{p['\textbackslash{}input\{x\}']}"),
    ("p['~^']", r"\text{p['\textasciitilde{}\textasciicircum{}']}"),
]


@pytest.mark.parametrize(("name", "written"), NAMES)
def test_a_name(name: str, written: str) -> None:
    assert latex_name(name) == written


a, b = variable((3,)), variable((3,))
SETTINGS: list[tuple[Node, str]] = [
    (
        einsum(a, b, terms=("i", "i"), result=""),
        r"\operatorname{einsum}\left(a, b, \mathrm{terms}=[i, i], \mathrm{result}=\_\right)",
    ),
    (
        einsum(a, b, terms=("i", "j"), result="ij"),
        r"\operatorname{einsum}\left(a, b, \mathrm{terms}=[i, j], "
        r"\mathrm{result}=\mathrm{ij}\right)",
    ),
    (abstract_elementwise("g")(a), r"g\left(a\right)"),
    (abstract_elementwise("act_fn2")(a), r"\mathrm{act\_fn}_{2}\left(a\right)"),
    # a number with an exponent is a product
    (multiply(constant(1e-05), a), r"1 \times 10^{-5} a"),
    (constant(1e-05) ** 2, r"\left(1 \times 10^{-5}\right)^2"),
    (constant([1e-05, 2.0]), r"[1 \times 10^{-5}, 2]"),
]


@pytest.mark.parametrize(("node", "written"), SETTINGS)
def test_settings_and_numbers(node: Node, written: str) -> None:
    assert latex(node, {a: "a", b: "b"}.get) == written


def test_a_number_keeps_its_text() -> None:
    paper = elaborate(parse(Source("x : R\n2.50e-3 * x")))
    assert latex(paper.questions[0].node, paper.graph.name_of) == r"2.50 \times 10^{-3} x"
