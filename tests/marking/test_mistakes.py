"""Which mistake is named for which numbers: problem, line, what the student computed, the name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.marking.workings import Problem, Values, as_written

from chainrule.marking.mistakes.catalogue import Catalogue
from chainrule.marking.mistakes.codes import CODES, USUAL
from chainrule.marking.mistakes.wrong import Earlier
from chainrule.marking.report import Mistake
from chainrule.marking.reports.messages import en, ko

SIGMOID = """
X = [[-1, 0.5], [0.3, 0.8], [1, -0.4]]
Y = [[0.9], [0.1], [0.4]]
W1 = [[0.7, -1.2], [0.4, 0.9]]
b1 = [0.3, -0.2]
W2 = [[0.8, -0.3], [-0.6, 1.1]]
b2 = [0.1, 0.2]
W3 = [[0.9], [-0.7]]
b3 = [0.15]
α = 0.1
z1 = X @ W1 + b1
a1 = sigmoid(z1)
z2 = a1 @ W2 + b2
a2 = tanh(z2)
y = a2 @ W3 + b3
L = sum((y - Y)^2) / 3
∂L/∂y
∂L/∂W3
∂L/∂b3
∂L/∂a2
∂L/∂z2
∂L/∂W2
∂L/∂b2
∂L/∂a1
∂L/∂z1
∂L/∂W1
W1 := W1 - α * ∂L/∂W1
W3 := W3 - α * ∂L/∂W3
"""
SOFTMAX = """
x = [0.7, -1.3, 0.4]
T = [0, 1, 0]
W = [[0.3, -0.8, 0.5], [0.9, 0.2, -0.4], [-0.6, 0.1, 0.7]]
V = [[0.5, -0.2, 0.8], [-0.9, 0.4, 0.3], [0.6, 0.7, -0.1]]
h = x @ W
r = relu(h)
o = r @ V
S = softmax(o)
l = cross_entropy(S, T)
∂l/∂S
∂S/∂o
∂l/∂o
∂l/∂r
∂l/∂h
∂l/∂W
∂l/∂V
"""
LECTURE = """
I = [2, 1]
W0 = [[1, -2], [2, 5]]
W1 = [[3, -3], [-1, 1]]
label = [0, 1]
h = I @ W0
L = relu(h)
O = L @ W1
S = softmax(O)
l = cross_entropy(S, label)
dl/dS
dl/dW1
"""
PROBLEMS = {"sigmoid": Problem(SIGMOID), "softmax": Problem(SOFTMAX), "lecture": Problem(LECTURE)}


def σ(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


COMPUTED = [
    # problem, line, what was computed, the name on top, where
    ("sigmoid", "z1", lambda v: v["X"] @ v["W1"], "bias-forgotten", "b1"),
    ("sigmoid", "z1", lambda v: v["X"] @ v["W1"].T + v["b1"], "transpose", "W1"),
    ("sigmoid", "z1", lambda v: v["X"] @ v["W1"] - v["b1"], "term-sign", "b1"),
    ("sigmoid", "z2", lambda v: v["a1"] @ v["W1"] + v["b2"], "wrong-quantity", "W2"),
    ("sigmoid", "z2", lambda v: v["z1"] @ v["W2"] + v["b2"], "wrong-quantity", "a1"),
    ("sigmoid", "a1", lambda v: v["z1"], "activation-dropped", "a1"),
    ("sigmoid", "a1", lambda v: np.tanh(v["z1"]), "activation-other", "a1"),
    ("sigmoid", "a1", lambda v: v["a1"] * (1 - v["a1"]), "derivative-for-activation", "a1"),
    ("sigmoid", "L", lambda v: np.sum((v["y"] - v["Y"]) ** 2), "mean-dropped", "1/3"),
    ("sigmoid", "L", lambda v: np.sum(v["y"] - v["Y"]) / 3, "power-dropped", "(y - Y)^2"),
    ("sigmoid", "∂L/∂y", lambda v: 2 * (v["Y"] - v["y"]) / 3, "difference-reversed", "y - Y"),
    ("sigmoid", "∂L/∂y", lambda v: (v["y"] - v["Y"]) / 3, "factor-dropped", "2"),
    ("sigmoid", "∂L/∂y", lambda v: 4 * (v["y"] - v["Y"]) / 3, "factor-doubled", "2"),
    ("sigmoid", "∂L/∂y", lambda v: 2 * (v["y"] - v["Y"]), "mean-dropped", "1/3"),
    ("sigmoid", "∂L/∂y", lambda v: 2 * (v["y"] - v["Y"]) / 9, "mean-twice", "1/3"),
    ("sigmoid", "∂L/∂z2", lambda v: v["∂L/∂a2"], "derivative-dropped", "∂a2/∂z2"),
    ("sigmoid", "∂L/∂z2", lambda v: v["∂L/∂a2"] * v["a2"], "activation-for-derivative", "∂a2/∂z2"),
    (
        "sigmoid",
        "∂L/∂z2",
        lambda v: v["∂L/∂a2"] * (1 - v["a2"] ** 2) ** 2,
        "derivative-squared",
        "∂a2/∂z2",
    ),
    (
        "sigmoid",
        "∂L/∂z2",
        lambda v: v["∂L/∂a2"] * v["a2"] * (1 - v["a2"]),
        "derivative-other",
        "∂a2/∂z2",
    ),
    (
        "sigmoid",
        "∂L/∂z1",
        lambda v: v["∂L/∂a1"] * σ(v["a1"]) * (1 - σ(v["a1"])),
        "derivative-argument",
        "∂a1/∂z1",
    ),
    (
        "sigmoid",
        "∂L/∂z1",
        lambda v: v["∂L/∂a1"] * v["z1"] * (1 - v["z1"]),
        "derivative-argument",
        "∂a1/∂z1",
    ),
    ("sigmoid", "∂L/∂z1", lambda v: v["∂L/∂a1"] * (1 - v["a1"]), "derivative-part", "∂a1/∂z1"),
    ("sigmoid", "∂L/∂a1", lambda v: v["∂L/∂z2"] @ v["W2"], "transpose", "W2"),
    ("sigmoid", "∂L/∂a1", lambda v: v["∂L/∂z2"] @ v["W1"].T, "wrong-quantity", "W2"),
    ("sigmoid", "∂L/∂a2", lambda v: v["∂L/∂y"] @ v["new(W3)"].T, "updated-too-early", "W3"),
    (
        "sigmoid",
        "∂L/∂a1",
        lambda v: v["∂L/∂z2"][:, :1] @ v["W2"].T[:1],
        "path-left-out",
        "∂L/∂z2 @ W2ᵀ (k = 1)",
    ),
    ("sigmoid", "∂L/∂W2", lambda v: -v["∂L/∂W2"], "sign", "∂L/∂W2"),
    ("sigmoid", "∂L/∂W2", lambda v: v["∂L/∂W2"].T, "result-transposed", "∂L/∂W2"),
    ("sigmoid", "∂L/∂W2", lambda v: v["∂L/∂W2"] / 3, "mean-for-sum", "∂L/∂W2"),
    ("sigmoid", "∂L/∂W2", lambda v: v["z1"].T @ v["∂L/∂z2"], "wrong-quantity", "a1"),
    ("sigmoid", "∂L/∂W2", lambda v: v["a1"][:1].T @ v["∂L/∂z2"][:1], "one-example", "∂L/∂W2"),
    ("sigmoid", "∂L/∂b2", lambda v: v["∂L/∂z2"][0], "one-example", "∂L/∂b2"),
    ("sigmoid", "∂L/∂b2", lambda v: v["∂L/∂z2"].mean(axis=0), "mean-for-sum", "∂L/∂b2"),
    ("sigmoid", "∂L/∂b2", lambda v: v["∂L/∂z2"], "not-summed", "∂L/∂b2"),
    (
        "sigmoid",
        "new(W1)",
        lambda v: v["W1"] + 0.1 * v["∂L/∂W1"],
        "learning-rate-sign",
        "W1 - α * ∂L/∂W1",
    ),
    ("sigmoid", "new(W1)", lambda v: v["W1"] - v["∂L/∂W1"], "learning-rate-dropped", "α"),
    ("softmax", "∂l/∂o", lambda v: v["T"] - v["S"], "difference-reversed", "S - T"),
    ("softmax", "∂l/∂o", lambda v: v["S"], "term-dropped", "T"),
    ("softmax", "∂l/∂o", lambda v: -v["T"] / v["S"], "derivative-dropped", "∂S/∂o"),
    ("softmax", "∂l/∂o", lambda v: v["S"] - 1, "label-for-all", "T"),
    (
        "softmax",
        "∂S/∂o",
        lambda v: np.diag(v["S"] * (1 - v["S"])),
        "softmax-diagonal-only",
        "∂S/∂o",
    ),
    ("softmax", "∂l/∂S", lambda v: -1 / v["S"], "factor-dropped", "T"),
    ("softmax", "∂l/∂h", lambda v: v["∂l/∂r"], "derivative-dropped", "[h > 0]"),
    ("softmax", "∂l/∂h", lambda v: v["∂l/∂r"] * (v["∂l/∂r"] > 0), "mask-of-gradient", "[h > 0]"),
    ("softmax", "∂l/∂h", lambda v: v["∂l/∂r"] * v["r"], "activation-for-derivative", "[h > 0]"),
    ("softmax", "∂l/∂h", lambda v: v["∂l/∂r"] * (v["h"] <= 0), "mask", "[h > 0]"),
    ("softmax", "∂l/∂V", lambda v: np.outer(v["∂l/∂o"], v["r"]), "result-transposed", "∂l/∂V"),
    ("softmax", "∂l/∂V", lambda v: np.outer(v["h"], v["∂l/∂o"]), "wrong-quantity", "r"),
    ("softmax", "∂l/∂r", lambda v: v["∂l/∂o"] @ v["V"], "transpose", "V"),
]


@pytest.mark.parametrize(("problem", "target", "computed", "code", "where"), COMPUTED)
def test_a_mistake_in_the_computation_is_named(
    problem: str, target: str, computed: Any, code: str, where: str
) -> None:
    case = PROBLEMS[problem]
    first = case.names(target, np.asarray(computed(case.true)))[0]
    assert (first.code, first.where) == (code, where)


@pytest.mark.parametrize("decimals", [3, 4, 6])
def test_the_same_name_at_every_precision(decimals: int) -> None:
    case = PROBLEMS["sigmoid"]
    named = case.names("∂L/∂z1", case.true["∂L/∂a1"], decimals=decimals)
    assert named[0] == Mistake("derivative-dropped", "∂a1/∂z1")


WRITTEN = [
    # problem, line, what is written, the name on top, where, details
    ("lecture", "h", ["4", "-1"], "sign-of-cells", "[1]", ()),
    ("lecture", "h", ["0", "9"], "transpose", "W0", ()),
    ("lecture", "l", "6.9", "clipped", "S", (("least", "10^-3"),)),
    ("lecture", "dl/dS", ["0", "-3.58e10"], "decimal", "[1]", (("power", "10^1"),)),
    ("lecture", "dl/dW1", [["4", "-4"], ["1", "1"]], "sign-of-cells", "[1, 1]", ()),
    ("lecture", "dl/dW1", [["4", "-4"], ["1", None]], "missing-cells", "[1, 1]", ()),
]


@pytest.mark.parametrize(("problem", "target", "claimed", "code", "where", "details"), WRITTEN)
def test_what_lectures_get_wrong(
    problem: str, target: str, claimed: Any, code: str, where: str, details: Any
) -> None:
    first = PROBLEMS[problem].names(target, claimed)[0]
    assert first == Mistake(code, where, details)


PRODUCT = Problem("p = [2.61, 4.2, 7.1]\nr = [0.93, 0.924, 0.7]\nm = p * r\n")
SLIPS = [
    # what stands for [2.4273, 3.8808, 4.97]
    (["2.4293", "3.8808", "4.97"], "digit", "[0]"),
    (["2.4723", "3.8808", "4.97"], "digits-swapped", "[0]"),
    (["2.44273", "3.8808", "4.97"], "digit-doubled", "[0]"),
    (["2.473", "3.8808", "4.97"], "digit-dropped", "[0]"),
    (["24.273", "3.8808", "4.97"], "decimal", "[0]"),
    (["2.4273", "-3.8808", "4.97"], "sign-of-cells", "[1]"),
    (["2.4273", "7.7616", "4.97"], "factor-of-cells", "[1]"),
    (["3.8808", "2.4273", "4.9700"], "cells-swapped", "[0], [1]"),
    (["4.9700", "3.8808", "2.4273"], "cells-swapped", "[0], [2]"),
    (["2.4274", "3.8808", "4.97"], "rounding", "[0]"),
    (["2.2413", "3.8808", "4.97"], "misread", "p[0]"),
    (["2.4273", "3.780", "4.97"], "rounded-early", "r[1]"),
    (["0.9300", "0.9240", "0.7000"], "factor-dropped", "p"),
]


@pytest.mark.parametrize(("claimed", "code", "where"), SLIPS)
def test_slips_of_the_pen(claimed: Any, code: str, where: str) -> None:
    named = PRODUCT.names("m", claimed)
    assert (code, where) in [(one.code, one.where) for one in named]


ROWS = Problem("X = [[1.25, 2.5, -1.75], [0.4, 3.1, 0.9], [-2.2, 1.7, 0.6]]\nZ = sigmoid(X)\n")
PLACED = [
    (lambda z: z[[1, 0, 2]], "rows-swapped"),
    (lambda z: z[:, [2, 1, 0]], "columns-swapped"),
    (lambda z: z[[0, 0, 2]], "other-example"),
    (lambda z: z.reshape(-1), "shape"),
    (lambda z: z[:2], "missing-cells"),
    (lambda z: z.sum(axis=0), "summed"),
]


@pytest.mark.parametrize(("moved", "code"), PLACED)
def test_right_numbers_at_the_wrong_places(moved: Any, code: str) -> None:
    assert ROWS.names("Z", moved(ROWS.true["Z"]))[0].code == code


def test_an_entry_of_a_gradient_at_the_wrong_index() -> None:
    case = Problem("w = [[0.37, -1.21], [2.05, 0.44]]\nL = sum(w^3)\n(∂L/∂w)[1, 0]\n")
    wanted = float(case.true["(∂L/∂w)[1, 0]"])
    other = 3 * 1.21**2
    named = case.names("(∂L/∂w)[1, 0]", f"{other:.4f}", {})
    assert abs(wanted - other) > 1
    assert [(one.code, one.details) for one in named] == [
        ("wrong-index", (("other", "(3 * w^2)[0, 1]"),))
    ]


def test_a_copy_of_an_earlier_line_differs_in_a_digit() -> None:
    case = Problem("p = [0.33, 0.06, 0.02]\nr = [1, 1, 1]\nm = p * r\n")
    first = Earlier(3, "m", case.nodes["m"], np.array([0.33, 0.06, 0.02]))
    again = case.names("m", ["0.33", "0.06", "0.62"], earlier=(first,))
    assert [one.code for one in again] == ["digit", "miscopied"]
    # Of a number that was worked out, two digits are too few to tell a misread one.
    assert case.names("m", ["0.33", "0.06", "0.62"]) == ()


def test_the_numbers_of_another_line_are_recognized() -> None:
    case = PROBLEMS["sigmoid"]
    other = Earlier(7, "δ", case.nodes["a2"], case.true["z1"].round(4))
    named = case.names("∂L/∂z1", case.true["z1"], earlier=(other,))
    assert ("copied", "δ") in [(one.code, one.where) for one in named]


def test_a_given_that_was_misquoted_and_then_used() -> None:
    case = Problem("x = [0.3, 0.3, 0.9]\nd = [0.512, -0.431]\ng = outer(d, x)\n")
    wrong = np.outer([0.512, -0.431], [0.3, 0.3, 0.5])
    quoted = (case.nodes["x"], np.array([0.3, 0.3, 0.5]), "line 2")
    assert case.names("g", wrong, misquoted=(quoted,))[0].code == "misquoted"
    assert case.names("g", wrong)[0] == Mistake(
        "misread", "x[2]", (("right", "0.9"), ("read", "0.5"))
    )
    assert case.names("x", ["0.3", "0.3", "0.5"])[0] == Mistake("misquoted", "[2]")


def test_arithmetic_that_does_not_come_out() -> None:
    case = Problem("y = 0.0561\nt = 8\nL = (y - t)^2\n∂L/∂y\n")
    named = case.names("∂L/∂y", "-15.788", operands=as_written("-15.8878"))
    assert named[0] == Mistake("arithmetic", "-15.8878", (("right", "-15.8878"),))


def test_mistakes_are_looked_for_from_the_student_s_own_numbers() -> None:
    case = PROBLEMS["sigmoid"]
    own = dict(case.true)
    own["∂L/∂a1"] = np.array([[0.31, -0.27], [0.13, 0.44], [-0.52, 0.08]])  # whatever it was
    named = case.names("∂L/∂z1", own["∂L/∂a1"], own | {"∂L/∂z1": own["∂L/∂z1"]})
    assert named[0].code == "derivative-dropped"


def test_steps_that_were_not_written_down_are_looked_into() -> None:
    case = PROBLEMS["sigmoid"]
    known = {name: case.true[name] for name in ("a1", "a2", "y")}
    slope = 2 * (case.true["y"] - case.true["Y"]) / 3
    claimed = case.true["a1"].T @ (slope @ case.true["W3"].T)
    assert case.names("∂L/∂W2", claimed, known)[0] == Mistake("derivative-dropped", "∂a2/∂z2")


def test_rounding_of_what_was_carried_is_allowed_for() -> None:
    case = PROBLEMS["sigmoid"]
    rng = np.random.default_rng(5)
    known = ("∂L/∂a1", "a1")
    nodes = {case.nodes[one]: case.true[one].round(3) for one in known}
    meant = case.true["∂L/∂a1"] + rng.uniform(-4e-4, 4e-4, (3, 2))
    basis = Values(case.paper, nodes, radius=5e-4)
    written = as_written(meant, decimals=5)
    named = case.catalogue.names(case.wrong("∂L/∂z1", written, (basis,)))
    assert named[0].code == "derivative-dropped"


def test_what_no_mistake_gives_has_no_name() -> None:
    case = PROBLEMS["sigmoid"]
    assert case.names("∂L/∂z1", case.true["∂L/∂z1"] + [[0.31, 0.17]]) == ()
    assert case.names("L", "0.7731") == ()


@pytest.mark.parametrize("decimals", [3, 4])
@pytest.mark.parametrize("kind", ["all cells", "one cell", "a multiple"])
def test_random_numbers_get_hardly_ever_a_name(kind: str, decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    tried = named = 0
    for case in (PROBLEMS["sigmoid"], PROBLEMS["softmax"]):
        for target in [one for one in case.nodes if one not in case.paper.graph.names]:
            right = case.true[target]
            for _ in range(12):
                claimed = disturbed(right, kind, rng)
                tried += 1
                named += bool(case.names(target, claimed, decimals=decimals))
    assert tried > 200
    assert named / tried < 0.03


def disturbed(right: Any, kind: str, rng: np.random.Generator) -> Any:
    """Wrong numbers that have nothing to do with the catalogue."""
    noise = rng.uniform(-2, 2, right.shape) * np.maximum(np.abs(right), np.abs(right).max() / 5)
    if kind == "all cells":
        return noise
    if kind == "a multiple":
        return right * rng.uniform(2.1, 2.9)
    changed = right.copy()
    at = int(rng.integers(right.size))
    changed.reshape(-1)[at] = noise.reshape(-1)[at]
    return changed


def test_every_mistake_of_the_catalogue_is_found_again() -> None:
    """Each mutant's own numbers, at four decimals, are given its name among those that fit."""
    case = PROBLEMS["sigmoid"]
    found = tried = 0
    for target in ("z2", "∂L/∂y", "∂L/∂z2", "∂L/∂W2", "∂L/∂z1"):
        claims = {case.nodes[one]: value for one, value in case.true.items() if one != target}
        basis = Values(case.paper, {n: v for n, v in claims.items() if n.inputs})
        mutants = case.catalogue.mutants(case.nodes[target], basis.stops)
        assert mutants is not None
        values = mutants.values(basis)
        for mutant in mutants.mutants:
            wrong = case.wrong(target, as_written(values[mutant.at]), (basis,))
            if "wrong" in wrong.verdicts:
                tried += 1
                codes = [one.code for one in case.catalogue.names(wrong)]
                found += mutant.change.code in codes
    assert tried > 80
    assert found / tried > 0.95


def test_large_targets_are_left_alone() -> None:
    case = Problem("x = ones(100, 100)\ny = x * 2\n")
    assert case.names("y", case.true["y"] + 0.37, {}) == ()


def test_what_is_kept_is_bounded() -> None:
    case = Problem("\n".join(["x = 0.7", *[f"y{k} = x * {k}.5" for k in range(300)]]))
    for name, node in case.nodes.items():
        if name != "x":
            case.catalogue.mutants(node, frozenset())
    assert len(case.catalogue._mutants) <= 256


@pytest.mark.parametrize("language", [en, ko])
def test_every_code_has_a_sentence(language: Any) -> None:
    assert set(language.MISTAKES) == set(CODES)
    assert len(set(language.MISTAKES.values())) == len(CODES)


def test_sentences_take_the_same_fields_in_every_language() -> None:
    for code in CODES:
        english, korean = (fields(one.MISTAKES[code]) for one in (en, ko))
        assert english == korean, code


def fields(template: str) -> set[str]:
    import string

    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


TABLE = Path(__file__).parents[2] / "docs" / "mistakes.md"


def table() -> str:
    """The table of codes as `docs/mistakes.md` has it."""
    rows = ["| code | usual | what is said |", "| --- | --- | --- |"]
    for code in CODES:
        said = en.MISTAKES[code].replace("{where}", "…").replace("{", "").replace("}", "")
        rows.append(f"| `{code}` | {'yes' if code in USUAL else ''} | {said} |")
    return "\n".join(rows)


def test_the_documentation_lists_every_code() -> None:
    assert table() in TABLE.read_text()


def test_a_catalogue_serves_many_lines() -> None:
    case = PROBLEMS["sigmoid"]
    catalogue = Catalogue(case.paper)
    basis = Values(case.paper, {})
    node = case.nodes["∂L/∂y"]
    assert catalogue.mutants(node, basis.stops) is catalogue.mutants(node, basis.stops)
