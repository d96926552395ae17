"""What a solution claims: its lines, the links of each, what cannot be read and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.errors import DataProblem, TooLarge
from chainrule.graph.source import Source, Span
from chainrule.marking.reading.fenced import fenced
from chainrule.marking.reading.solution import Line, Solution, read_solution
from chainrule.paper.parser import parse
from chainrule.paper.syntax import Derivative, Expression, Name, Question, Sequence
from chainrule.paper.workbook import Workbook

NAMES = frozenset(("I", "W0", "W1", "h", "L", "S", "O", "l", "label", "α", "x", "y", "dx"))


def read(text: str) -> Solution:
    """The solution, read with and without the parser for plain numbers."""
    found = read_solution(text, NAMES)
    assert read_solution(text, NAMES, quick=False) == found
    return found


def line(text: str) -> Line:
    """The one line of a text."""
    (found,) = read(text).lines
    return found


def shown(found: Line) -> str:
    """`target | link | link`, with := where the line is an update and ✗ for what is unreadable."""
    links = [("✗ " if link.problem else "") + link.text for link in found.links]
    sign = " :=" if found.is_update else ""
    return " | ".join([("✗ " if found.problem else "") + found.target_text + sign, *links])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("h = [4, 1]", "h | [4, 1]"),
        ("  h=[4,1]  # the hidden layer", "h | [4,1]"),
        ("dl/dS = [0, -3.58e9]", "dl/dS | [0, -3.58e9]"),
        ("(dl/dW1)[1,0] = 1", "(dl/dW1)[1,0] | 1"),
        ("∂l/∂W1[0, 0] = 1", "∂l/∂W1[0, 0] | 1"),
        ("h[:,0] = 0.5", "h[:,0] | 0.5"),
        ("-α * ∂l/∂W1 = [[1, 2], [3, 4]]", "-α * ∂l/∂W1 | [[1, 2], [3, 4]]"),
        # every link of a chain is a claim, numbers or not
        ("dl/dx = 2*(0.0561 - 8) = -15.888", "dl/dx | 2*(0.0561 - 8) | -15.888"),
        ("dl/dO = S - label", "dl/dO | S - label"),
        ("h = I @ W0 = [4, 1]", "h | I @ W0 | [4, 1]"),
        ("3 = 1 + 2", "3 | 1 + 2"),
        ("l ≈ 0.3 == 0.33 ≃ 0.333", "l | 0.3 | 0.33 | 0.333"),
        ("x == y", "x | y"),
        # the value after the step
        ("W1 := [[1, 2], [3, 4]]", "W1 := | [[1, 2], [3, 4]]"),
        ("W1[0,0] := 1 + 0.013 = 1.013", "W1[0,0] := | 1 + 0.013 | 1.013"),
        # signs within brackets are settings and comparisons
        ("h = sum(W1, axis=0)", "h | sum(W1, axis=0)"),
        ("h = where(x == y, 1, 2) = 2", "h | where(x == y, 1, 2) | 2"),
        ("h = x >= y", "h | x >= y"),
        # what hides or reorders text is shown as something unknown
        ("h = 4\u202e", "h | ✗ 4\ufffd"),
        ("h = \x00", "h | ✗ \ufffd"),
        ("h = \ud800", "h | ✗ \ufffd"),
    ],
)
def test_a_line(text: str, said: str) -> None:
    found = line(text)
    assert shown(found) == said
    assert (found.number, found.column) == (1, len(text) - len(text.lstrip()) + 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # brackets go over lines
        ("h = [[1, 2],\n     [3, 4]]", "h | [[1, 2], [3, 4]]"),
        ("h = [[1, 2],  # one\n\n # two\n [3, 4]] = 3", "h | [[1, 2], [3, 4]] | 3"),
        ("h = [[ 4. -1.]\n [ 0.  2.5]]", "h | [[ 4. -1.] [ 0. 2.5]]"),
        ("h = sum(W1,\naxis=0)", "h | sum(W1, axis=0)"),
        ("h = sum(W1,\n  x, axis = 0)", "h | sum(W1, x, axis = 0)"),
        ("h = where(x\n == y, 1, 2)", "h | where(x == y, 1, 2)"),
        # a line that starts with a sign goes on with the one before
        ("h = I @ W0\n  = [4, 1]", "h | I @ W0 | [4, 1]"),
        ("h\n= 3\n\n# more\n≈ 4", "h | 3 | 4"),
        ("dl/dx\n = 4", "dl/dx | 4"),
        # and so does a line of numbers after one that ends with it
        ("h =\n [4, 1]", "h | [4, 1]"),
        ("h =\n -4", "h | -4"),
        ("h = I @ W0 ≈\n 4", "h | I @ W0 | 4"),
    ],
)
def test_a_claim_over_several_lines(text: str, said: str) -> None:
    assert shown(line(text)).replace("  ", " ") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("h = [1, 2\nL = 3", ["h | ✗ [1, 2", "L | 3"]),
        ("h = (1 + 2\nL = 3", ["h | ✗ (1 + 2", "L | 3"]),
        ("h = f(1,\nL = [3]\nS = 4", ["h | ✗ f(1,", "L | [3]", "S | 4"]),
        ("h = [1, 2\n3]\nL = 3", ["h | ✗ [1, 2 3]", "L | 3"]),
        ("h = [1, 2)\nL = 3", ["h | ✗ [1, 2)", "L | 3"]),
        ("h = 1, 2]\nL = 3", ["h | ✗ 1, 2]", "L | 3"]),
        ("h = [1, = 2]\nL = 3", ["h | ✗ [1, = 2]", "L | 3"]),
        ("h = [1,\n2\n\nL := 3\nS = 4", ["h | ✗ [1, 2", "L := | 3", "S | 4"]),
        ("h =\nL = 3", ["h | ✗ ", "L | 3"]),
        ("= 3\nL = 3", ["✗ ", "L | 3"]),
        ("h = {4} = 4", ["h | ✗ {4} | 4"]),
        ("h = 4 = = 5", ["h | 4 | ✗  | 5"]),
        ("h = 4 := 5", ["h | 4 | ✗ 5"]),
        ("So we have\nh = 4", ["✗ So we have", "h | 4"]),
        ("Answer: h = 4\nL = 3", ["✗ Answer: h", "L | 3"]),
        ("dl/dW7 = 4\nL = 3", ["✗ dl/dW7", "L | 3"]),
    ],
)
def test_what_is_broken_never_stops_the_rest(text: str, said: list[str]) -> None:
    assert [shown(found) for found in read(text).lines] == said


@pytest.mark.parametrize("text", ["", "\n \n", "# h = 4", "dl/dW1", "h", "[4, 1]\n\nI @ W0  # ?"])
def test_what_claims_nothing_is_passed_over(text: str) -> None:
    assert read(text).lines == ()


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("h = 0,5", (1, 5), "A number has a decimal point: 0.5."),
        ("h = -12,50 = 3", (1, 5), "A number has a decimal point: -12.50."),
        ("h = [1 - 2 3]", (1, 12), "Separate entries with commas: [2, 3]; write 2 * 3 for a pro"),
        ("h = 2.7e - 10", (1, 5), "'2.7e' is no number and no name."),
        ("h = [1, 2\n\n", (1, 5), "This '[' is not closed. A ']' is missing."),
        ("\n h = [4,\n {1}]", (3, 2), "'{' has no meaning here."),
        ("h = 4 =", (1, 8), "Nothing stands beside the '='."),
        ("h = 4 := 5", (1, 10), "':=' stands once, after the target."),
        ("h = [1; 2", (1, 5), "This '[' is not closed."),
        ("h = 1; 2", (1, 6), "';' has no meaning here."),
        ("h = [1; ; 2]", (1, 7), "These brackets are empty; an entry must stand in them."),
        ("h = [1; 2, ; 3]", (1, 12), "A value must stand before ';'."),
        ("h = ²", (1, 5), "A value must stand before '²'."),
        ("h = [4, 1e999]", (1, 5), "1e999 is too large"),
        ("h = dl/dq", (1, 9), "'dq' asks for a derivative, but 'q' is not defined."),
        (f"h = {'(' * 61}1{')' * 61}", (1, 65), "Brackets are nested more than 60 deep."),
        (f"h = {'-' * 61}x", (1, 65), "Expressions are nested more than 60 deep."),
    ],
)
def test_why_and_where_a_link_cannot_be_read(
    text: str, place: tuple[int, int], problem: str
) -> None:
    (link,) = [link for link in line(text).links if link.problem]
    assert link.problem.startswith(problem)
    assert (link.line, link.column) == place
    assert (link.expression, link.written) == (None, None)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("\n  We find = 4", (2, 6), "Two expressions stand side by side."),
        ("dl/dW7 = 4", (1, 5), "'dW7' asks for a derivative, but 'W7' is not defined. Did you me"),
        (f"h = {'1, ' * 7000}", (1, 1), "A line has at most 20,000 characters."),
        (f"h = {'1 = ' * 50} 1", (1, 1), "A line has at most 50 equality signs."),
    ],
)
def test_why_and_where_a_line_cannot_be_read(
    text: str, place: tuple[int, int], problem: str
) -> None:
    found = line(text)
    assert found.problem.startswith(problem)
    assert (found.number, found.column) == place
    assert (found.target, found.links) == (None, ())


def test_a_very_long_line_is_shown_by_its_beginning() -> None:
    assert line("h = " + "1" * 30_000).text == f"h = {'1' * 196}…"


@pytest.mark.parametrize(
    "text", ["1" * 200_001, "h = 1\n" * 5_000, ("h = " + "1 = " * 49 + "1\n") * 101]
)
def test_no_solution_is_that_long(text: str) -> None:
    with pytest.raises(TooLarge, match="A solution has at most"):
        read_solution(text, NAMES)


def test_every_place_is_that_of_the_text() -> None:
    text = "# a solution\n h = I @ W0 = [4, 1]\n\nL = [1,  # two rows\n 2] = x²\n  ≈ S - label\n"
    source = Source(text, "answer.txt")
    solution = read_solution(source, NAMES)
    assert solution.source is source
    first, second = solution.lines
    assert [(first.number, first.column), (second.number, second.column)] == [(2, 2), (4, 1)]
    places = [(link.line, link.column) for found in (first, second) for link in found.links]
    assert places == [(2, 6), (2, 15), (4, 5), (5, 7), (6, 5)]
    targets = [found.placed for found in (first, second)]
    links = [link.expression for found in (first, second) for link in found.links]
    spans = [one.span for one in (*targets, *links) if one is not None]
    assert [source.slice(span) for span in spans] == ["h", "L", "I @ W0", "x²", "S - label"]


def test_a_byte_order_mark_and_other_line_ends() -> None:
    found = read("\ufeff h = 4\r\nL = [1,\r\n 2]\r\n").lines
    assert [(one.number, one.column, shown(one)) for one in found] == [
        (1, 3, "h | 4"),
        (2, 1, "L | [1, 2]"),
    ]


def target(text: str) -> Expression:
    found = line(f"{text} = 4").target
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    ["-α * (dl/dW1)[0, 1:] + h^2", "∂l/∂W1[0, 0]", "dl/dW1[0, 0]", "sum(h, axis=0)ᵀ", "dx/h"],
)
def test_a_tree_is_that_of_the_paper_language(text: str) -> None:
    names = "".join(f"\n{name} = 1" for name in sorted(NAMES))
    wanted = parse(Source(text + names)).statements[0]
    assert isinstance(wanted, Question)
    assert target(text) == wanted.expression


def test_a_quotient_and_a_derivative() -> None:
    assert isinstance(target("dx/h"), Sequence)
    assert isinstance(target("dl/dh"), Derivative)


def test_names_that_a_solution_introduces_may_be_differentiated_by() -> None:
    solution = read("z = I @ W0 = [4, 1]\ndl/dz = [1, 2]\ndl/dq = 3")
    second, third = solution.lines[1:]
    assert isinstance(second.placed, Derivative)
    assert second.placed.wrt == Name(Span(24, 25), "z")
    assert third.problem.startswith("'dq' asks for a derivative")


def test_a_name_for_a_derivative_does_not_make_it_a_quotient() -> None:
    solution = read("dS = [1, 2]\ndS/dO = [[1, 2], [3, 4]]")
    assert isinstance(solution.lines[1].target, Derivative)


def test_the_lines_of_a_lecture_have_a_meaning_in_the_problem() -> None:
    problem = Path(__file__).parents[2] / "examples" / "002-A.chain"
    workbook = Workbook(Source(problem.read_text(encoding="utf-8"), problem.name))
    text = """
    ŷ - Y = [2.61; 3.92; 4.97]
    ∂L/∂W3 = [6.975; 7.519]
    (∂L/∂W2)[0, 1] = 0.35
    h2[:, 0] = [0.75, 0.94, 0.97]
    h1 ⊙ (1 - h1) = [[0.2, 0.2], [0.25, 0.2], [0.2, 0.05]]
    W1[0, 0] := 1 + 0.013 = 1.013
    """
    solution = read_solution(text, workbook.names)
    shapes = [
        workbook.value(solution.source, one.target).node.shape
        for one in solution.lines
        if one.target is not None
    ]
    assert shapes == [(3, 1), (2, 1), (), (3,), (3, 2), ()]


# --- Markdown files ------------------------------------------------------------------------------

FILE = """# A step

```chain
x = 2
```
Then, in two parts,

~~~~ Chain
y = x^2
~~~
~~~~

```solution title
dy/dx = 4
``` not the end
```

```python
z = 3
```
   ```solution
y = 4
"""


def test_a_markdown_file_holds_both() -> None:
    problem, solution = fenced(FILE)
    assert problem.split("\n")[3] == "x = 2"
    assert problem.split() == ["x", "=", "2", "y", "=", "x^2", "~~~"]
    lines = read_solution(solution, NAMES).lines
    assert [(one.number, shown(one)) for one in lines] == [
        (14, "dy/dx | 4"),
        (15, "✗ ``` not the end"),
        (22, "y | 4"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "chain"), ("```chain\nx = 2\n```", "solution"), ("```solution\n```\n```", "chain")],
)
def test_a_block_that_is_missing(text: str, kind: str) -> None:
    with pytest.raises(DataProblem, match=f"The file has no block that begins with ```{kind}"):
        fenced(text)
