"""From a text of the paper language to its derivations, as the command goes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import numpy as np

from chainrule.explain.derivation import Derivation, FactorStep, LinkStep, PartialProduct
from chainrule.explain.derive import derive, derive_all
from chainrule.explain.plain import derivation_lines, explanation_lines
from chainrule.explain.solution import explainable
from chainrule.graph.node import Array
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper

__all__ = [
    "EXAMPLES",
    "WITHOUT_NUMBERS",
    "WITH_NUMBERS",
    "asked",
    "dense",
    "derived",
    "example",
    "explained",
    "ladder",
    "lines",
    "paper",
    "product",
    "result_of",
]

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.chain"))
WITHOUT_NUMBERS = [path for path in EXAMPLES if " : R" in path.read_text(encoding="utf-8")]
WITH_NUMBERS = [path for path in EXAMPLES if path not in WITHOUT_NUMBERS]


def example(problem: str) -> str:
    """The text of one example."""
    (path,) = [path for path in EXAMPLES if path.stem == problem]
    return path.read_text(encoding="utf-8")


def paper(text: str) -> Paper:
    """A text, read and laid out as a graph."""
    return elaborate(parse(Source(dedent(text))))


def derived(text: str, of: str, wrt: str) -> Derivation:
    """The derivation of ∂of/∂wrt, both of them names."""
    source = explainable(paper(text))
    return derive(source, source.graph[of], source.graph[wrt])


def asked(text: str, digits: int = 6) -> list[Derivation]:
    """The derivations of every derivative in a text's questions."""
    read = paper(text)
    return derive_all(read, [one for question in read.questions for one in question.asked], digits)


def explained(text: str, digits: int = 6) -> list[str]:
    """What is printed for all questions together."""
    return list(explanation_lines([(asked(text, digits), None)], digits))


def lines(text: str, of: str, wrt: str, digits: int = 6) -> list[str]:
    """What is printed, line by line and without indentation."""
    return [line.strip() for line in derivation_lines(derived(text, of, wrt), digits)]


def result_of(derivation: Derivation) -> Array:
    """The numbers of a derivation's result."""
    assert derivation.result is not None
    return derivation.result


def dense(link: LinkStep | PartialProduct) -> Array:
    """The numbers printed for a link, as a whole matrix."""
    assert link.numbers is not None
    return np.diag(link.numbers) if link.is_diagonal else link.numbers


def product(links: tuple[LinkStep, ...]) -> tuple[Array, Array]:
    """The links' numbers multiplied, and the sum of the sizes of all that was added up in it."""
    total, size = np.eye(links[0].matrix_shape[0]), np.eye(links[0].matrix_shape[0])
    for link in links:
        if isinstance(link, FactorStep):
            one, own = dense(link), np.abs(dense(link))
        else:
            assert link.count == len(link.paths)
            ways = [product(path) for path in link.paths]
            one, own = np.sum([way for way, _ in ways], 0), np.sum([way for _, way in ways], 0)
        total, size = total @ one, size @ own
    return total, size


def ladder(rungs: int) -> str:
    """Two quantities, each made of both below: twice as many paths with every rung."""
    rows = ["x = 0.5", "a0 = sin(x)", "b0 = cos(x)"]
    for at in range(rungs):
        rows += [f"a{at + 1} = (a{at} + b{at}) / 2", f"b{at + 1} = sin(a{at} * b{at})"]
    return "\n".join([*rows, f"y = a{rungs} + b{rungs}"])
