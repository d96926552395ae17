"""A small explanation put together by hand: every kind of step and formula that printers meet."""

from __future__ import annotations

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.notation.formula import (
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
    mark,
)

__all__ = ["SAMPLE", "expression", "numbers", "partial"]


def expression(text: str, latex: str | None = None, *holes: Formula) -> Expression:
    """An expression; the LaTeX of a single letter is the letter."""
    return Expression(text, text if latex is None else latex, holes)


def partial(of: str, wrt: str) -> Expression:
    """∂of/∂wrt."""
    return Expression(f"∂{of}/∂{wrt}", rf"\frac{{\partial {of}}}{{\partial {wrt}}}")


def numbers(*rows: str, kind: str = "matrix") -> Matrix:
    """A matrix of numbers from its rows as text."""
    return Matrix(tuple(tuple(map(Number, row.split())) for row in rows), kind)


PRODUCT = expression("I @ W0", r"I \, W_{0}")
FILLED = expression(
    f"{mark(0)} @ {mark(1)}", rf"{mark(0)} \, {mark(1)}", numbers("2 1", kind="row"),
    numbers("1 -2", "2 5"),
)  # fmt: skip
SOFTMAX = Matrix(
    (
        (
            expression("S0(1-S0)", r"S_{0} \left(1 - S_{0}\right)"),
            expression("-S0S1", "-S_{0} S_{1}"),
        ),
        (
            expression("-S1S0", "-S_{1} S_{0}"),
            expression("S1(1-S1)", r"S_{1} \left(1 - S_{1}\right)"),
        ),
    )
)

FORWARD = Step(
    "part",
    title=Sentence("forward"),
    steps=(
        Step(
            "quantity",
            what=expression("h"),
            sides=(
                Equal(PRODUCT),
                Equal(FILLED, "substituted"),
                Equal(numbers("4 1", kind="row"), "result"),
            ),
            shape=(2,),
            rests_on=("I", "W0"),
        ),
        Step(
            "quantity",
            what=expression("S"),
            sides=(
                Equal(expression("softmax(O)", r"\operatorname{softmax}\left(O\right)")),
                Equal(numbers("1 2.789e-10", kind="row"), "result", is_exact=False),
            ),
            shape=(2,),
            rests_on=("O",),
        ),
        Step(
            "quantity",
            what=expression("big"),
            sides=(
                Equal(expression("X @ W", r"X \, W")),
                Equal(
                    Summary((64, 784), Number("-3.1"), Number("2.9"), Number("17.3"),
                            (Number("0.25"), Number("-1.5"), Number("2/3"))),
                    "result",
                    is_exact=False,
                ),
            ),
            shape=(64, 784),
            rests_on=("X", "W"),
        ),
    ),
)  # fmt: skip
CHAIN = Step(
    "part",
    title=Sentence("chain"),
    steps=(
        Step(
            "quantity",
            what=partial("l", "O"),
            sides=(
                Equal(Line((partial("l", "S"), expression(" · ", r"\cdot"), partial("S", "O")))),
            ),
        ),
        Step(
            "quantity",
            what=partial("S", "O"),
            rule=Sentence("name:softmax"),
            why=Sentence("operation:softmax"),
            sides=(
                Equal(SOFTMAX),
                Equal(numbers("2.789e-10 -2.789e-10", "-2.789e-10 2.789e-10"), "result", False),
            ),
            shape=(2, 2),
            rests_on=("S",),
            remarks=(Sentence("choice:relu"),),
        ),
        Step(
            "quantity",
            what=partial("L", "h"),
            rule=Sentence("name:relu"),
            why=Sentence("operation:relu"),
            sides=(
                Equal(Matrix(((expression("[h0>0]", r"\mathbf{1}[h_{0} > 0]"),
                               expression("[h1>0]", r"\mathbf{1}[h_{1} > 0]")),), "diagonal")),
                Equal(numbers("1 1", kind="diagonal"), "result"),
            ),
            shape=(2, 2),
            rests_on=("h",),
            steps=(
                Step(
                    "quantity",
                    what=partial("l", "h"),
                    sides=(Equal(numbers("6 -2", kind="column"), "result"),),
                    remarks=(Sentence("forward"),),
                ),
            ),
        ),
    ),
)  # fmt: skip
SAMPLE = Explanation(
    partial("l", "O"),
    "chain",
    (
        Step("part", title=Sentence("conventions"), steps=(
            Step("remark", remarks=(Sentence("layout:numerator"), Sentence("flatten:rows"))),)),
        FORWARD,
        CHAIN,
    ),
)  # fmt: skip
