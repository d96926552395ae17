"""Every error of the paper language, word for word, with its place and its caret."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.errors import ChainruleError, TooLarge
from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

TABLE = Path(__file__).with_name("errors.txt").read_text(encoding="utf-8")


def cases() -> list[tuple[str, str]]:
    """Programs and messages: blocks that start with lines after >."""
    blocks = [block.splitlines() for block in TABLE.split("\n\n") if block.startswith(">")]
    return [
        (
            "\n".join(line[2:] for line in block if line.startswith("> ")),
            "\n".join(line for line in block if not line.startswith("> ")),
        )
        for block in blocks
    ]


def failure(text: str) -> ChainruleError:
    """The error that solving the text ends in."""
    with pytest.raises(ChainruleError) as caught:
        solve(elaborate(parse(Source(text, "paper.chain"))))
    return caught.value


@pytest.mark.parametrize(("text", "message"), cases())
def test_an_error(text: str, message: str) -> None:
    assert str(failure(text)) == message


def test_the_table_is_read() -> None:
    assert len(cases()) == sum(
        line.startswith("> ") and not before.startswith("> ")
        for before, line in zip(["", *TABLE.splitlines()], TABLE.splitlines(), strict=False)
    )
    assert all(message.startswith("paper.chain:") for _, message in cases())


def test_every_form_of_mistake_has_its_own_kind_of_error() -> None:
    kinds = {type(failure(text)).__name__ for text, _ in cases()}
    assert kinds == {"NameProblem", "PaperError", "ShapeError", "DomainProblem"}


CALLED = "".join(f"f{n + 1}(x) = f{n}(2*x) + f{n}(3*x) * f{n}(5*x)\n" for n in range(15))
NESTED = "".join(f"f{n + 1}(x) = f{n}(x) + 1\n" for n in range(20))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"x = {'(' * 61}1{')' * 61}", "1:65: Brackets are nested more than 60 deep."),
        (f"y = 1\nx = {'-' * 61}y", "2:65: Expressions are nested more than 60 deep."),
        (
            f"x = [1{', 1' * 50_000}]",
            "1:150001: The text has more than 100,000 numbers, names and signs.",
        ),
        (f"x = {'9' * 1001}", "1:5: This number has more than 1,000 characters."),
        (f"#{' ' * 4_000_000}", "1:4000001: The text is longer than 4,000,000 characters."),
        ("x = 1\n" + "x\n" * 10_000, "10001:1: The text has more than 10,000 statements."),
        (
            "x = zeros(1001, 1000)",
            "1:5: zeros would hold 1,001,000 numbers; at most 1,000,000 fit.",
        ),
        (
            "x = ones(1001)\ny = outer(x, x)",
            "2:5: This is an array of (1001 × 1001); one array holds at most 1,000,000 numbers.",
        ),
        (
            "x = ones(1001)\ny = softmax(x)\ndy/dx",
            "3:1: This is an array of (1001 × 1001); one array holds at most 1,000,000 numbers.",
        ),
        (
            f"x = ones({', '.join('1' * 13)})",
            "1:5: This array has 13 axes; an array has at most 12.",
        ),
        (
            f"einsum({', '.join('1' * 33)}, terms=[{', '.join('_' * 33)}], result=_)",
            "1:1: einsum takes at most 32 arrays and 16 letters.",
        ),
        (f"f0(x) = x\n{NESTED}f20(1)", "1:1: Functions call each other more than 20 deep."),
        (
            f"f0(x) = sin(x)\n{CALLED}f15(1)",
            "the program unfolds to more nodes than the limit allows.",
        ),
    ],
)
def test_a_limit(text: str, message: str) -> None:
    problem = failure(text)
    assert isinstance(problem, TooLarge)
    first, _, caret = str(problem).partition("\n")
    assert first.startswith("paper.chain:")
    assert first.endswith(message)
    assert caret.endswith("^")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ones(1000, 1000)\ny = x @ x", "running takes more than 1,000,000,000 multipl"),
        (
            "x = ones(1000, 1000)\n" + "".join(f"y{n} = {n} * x\n" for n in range(20)),
            "the values take more than 20,000,000 numbers in all",
        ),
    ],
)
def test_a_limit_of_the_whole_program(text: str, message: str) -> None:
    problem = failure(text)
    assert isinstance(problem, TooLarge)
    assert str(problem).startswith(message)


def test_the_first_of_two_mistakes_is_reported() -> None:
    assert str(failure("x = 2 +\ny = undefined")).startswith("paper.chain:1:7: The line ends")
    assert str(failure("y = undefined\nz = unknown")).startswith("paper.chain:1:5: 'undefined'")


def test_a_mistake_in_a_function_is_shown_in_its_body() -> None:
    problem = failure("f(x) = x + [1, 2, 3]\ng(x) = f(x)\ng([1, 2])")
    assert problem.place == ("paper.chain", 1, 10)


def test_a_long_line_is_shown_around_the_caret() -> None:
    first, line, caret = str(failure(f"x = 1{' + 1' * 100} + z")).split("\n")
    assert first == "paper.chain:1:409: 'z' is not defined."
    assert line.startswith("    …+ 1 + 1")
    assert line.endswith("1 + z")
    assert line[caret.index("^")] == "z"
