"""What is known while a program is read: names, derivatives asked for, remarks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from chainrule.errors import BroadcastWarning, ChainruleError, NameProblem, ShapeError
from chainrule.graph.node import Node
from chainrule.graph.source import Source, Span
from chainrule.ops.contract import show_shape
from chainrule.paper.derivatives import Differentiator, Value
from chainrule.paper.program import Abstract
from chainrule.paper.suggest import derivative_hint, did_you_mean, quoted, transpose_hint
from chainrule.paper.syntax import FunctionDefinition, Program, Setting, Statement

__all__ = ["Local", "Scope"]

LONGEST_DIVISOR = 80  # of the text after a name, where dl / dW1 is looked for
LONGEST_PART = 30  # of a formula that is repeated in a message
Local = Mapping[str, Value]  # the parameters of the function that is being unfolded
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


class Scope:
    """The names of a program, filled in the order they depend on each other.

    `values` are what names mean, `new` what they mean after the step, `unfolded` the results of
    calls so far (so that functions calling functions stay linear), `trail` the values on the way
    through a composition.
    """

    def __init__(self, program: Program, keyed: Mapping[str, Statement]) -> None:
        self.source: Source = program.source  # of what is being read
        self.home: Source = program.source
        self.keyed = keyed
        settings = {s.name: s.value for s in program.statements if isinstance(s, Setting)}
        self.index_base = settings.get("index_base", 0)
        self.values: dict[str, Value] = {}
        self.new: dict[str, Value] = {}
        self.functions: dict[str, FunctionDefinition] = {}
        self.unfolded: dict[tuple[str, tuple[Node, ...]], Value] = {}
        self.trail: list[tuple[str, Node]] = []
        self.derivatives = Differentiator()
        self.notes: dict[str, None] = {}
        self.whole_numbers: dict[str, int] = {}  # givens that may stand as indices
        self.sizes: dict[str, int] = {}  # the names of lengths in declared shapes
        self.abstract: dict[str, Abstract] = {}

    @contextmanager
    def reading(self, source: Source) -> Iterator[None]:
        """Within the block, what is read stands in this text."""
        outside, self.source = self.source, source
        try:
            yield
        finally:
            self.source = outside

    def pinned(
        self,
        span: Span,
        act: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Result:
        """`act`, with every problem in it pinned to the place, unless a nearer one is known."""
        try:
            return act(*arguments, **named)
        except ChainruleError as problem:
            raise problem.shortened().at(self.source, span) from None

    def noting(self, span: Span, act: Callable[..., Result], *arguments: Any) -> Result:
        """`act` on a statement, its problems pinned and its warnings noted with their line."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", BroadcastWarning)
            result = self.pinned(span, act, *arguments)
        for warning in caught:
            self.note(f"line {self.source.position(span)[0]}: {warning.message}")
        return result

    def with_shapes(self, problem: ShapeError, *found: tuple[Span, Node]) -> ShapeError:
        """The problem, after what was written and the shape that each part of it has."""
        if not found:
            return problem
        parts = []
        for span, node in found:
            text = self.text(span)
            shown = text if len(text) <= LONGEST_PART else f"{text[:LONGEST_PART]}…"
            parts.append(f"{shown} is {show_shape(node.shape)}")
        named = ShapeError(f"{' and '.join(parts)}: {problem.message}")
        return named if problem.span is None else named.at(self.source, problem.span)

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        self.notes[text] = None

    def is_function(self, name: str) -> bool:
        """Whether the name is a function of the user's, with a formula or without."""
        return name in self.functions or name in self.abstract

    def text(self, span: Span) -> str:
        """What was written there, on one line."""
        return " ".join(self.source.slice(span).split())

    def undefined(self, name: str, span: Span, local: Mapping[str, object]) -> NameProblem:
        """The problem of a name that nothing defines."""
        if self.is_function(name):
            message = f"{quoted(name)} is a function: give it a point, {name}(...)."
        elif name in self.sizes:
            message = f"{quoted(name)} is a size, and a size is no quantity."
        else:
            names = (*self.keyed, *self.values, *self.abstract, *self.sizes, *local)
            known = [key for key in dict.fromkeys(names) if not key.startswith("new ")]
            after = self.source.text[span.stop : span.stop + LONGEST_DIVISOR]
            hint = derivative_hint(name, known, after) or transpose_hint(name)
            hint = hint or (" The exponential is written exp(x)." if name == "e" else "")
            message = f"{quoted(name)} is not defined.{hint or did_you_mean(name, known)}"
        return NameProblem(message).at(self.source, span)
