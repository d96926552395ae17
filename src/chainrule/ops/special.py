"""The error function, its complement, and the normal distribution."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.contract import Elementwise, paper_operation
from chainrule.ops.elementary import exp

__all__ = ["erf", "erfc", "normal_cdf"]


class Erf(Elementwise):
    """The error function, 2/√π ∫ e^(−t²) dt from 0 to x."""

    name = "erf"
    derivatives = ("2 e^(−x²) / √π",)
    sentence = "The derivative of the error function is the bell curve that it integrates."
    facts = frozenset({Fact.AT_MOST_ONE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.erf(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(_bell(inputs[0])),)


class Erfc(Elementwise):
    """1 − erf(x), with all its digits where it is small."""

    name = "erfc"
    derivatives = ("−2 e^(−x²) / √π",)
    sentence = "It is one minus the error function, so the derivative only changes its sign."
    facts = frozenset({Fact.NONNEGATIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.erfc(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(-_bell(inputs[0])),)


class NormalCdf(Elementwise):
    """Φ(x), the chance that a standard normal number is below x."""

    name = "normal_cdf"
    latex = r"\Phi\left({0}\right)"
    derivatives = ("e^(−x²/2) / √(2π)",)
    sentence = "The derivative of the normal distribution function is the normal density."
    facts = frozenset({Fact.NONNEGATIVE, Fact.AT_MOST_ONE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return 0.5 * k.erfc(-math.sqrt(0.5) * values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / math.sqrt(2 * math.pi) * exp(-(inputs[0] ** 2) / 2)),)


def _bell(x: Node) -> Node:
    return 2 / math.sqrt(math.pi) * exp(-(x**2))


erf = paper_operation(Erf())
erfc = paper_operation(Erfc())
normal_cdf = paper_operation(NormalCdf())
