"""What each kind of line is answered with: the rule, case by case."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest

from chainrule.graph.source import Source
from chainrule.marking.marker import Marker
from chainrule.marking.report import Claim

SCALAR = """
x = 0.3
w = 2
y = 8
z = w * x
a = sigmoid(z)
l = (a - y)^2
w := w - 0.1 * dl/dw
"""  # z = 0.6, a = 0.6456563, l = 54.08637, dl/da = -14.70869, dl/dz = -3.365013
SOFTMAX = """
O = [11, -11]
label = [0, 1]
S = softmax(O)
l = cross_entropy(S, label)
"""
LAYER = """
X = [[1, 2], [3, -1], [0.5, 1]]
W = [[0.2, -0.4, 1], [0.5, 0.3, -0.2]]
T = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
h = X @ W
r = relu(h)
l = sum((r - T)^2) / 3
W := W - 0.5 * dl/dW
"""
SQUARE = """
x = [1, 2]
A = [[0.5, -1], [2, 0.25]]
h = A @ x
l = h @ h
"""
PROBLEMS = {"scalar": SCALAR, "softmax": SOFTMAX, "layer": LAYER, "square": SQUARE}


@cache
def marker(problem: str) -> Marker:
    return Marker(Source(PROBLEMS[problem]))


def claims(problem: str, solution: str) -> tuple[Claim, ...]:
    return marker(problem).check("\n".join(solution.split("; "))).claims


class Case(NamedTuple):
    """A solution, its lines apart by semicolons, and the verdicts of its claims."""

    problem: str
    solution: str
    verdicts: str
    remark: str = ""  # of the last claim

    def __str__(self) -> str:
        return self.solution


PADDED = """
x = [0.4, 0.7]
a = sigmoid(x)
ā = concat(1, a)
s = a * a
"""
ACTIVE = """
x = [1, 2]
h = relu(x)
l = h @ h
"""
TINY = """
p = 0.012
q = 0.3
d = p * q
l = d * 5
e = log(d)
f = 3 * e
"""
SIGNS = """
x = [1, 2]
w = [0.5, -0.3]
y = w @ x
a = tanh(y)
m = abs(a)
l = (a - 1)^2 + 0.1 * m
"""
LONG = """
q = [7.486, 10.483, 9.484]
p = -q
"""
PROBLEMS |= {"signs": SIGNS, "long": LONG}
PROBLEMS |= {"padded": PADDED, "active": ACTIVE, "tiny": TINY}
CASES = [
    # The true value rounds to what is written.
    Case("scalar", "a = 0.6457", "exact"),
    Case("scalar", "a = 0.646", "exact"),
    Case("scalar", "l = 54.1; l = 54.09", "exact exact"),
    Case("scalar", "z = 0.60", "exact"),
    Case("scalar", "z = 3/5", "exact"),
    Case("scalar", "z = 6*10^-1", "exact"),
    Case("scalar", "z = 6E-1", "exact"),
    # It follows from the displayed numbers, or lies within their rounding.
    Case("scalar", "a = 0.65; l = 54.02", "exact consistent"),
    Case("scalar", "a = 0.65; l = 54.05", "exact consistent"),
    Case("scalar", "a = 0.65; l = 54.2", "exact wrong"),
    Case("scalar", "a = 0.65; dl/da = -14.70", "exact consistent"),
    Case("scalar", "dl/da = 2*(0.65 - 8) = -14.70", "consistent consistent"),
    Case("softmax", "S = [1, 2.8e-10]; dl/dS = [0, -3.57e9]", "exact consistent"),
    Case(
        "softmax",
        "dl/dS = [0, -3.58e9]; dS/dO = [[0, -2.8e-10], [-2.8e-10, 2.8e-10]]; dl/dO = [1.00, -1.00]",
        "exact exact exact",
    ),
    Case(
        "softmax",
        "S = [1, 2.7e-10]; dl/dS = [0, -3.70e9]; dl/dO = [0.999, -0.999]",
        "truncated consistent consistent",
    ),
    # Digits are cut instead of rounded.
    Case("scalar", "a = 0.64", "truncated"),
    Case("scalar", "a = 0.645; l = 54.08", "truncated truncated"),
    Case("scalar", "z = 0.5", "wrong"),
    # It follows from an earlier wrong line.
    Case(
        "scalar",
        "a = 0.75; l = 52.56; dl/da = -14.50",
        "wrong follow-through follow-through",
        "follows-from",
    ),
    Case("scalar", "z = 6; a = 0.9975; l = 49.04", "wrong follow-through follow-through"),
    Case("scalar", "a = 0.75; l = 54.0864", "wrong exact", "right-but-does-not-follow"),
    Case("scalar", "dl/dw = 1.01; w := 1.899", "wrong follow-through"),
    Case("square", "h = [0, 0]; l = 0", "wrong wrong", "trivial"),
    # A product of claimed Jacobians may be wrong where nothing else is claimed.
    Case("softmax", "dl/dS = [0, 5]; dl/dO = [1, -1]", "wrong exact", "right-but-does-not-follow"),
    Case("softmax", "dl/dS = [0, 5]; dl/dO = [3, -1]", "wrong wrong"),
    # A whole number is exact, or tells nothing.
    Case("scalar", "z = 1", "undecided", "whole-number"),
    Case("scalar", "l = 54", "undecided", "whole-number"),
    Case("scalar", "l = 55", "wrong"),
    Case("softmax", "l = 22", "exact"),
    Case("softmax", "l = 6.9", "wrong"),
    # The digits cannot tell right from a mistake.
    Case("tiny", "d = 0.00; l = 0.018", "exact exact"),
    Case("tiny", "d = 0.00; l = 0.01", "exact truncated"),
    Case("tiny", "d = 0.00; l = -0.018", "exact undecided", "mistake-fits"),
    # Lines may be left out, or come in another order.
    Case("scalar", "dl/dw = -1.0095", "exact"),
    Case("scalar", "dl/dw = -1.01; z = 0.6", "exact exact"),
    Case("layer", "W := [[-0.0667, -0.483, -2.28], [0.2, 0.133, 0.7]]", "exact"),
    # Formulas.
    Case("scalar", "dl/da = 2 * (a - y)", "exact", "identity"),
    Case("scalar", "dl/dz = 2 * (a - y) * a * (1 - a)", "exact", "identity"),
    Case("scalar", "dl/dz = 2 * (a - y) * a", "wrong"),
    Case("scalar", "z = x + x", "consistent", "holds-here"),
    Case("scalar", "dl/da = 2 * (0.6457 - y) = -14.71", "consistent exact"),
    Case("scalar", "dl/da = 2 * (y - a) = 14.71", "wrong follow-through"),
    Case("softmax", "dl/dO = S - label = [1.00, -1.00]", "exact exact"),
    # Names that the problem lacks.
    Case("scalar", "δ = dl/da; δ = -14.7; dl/dz = δ * a * (1 - a)", "exact exact"),
    Case("layer", "D = r - T; D = [[0.2, 0.2, 0.6], [0.1, -1, 3.2], [0.6, 0.1, -0.7]]", "exact"),
    # A second number in a chain that follows from a wrong first one is no better.
    Case(
        "scalar",
        "z = 5 = 5.0 = 5.00; a = 0.993",
        "wrong follow-through follow-through follow-through",
    ),
    # What is alike at other numbers, and not here, is not alike.
    Case("signs", "a = -0.0997; m = 0.0997; l = 1.22", "exact exact exact"),
    Case("signs", "m = a", "wrong"),
    # What is open stays open.
    Case("tiny", "d = 0.00; e = -5000; f = -15000", "exact undecided undecided"),
    # Arithmetic of which the rounding leaves everything open.
    Case("scalar", "z = 0.5 + 0.0*1e3; a = 0.9", "undecided wrong"),
    # What states itself states nothing.
    Case("scalar", "z = z", "unreadable"),
    Case("scalar", "dl/dz = 2*dl/dz - dl/dz", "unreadable"),
    # Two digits of one number beside decimals.
    Case("layer", "W[0, 0] = 0.2; sum(h @ h.T) = 11", "exact wrong"),
    Case("long", "p = [-7.5, -10, -9.5]", "undecided", "whole-number"),
    # What is claimed of a padded vector is claimed of its parts.
    Case("padded", "ā = [1, 0.6, 0.67]; s = [0.36, 0.449]", "exact consistent"),
    # A derivative entry by entry is written without its zeros.
    Case("padded", "da/dx = [0.2403, 0.2217]", "exact"),
    Case("padded", "da/dx = a * (1 - a)", "exact", "identity"),
    # A formula that holds for these numbers only.
    Case("active", "h = x", "consistent", "holds-here"),
    Case("active", "dl/dx = 2 * h", "exact", "identity"),
    # A second number in a chain that follows from a wrong first one is no better.
    Case(
        "scalar",
        "z = 5 = 5.0 = 5.00; a = 0.993",
        "wrong follow-through follow-through follow-through",
    ),
    # What is alike at other numbers, and not here, is not alike.
    Case("signs", "a = -0.0997; m = 0.0997; l = 1.22", "exact exact exact"),
    Case("signs", "m = a", "wrong"),
    # What is open stays open.
    Case("tiny", "d = 0.00; e = -5000; f = -15000", "exact undecided undecided"),
    # Arithmetic of which the rounding leaves everything open.
    Case("scalar", "z = 0.5 + 0.0*1e3; a = 0.9", "undecided wrong"),
    # What states itself states nothing.
    Case("scalar", "z = z", "unreadable"),
    Case("scalar", "dl/dz = 2*dl/dz - dl/dz", "unreadable"),
    # Two digits of one number beside decimals.
    Case("layer", "W[0, 0] = 0.2; sum(h @ h.T) = 11", "exact wrong"),
    Case("long", "p = [-7.5, -10, -9.5]", "undecided", "whole-number"),
    # What is claimed of a padded vector is claimed of its parts.
    Case("padded", "ā = [1, 0.6, 0.67]; s = [0.36, 0.449]", "exact consistent"),
    # A derivative entry by entry is written without its zeros.
    Case("padded", "da/dx = [0.2403, 0.2217]", "exact"),
    Case("padded", "da/dx = a * (1 - a)", "exact", "identity"),
    # A formula that holds for these numbers only.
    Case("active", "h = x", "consistent", "holds-here"),
    Case("active", "dl/dx = 2 * h", "exact", "identity"),
    # Layouts.
    Case("square", "h = [[-1.5], [2.5]]", "exact", "flattened"),
    Case(
        "layer", "dl/dW = [[0.5333, 0.6], [0.1667, 0.3333], [6.567, -1.8]]", "exact", "transposed"
    ),
    Case("layer", "h = [[1.2, 0.1, 0.6], [0.2, -1.5, 0.1], [0.6, 3.2, 0.3]]", "wrong"),
    Case("layer", "h = [1.2, 0.2, 0.6, 0.1, -1.5, 3.2, 0.6, 0.1, 0.3]", "exact", "flattened"),
    Case("layer", "h[:, 0] = [1.2, 0.1, 0.6]; h[1, 2] = 3.2", "exact exact"),
    Case("square", "l = [[1, 2], [3, 4]]", "wrong", "shape"),
    Case("square", "A = [[0.5, -1], [2, 0.25]]", "exact", "given"),
    Case("square", "A = [[0.5, -1], [2, 0.52]]", "wrong"),
    Case("square", "h = [-1.5]", "wrong", "shape"),
    Case("square", "dl/dA = [[-3, -6], [5]]", "wrong", "missing-cells"),
    # Restating a number restates its verdict.
    Case("scalar", "a = 0.75; l = 52.56; a = 0.75", "wrong follow-through wrong", "restated"),
    # What cannot be read is never wrong.
    Case("scalar", "a is 0.6457; l = 54.1", "unreadable exact"),
    Case("scalar", "q = 3", "unreadable"),
    Case("scalar", "a = 0.6457 +", "unreadable"),
    Case("scalar", "x := 3", "unreadable"),
    Case("scalar", "a", ""),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_verdict(case: Case) -> None:
    found = claims(case.problem, case.solution)
    assert " ".join(one.verdict for one in found) == case.verdicts
    if case.remark:
        assert case.remark in [one.code for one in found[-1].remarks]
