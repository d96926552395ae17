"""Every function, with any arguments and any settings, is answered or refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import LONGEST, ChainruleError
from chainrule.explain.derive import derive_all
from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.ops import all_functions
from chainrule.ops.contract import PaperFunction
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

SMALL = """
x = 2
v = [1, 2, 3]
m = [[1, 2, 3], [4, 5, 6]]
t = [[2, 1, 0], [1, 3, 1], [0, 1, 4]]
q = [[1, 2], [2, 4]]
s = [[[1, 2], [3, 4]], [[0, 1], [1, 0]]]
c = [[[[1, 2, 3], [4, 5, 6], [7, 8, 0]]]]
"""
LARGE = """
x = 2
v = random_uniform(1, shape=[1000000])
m = random_uniform(2, shape=[1000, 1000])
t = random_uniform(3, shape=[100, 100])
q = random_uniform(4, shape=[500000, 2])
s = random_uniform(5, shape=[250000, 2, 2])
c = random_uniform(6, shape=[1, 1, 1000, 1000])
"""
NAMES = ["x", "v", "m", "t", "q", "s", "c"]
ARGUMENTS = [
    *NAMES,
    *["0", "1", "-2", "0.5", "1e300", "1e16", "[1, 2, 3]", "[[-1, 1], [0, 0]]"],  # written
    *["eye(3)", "zeros(3, 3)", "0 * t", "log(-t)", "1 / (0 * t)", "1e-200 * t"],  # singular
    *["v[1:1]", "t[1:1]", "t[:, 1:1]", "s[1:1]", "c[:, :, 1:1]"],  # empty
    *["t > 1", "v > 0", "x > 1", "argmax(v)", "argsort(t)", "argsort(v)"],  # no numbers
    *["number(t, to=float32)", "number(v, to=float32)"],
]
WRITTEN = re.findall(
    r"\S+",
    """
    0 1 2 3 7 20 1000 100000 1000000 1000000000 999999999999999 1e20 1e308 1e400 0.5 1.5 1e-300
    -1 -2 -9 -1000 -999999999999999 -1e30 -0.5
    _ x ij ii edge reflect wrap mean L U inf nan float32 int64 object True False None
    """,
)
VALUES = st.recursive(
    st.sampled_from(WRITTEN),
    lambda parts: st.lists(parts, max_size=4).map(lambda found: f"[{', '.join(found)}]"),
    max_leaves=6,
)
FUNCTIONS = sorted(set(all_functions()))


@st.composite
def questions(draw: st.DrawFn) -> str:
    """A call of any function, and perhaps its derivative."""
    function: PaperFunction = all_functions()[draw(st.sampled_from(FUNCTIONS))]
    most = function.fewest + 3 if function.most is None else function.most
    count = draw(st.integers(function.fewest, most))
    arguments = draw(
        st.lists(st.sampled_from(ARGUMENTS), min_size=count, max_size=count)
        | st.sampled_from(NAMES).map(lambda name: [name] * count)
    )
    for keyword in function.keywords:
        if keyword in function.needed or draw(st.booleans()):
            arguments.append(f"{keyword}={draw(VALUES)}")
    call = f"y = {function.name}({', '.join(arguments)})\n"
    return call + draw(st.sampled_from(["", "l = sum(y)\ndl/dt\n", "dy/dt\ndy/dv\n", "dy/dx\n"]))


def is_answered_or_refused(text: str) -> None:
    try:
        paper = elaborate(parse(Source(text, "any.chain")))
        solve(paper)
        derive_all(paper, [asked for question in paper.questions for asked in question.asked])
    except ChainruleError as problem:
        said = str(problem)
    else:
        said = "an answer"
    assert said.strip()
    assert max(map(len, said.splitlines())) < LONGEST + 200  # with the path


@given(questions())
@settings(max_examples=300)
def test_any_settings(question: str) -> None:
    is_answered_or_refused(SMALL + question)


@pytest.mark.soak
@given(questions())
@settings(max_examples=20_000)
def test_many_settings(question: str) -> None:
    is_answered_or_refused(SMALL + question)


@pytest.mark.soak
@given(questions())
@settings(max_examples=1000)
def test_any_settings_of_large_arrays(question: str) -> None:
    is_answered_or_refused(LARGE + question)


ANSWERED = [
    "erf(0)",
    "normal_cdf([1, 2, 3])",
    "tril(t, offset=999999999999999)",
    "trace(t, offset=-999999999999999)",
    "diagonal(t, offset=999999999999999)",
    "place_diagonal(v[1:1], to=[2, 3], offset=-999999999999999)",
    "roll(v, shift=999999999999999)",
    "reciprocal_gaps(v > 1)",
    "qr_q(t[:, 1:1])",
    "elu(number(v, to=float32), alpha=1e308)",
    "eigvalsh(q, uplo=U)",
    "eigvalsh(log(-t))",
    "eigvecsh(1 / (0 * t))",
    "matrix_power(eye(3), exponent=-999999999999999)",
]
REFUSED = [  # each with what its message says
    ("tril(t, offset=edge)", "The setting offset is a whole number; found edge."),
    ("triu(t, offset=[1, 2])", "The setting offset is a whole number; found [1, 2]."),
    ("eigvalsh(t, uplo=[1])", "The setting uplo is a word, such as ik; found [1]."),
    ("eigvalsh(t, uplo=T)", "the triangle is L or U, not 'T'"),
    ("svd_u(x)", "svd_u needs a matrix"),
    ("svd_v(v)", "svd_v needs a matrix"),
    ("dropout(v, rate=0.5, key=[1, [2, 3]])", "The setting key is a whole number, such as 7"),
    ("dropout(v, rate=0.5, key=0.5)", "The setting key is a whole number, such as 7"),
    ("take(v, 1e300)", "positions are whole numbers"),
    ("put(v, x, 1e300)", "positions are whole numbers"),
    ("gather(v, 1e19, axes=1)", "positions are whole numbers"),
    ("inverse(q)", "the matrix is singular"),
    ("cholesky(-t)", "an eigenvalue that is 0 or negative"),
    ("random_uniform(7, shape=[100000000000, 0])", "one array holds at most 1,000,000 numbers"),
    ("sum(broadcast(t[:, 1:1], to=[999999, 3, 0]))", "This is an array of (999999 × 3 × 0)"),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("call", ANSWERED)
def test_an_unusual_setting_is_answered(call: str) -> None:
    solve(elaborate(parse(Source(f"{SMALL}{call}\n", "any.chain"))))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("call", "says"), REFUSED, ids=[call for call, _ in REFUSED])
def test_a_setting_without_sense_is_refused(call: str, says: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        solve(elaborate(parse(Source(f"{SMALL}{call}\n", "any.chain"))))
    assert says in str(caught.value)
