"""From a text of the paper language to its derivations, as the command goes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from chainrule.explain.derivation import (
    Derivation,
    FactorStep,
    ForwardLine,
    ForwardStep,
    LinkStep,
    PartialProduct,
)
from chainrule.explain.derive import derive_all
from chainrule.explain.explain import explanation
from chainrule.explain.explanation import Explanation
from chainrule.explain.forward import forward_lines, forward_steps
from chainrule.explain.language.catalogue import say
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable
from chainrule.explain.topics import topics_of
from chainrule.graph.node import Array
from chainrule.graph.source import Source
from chainrule.notation.formula import Formula, inline
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Asked, Paper

__all__ = [
    "EXAMPLES",
    "WITHOUT_NUMBERS",
    "WITH_NUMBERS",
    "asked",
    "dense",
    "derived",
    "equation_of",
    "every_example",
    "every_example_with_numbers",
    "example",
    "explained",
    "forward",
    "forward_text",
    "ladder",
    "lines",
    "paper",
    "product",
    "result_of",
    "said_by",
    "text_of",
]

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.chain"))
WITHOUT_NUMBERS = [path for path in EXAMPLES if " : R" in path.read_text(encoding="utf-8")]
WITH_NUMBERS = [path for path in EXAMPLES if path not in WITHOUT_NUMBERS]
every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
every_example_with_numbers = pytest.mark.parametrize(
    "path", WITH_NUMBERS, ids=lambda path: path.stem
)


def example(problem: str) -> str:
    """The text of one example."""
    (path,) = [path for path in EXAMPLES if path.stem == problem]
    return path.read_text(encoding="utf-8")


def paper(text: str) -> Paper:
    """A text, read and laid out as a graph."""
    return elaborate(parse(Source(dedent(text))))


def derived(text: str, of: str, wrt: str) -> Derivation:
    """The derivation of ∂of/∂wrt, both of them names."""
    read = paper(text)
    return derive_all(read, [Asked(read.graph[of], read.graph[wrt])])[0]


@cache  # several tests look at the same examples
def asked(text: str, digits: int = 6) -> tuple[Derivation, ...]:
    """The derivations of every derivative in a text's questions."""
    read = paper(text)
    every = [one for question in read.questions for one in question.asked]
    return tuple(derive_all(read, every, Options(digits=digits)))


def explained(text: str, digits: int = 6) -> list[str]:
    """What is said of all that a text asks for: an equation, a heading, a sentence a line."""
    read = paper(text)
    return said_by(explanation(read, topics_of(read), "chain", Options(digits=digits)))


def lines(text: str, of: str, wrt: str, digits: int = 6) -> list[str]:
    """What is said of ∂of/∂wrt."""
    read = paper(text)
    return said_by(explanation(read, topics_of(read, of, [wrt]), "chain", Options(digits=digits)))


def said_by(found: Explanation) -> list[str]:
    """Each equation on a line, `y = 2 * x ≈ 3.142`; headings, sentences and remarks on others."""
    shown = [inline(found.title)]
    for step in found.walk():
        heads = [say(one) for one in (step.title, step.rule, step.why) if one is not None]
        sides = [f"{'=' if one.is_exact else '≈'} {inline(one.formula)}" for one in step.sides]
        what = [] if step.what is None else [inline(step.what)]
        equation = " ".join([*what, *sides])
        shown += [*heads, *([equation] if equation else []), *map(say, step.remarks)]
    return shown


def equation_of(what: str, shown: list[str]) -> str:
    """The sides of the first equation for a quantity."""
    (first, *_) = [line for line in shown if line.startswith((f"{what} = ", f"{what} ≈ "))]
    return first.removeprefix(what).strip()


def forward(read: Paper, digits: int = 6) -> list[ForwardStep]:
    """The forward pass of a program."""
    source = explainable(read)
    return list(forward_steps(source, Evaluation(source, Options(digits=digits))))


def forward_text(read: Paper) -> list[ForwardLine]:
    """The same, as text."""
    source = explainable(read)
    return list(forward_lines(source, Evaluation(source, Options(digits=6))))


def text_of(formula: Formula | None) -> str | None:
    """A formula on one line; None stays."""
    return None if formula is None else inline(formula)


def result_of(derivation: Derivation) -> Array:
    """The numbers of a derivation's result."""
    assert derivation.result is not None
    return derivation.result.array


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
