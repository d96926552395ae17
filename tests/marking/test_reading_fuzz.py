"""Whatever is handed in as a solution is read: claims, or lines that say why they are none."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import ChainruleError, TooLarge
from chainrule.graph.source import Source, Span
from chainrule.marking.reading.fenced import fenced
from chainrule.marking.reading.lines import rows
from chainrule.marking.reading.solution import LONGEST_TEXT, read_solution
from chainrule.paper.syntax import Name
from chainrule.paper.workbook import Workbook

PROBLEM = """
I = [2, 1]
W0 = [[1, -2], [2, 5]]
W1 = [[3, -3], [-1, 1]]
label = [0, 1]
η = 0.1
f(x) = x^2
h = I @ W0
L = relu(h)
O = L @ W1
S = softmax(O)
l = cross_entropy(S, label)
W1 := W1 - η * dl/dW1
"""
WORKBOOK = Workbook(Source(PROBLEM))
SOLUTION = """
h = I @ W0 = [4, 1]  # the hidden layer
L = [4, 1]
O = [11, -11] ≈ [11.0; −11.0]
S = [1, 2.7E-10]
dl/dS = [0, -3.58e9] = [0, -3.58 × 10^9]
dS/dO = [[0, -2.7e-10],
         [-2.7e-10, 2.7*10⁻¹⁰]]
(dl/dW1)[1,0] = 2*(0.0561 - 8) = -15.888
δ = dl/dO = S - label
dl/dW0
  = [[1 2]
     [3 4]]
W1[0, 0] := 3 - 0.4 = 2.6
new(l) = exp(-2.5)/3 = 2^9*10^-3
"""
PIECES = re.findall(
    r"\S+",
    """
    [ ] ( ) , ; : . = := == ≈ ≤ != # + - − – * × x ⊙ / @ ^ · ᵀ .T ∂ ∘ d 0 1 -1 0.5 .5 3. 1e999 0,5
    10⁻³ ² ⁻ ₁ ½ √ h W0 l S dl/dS ∂l/∂W1 ∂l/∂l dS dq/dh new(l) new( D(f)(1) grad(f) f(1) exp( sum(
    axis=0 ]= =[ [[ ]] [] () {} ' " % $ \\ ` ``` e E _ nan inf True lambda: __import__('os') =1+1
    """,
)
BLANKS = [
    " ",
    "\n",
    "\n\n",
    "\t",
    "\r\n",
    "\r",
    "\x00",
    "\x0b",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
]


def slipped(text: str, slips: list[tuple[int, int, str]]) -> str:
    """The text with each slip put in, or over some characters."""
    for place, length, typed in slips:
        at = place % (len(text) + 1)
        text = text[:at] + typed + text[at + length :]
    return text


SLIPS = st.tuples(
    st.integers(0, 1000),
    st.sampled_from([0, 0, 0, 1, 1, 2, 5, 30]),
    st.one_of(st.sampled_from(["", *BLANKS, *PIECES]), st.characters()),
)
TEXTS = st.one_of(
    st.builds(slipped, st.just(SOLUTION), st.lists(SLIPS, min_size=1, max_size=6)),
    st.lists(st.sampled_from([" ", *BLANKS, *PIECES]), max_size=40).map("".join),
    st.lists(st.sampled_from([*"0123456789.,;[]=+-eE h\n"]), max_size=40).map("".join),
    st.text(max_size=60),
    st.binary(max_size=60).map(lambda data: data.decode("utf-8", "surrogateescape")),
)


def is_read(text: str) -> None:
    """The text is read, the same with and without the parser, and each place lies in it."""
    solution = read_solution(text, WORKBOOK.names)
    assert read_solution(text, WORKBOOK.names, quick=False) == solution
    lines = text.split("\n")
    for line in solution.lines:
        assert (line.target is None) == bool(line.problem)
        assert bool(line.links) == (not line.problem)
        places = [(line.number, line.column), *((one.line, one.column) for one in line.links)]
        for number, column in places:
            assert 1 <= number <= len(lines)
            assert 1 <= column <= len(lines[number - 1]) + 1
        for shown in (line.text, line.target_text, *(link.text for link in line.links)):
            assert shown.isprintable()
        for link in line.links:
            assert bool(link.problem) == (link.expression is None and link.written is None)
            assert link.written is None or len(link.written.cells) < 10_000


def problem_of(act: Callable[..., object], *arguments: object) -> ChainruleError | None:
    """The problem that a call ends in, if it does."""
    try:
        act(*arguments)
    except ChainruleError as problem:
        return problem
    return None


def is_looked_up(text: str) -> None:
    """Every expression has a meaning, or a problem that is pinned to the text."""
    workbook = WORKBOOK.fresh()
    solution = read_solution(text, workbook.names)
    for line in solution.lines:
        formulas = [link.expression for link in line.links if link.expression is not None]
        expressions = [one for one in (line.target, *formulas) if one is not None]
        problems = [problem_of(workbook.value, solution.source, one) for one in expressions]
        if isinstance(line.target, Name) and line.target.name not in workbook.names and formulas:
            name = line.target.name
            problems.append(problem_of(workbook.define, solution.source, name, formulas[0]))
        for problem in problems:
            assert problem is None or (problem.source is solution.source and str(problem))


@given(TEXTS)
@settings(max_examples=400)
def test_whatever_is_typed_is_read(text: str) -> None:
    is_read(text)


@given(TEXTS)
@settings(max_examples=150)
def test_whatever_is_read_is_looked_up(text: str) -> None:
    is_looked_up(text)


@pytest.mark.soak
@given(TEXTS)
@settings(max_examples=20_000)
def test_much_that_is_typed_is_read(text: str) -> None:
    is_read(text)


@pytest.mark.soak
@given(TEXTS)
@settings(max_examples=5_000)
def test_much_that_is_read_is_looked_up(text: str) -> None:
    is_looked_up(text)


NUMBER = st.one_of(
    st.integers(-200, 2000).map(str),
    st.decimals(-50, 50, places=3).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["-0", ".5", "3.", "0e9", "1E5", "−4", "–.5", "1200", "+1", "- 2", "00"]),
)
VECTOR = st.lists(NUMBER, min_size=1, max_size=4).map(lambda row: f"[{', '.join(row)}]")
MATRIX = st.lists(VECTOR, min_size=1, max_size=3).map(lambda rows: f"[{','.join(rows)}]")
TARGET = st.sampled_from(
    ["h", "dl/dS", "(dl/dW1)[1, 0]", " ∂l/∂W1[0,0] ", "-η * W1[:, 0]", "z", "f(2)"]
)


@given(TARGET, st.sampled_from(["=", ":=", " = ", "≈"]), st.one_of(NUMBER, VECTOR, MATRIX))
def test_plain_numbers_need_no_parser(target: str, sign: str, numbers: str) -> None:
    is_read(f"{target}{sign}{numbers}\ndl/dz = {numbers}")


@given(TEXTS)
def test_every_character_of_a_line_keeps_its_place(text: str) -> None:
    for row in rows(text):
        own = text[row.start : row.start + len(row.text)]
        assert len(own) == len(row.text)
        assert all(
            a == b or (a == " " and (b.isspace() or "#" in own))
            for a, b in zip(row.text, own, strict=True)
        )
        line, column = Source(text).position(Span(row.start, row.start))
        assert (row.number, row.column) == (line, column)


@given(st.lists(st.sampled_from(["```", "~~~~", "```chain", "```solution", "x = 1", " ", "````"])))
def test_whatever_a_markdown_file_holds(lines: list[str]) -> None:
    text = "\n".join(lines)
    problem = problem_of(fenced, text)
    if problem is None:
        assert [part.count("\n") for part in fenced(text)] == [text.count("\n")] * 2
    else:
        assert "no block that begins with" in problem.message


HOSTILE = {
    "brackets": "[" * LONGEST_TEXT,
    "lines of brackets": "[\n" * 4_999,
    "parentheses": "h = " + "(" * 15_000,
    "unclosed brackets": ("h = [1,\n" + "1,\n" * 30) * 160,
    "settings": "f(1,\n" + ("a=1," * 4_900 + "\n") * 10,
    "equality signs": "=" * LONGEST_TEXT,
    "lines of equality signs": "=\n" * 4_999,
    "one number": "h = " + "1" * 190_000,
    "numbers": ("h = [" + "1," * 9_000 + "1]\n") * 11,
    "numbers with blanks": ("h = [" + "1 " * 9_000 + "1]\n") * 11,
    "rows": ("h = [" + "1;" * 9_000 + "1]\n") * 11,
    "blanks": ("h = [1" + " " * 19_000 + "x\n") * 10,
    "raised digits": ("h = " + "2²+" * 4_900 + "1\n") * 13,
    "products": ("h = " + "1.5*" * 4_900 + "1\n") * 10,
    "fractions": ("h = " + "+".join([f"1/{k}" for k in range(3, 2500)]) + "\n") * 11,
    "powers": ("h = " + "9^" * 40 + "9\n") * 2_000,
    "functions": ("h = " + "exp(1.5)+" * 2_000 + "1\n") * 11,
    "matrix products": ("h = [" + "[1.5,2.5,1,2]," * 9 + "[1,2,3,4]] @ [1;2;3;4]\n") * 1_100,
    "ragged rows": ("h = [[" + "1," * 100 + "1]" + ",[1]" * 100 + "]\n") * 300,
    "ragged brackets": ("h = " + "[1," * 50 + "[1]" + "]" * 50 + "\n") * 900,
    "formulas": ("h = " + "S+" * 9_000 + "S\n") * 11,
    "a long name": "é" * 19_000 + " = 1\n" + "dl/d" + "é" * 19_000 + " = 1",
    "targets": "".join([f"dl/dW1*{k} = 4\n" for k in range(4_999)]),
    "comments": "#" * LONGEST_TEXT,
    "null characters": "\x00" * LONGEST_TEXT,
    "prose": "so this is then the answer that we find\n" * 4_900,
    "a gigabyte": "h = 1",  # repeated below
}


@pytest.mark.soak
@pytest.mark.parametrize("kind", HOSTILE)
def test_time_and_memory_are_bounded(kind: str) -> None:
    text = HOSTILE[kind] * (200_000_000 if kind == "a gigabyte" else 1)
    started = process_time()
    problem = problem_of(read_solution, text, WORKBOOK.names)
    assert problem is None or isinstance(problem, TooLarge)
    assert process_time() - started < 10
    tracemalloc.start()
    problem_of(read_solution, text, WORKBOOK.names)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 250_000_000
