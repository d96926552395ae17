"""Derivatives and expressions as a person writes them: `cr.closed_form`, `cr.simplify`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from chainrule.errors import DataProblem, DomainProblem, PaperError
from chainrule.functions.staging import Staged, Wrt, parameter_names, place_of, positions_of
from chainrule.graph.declaration import Declaration
from chainrule.graph.facts import WORDS, decide, refutation, word
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Input, Node, fresh, topological
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.notation.latex import adjoint_name, latex
from chainrule.notation.text import NameOf, show
from chainrule.ops import look_up
from chainrule.ops.assuming import Assumed
from chainrule.ops.naming import Same
from chainrule.paper.dependencies import names_in
from chainrule.paper.elaborate import elaborate
from chainrule.paper.expressions import NUMBERS
from chainrule.paper.knowledge import fact_of_labels, knowledge_of
from chainrule.paper.parser import parse
from chainrule.paper.syntax import Question
from chainrule.rewrite.closed import Definition, closed_jacobian, simplest
from chainrule.rewrite.closed import closed_form as closed_gradients
from chainrule.rewrite.derivation import (
    Derived,
    Read,
    derived,
    names_in_text,
    needed_facts,
    reader,
)
from chainrule.rewrite.knowledge import Knowledge
from chainrule.run.interpreter import evaluate_all
from chainrule.trace.recorder import active_recorder
from chainrule.trace.tracer import Trace, called

__all__ = ["ClosedForm", "Formula", "closed_form", "simplify"]

WRITTEN = "it is written"


class Formula(Record):
    """One line, `name = text`, in three notations; the name is "" of an expression by itself.

    `steps` say how it came about: `print(formula.steps)`.  `numpy` is "" where a function without
    a formula is in it; what NumPy lacks is called by its name, `softmax(x)`.
    """

    name: str
    text: str
    latex: str
    numpy: str
    steps: Derived


class ClosedForm(Record):
    """Formulas, each after those that it reads, and the facts about data that they rely on.

    Printed, it is its text; a notebook shows it typeset.
    """

    formulas: tuple[Formula, ...]
    facts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """In the paper language, one line a formula."""
        return "\n".join(_line(one.name, one.text) for one in self.formulas)

    @property
    def latex(self) -> str:
        """As LaTeX; several lines are aligned at their equals signs."""
        lines = [one.latex for one in self.formulas]
        if len(lines) == 1:
            return lines[0].replace(" &= ", " = ")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    @property
    def numpy(self) -> str:
        """As NumPy source, one line a formula; `np` is NumPy."""
        return "\n".join(_line(_identifier(one.name) or "", one.numpy) for one in self.formulas)

    @property
    def steps(self) -> tuple[Derived, ...]:
        """How each formula came about."""
        return tuple(one.steps for one in self.formulas)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def _line(name: str, text: str) -> str:
    return f"{name} = {text}" if name else text


def closed_form(
    function: Callable[..., Any], *arguments: Any, wrt: Wrt = 0, **settings: Any
) -> ClosedForm:
    """The derivative of a NumPy function as a formula, over the function's own names.

    `wrt` are positions or names of parameters, several in a sequence.  The arguments are examples:
    their shapes count, not their numbers, but for one thing: an array that is not differentiated
    by, and whose rows are one-hot or sum to 1, is taken for labels; `facts` says so.  What
    `cr.assume` states of a quantity is used too.

    Returns:
        The gradient of a number has the shape of what it is taken by; of anything else the
        derivative is an outputs × inputs matrix, both flattened row by row.

    Raises:
        DataProblem: the function cannot be traced, or returns something else than one array.
        NameProblem: it has no such parameter.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> def loss(w, X, y):
    ...     return np.sum((X @ w - y) ** 2)
    >>> found = cr.closed_form(loss, np.ones(2), np.ones((3, 2)), np.ones(3))
    >>> print(found)
    dw = 2 * Xᵀ @ (X @ w - y)
    >>> found.numpy
    'dw = 2 * X.T @ (X @ w - y)'
    """
    trace, values, wanted = _traced(function, arguments, wrt, settings)
    if not wanted or wrt in ((), []):
        raise DataProblem(f"wrt={wrt!r} names no argument of real numbers")
    of, graph = trace.outputs[0], _with_result(trace, function)
    stated = list(_labels(graph, zip(trace.inputs, values, strict=True), wanted))
    with_facts = partial(_definitions, of, wanted, graph)
    knowledge = Knowledge(stated)
    definitions = with_facts(knowledge)
    read = reader(of, graph, knowledge)
    of_name = graph.name_of(of) or "result"
    symbols = {
        one.symbol: adjoint_name(of_name, graph.name_of(one.quantity) or one.name)
        for one in definitions
    }

    def texts(found: Sequence[Definition]) -> list[str]:
        return [show(one.expression, names_in_text(graph, found)) for one in found]

    needed = needed_facts(stated, texts(definitions), lambda known: texts(with_facts(known)))
    name_of = names_in_text(graph, definitions)
    return ClosedForm(
        tuple([_formula(one, read, name_of, names_in_text(graph), symbols) for one in definitions]),
        tuple([_said(one, graph) for one in needed]),
    )


def _definitions(
    of: Node, wrt: Sequence[Node], graph: Graph, knowledge: Knowledge
) -> tuple[Definition, ...]:
    if of.shape == ():
        return closed_gradients(of, wrt, graph, knowledge).definitions
    return tuple([closed_jacobian(of, one, graph, knowledge) for one in wrt])


def _formula(
    one: Definition, read: Read, name_of: NameOf, own_name: NameOf, symbols: Mapping[Node, str]
) -> Formula:
    steps = derived(one, lambda node: show(node, name_of), read)
    formula = latex(one.expression, own_name, symbols)
    source = _numpy_source(one.expression, name_of)
    return Formula(one.name, steps.text, f"{symbols[one.symbol]} &= {formula}", source, steps)


def _numpy_source(node: Node, name_of: NameOf) -> str:
    """The expression as NumPy source; "" if something in it has none."""
    from chainrule.notation.numpy import NumpyWriter

    try:
        return NumpyWriter().write(node, lambda lower: _identifier(name_of(lower)))
    except DataProblem:
        return ""


def _identifier(name: str | None) -> str | None:
    """A name as Python takes it: `params.W` becomes `params_W`."""
    return name and re.sub(r"\W", "_", name)


def _labels(
    graph: Graph, values: Iterable[tuple[Node, Array]], wrt: Sequence[Node]
) -> Iterable[Declaration]:
    """What the example arrays tell of labels."""
    for node, value in values:
        fact = None if node in wrt else fact_of_labels(value)
        if fact is not None:
            yield Declaration(node, fact, f"{graph.name_of(node)}, as in the example")


def _said(one: Declaration, graph: Graph) -> str:
    return f"{graph.name_of(one.node)} : {word(one.fact)} (as in the example)"


def simplify(expression: str | Callable[..., Any], *arguments: Any, **declared: str) -> ClosedForm:
    """An expression as a person writes it.

    Args:
        expression: in the paper language, or a NumPy function, whose result is simplified.
        arguments: example arguments of the function.
        declared: what the names in a text are: a shape, facts, or both, as in the paper language,
            `A="R^(n x n), symmetric"`.  A name that is not declared is a number.

    Raises:
        PaperError, NameProblem, ShapeError: the text is wrong, with the place.
        DataProblem: the function cannot be traced, or returns something else than one array.

    >>> import chainrule as cr
    >>> found = cr.simplify("A @ x + x @ A", A="R^(n x n), symmetric", x="R^n")
    >>> print(found)
    2 * A @ x
    >>> cr.simplify("x / a * a + x", a="nonzero").latex
    '2 x'
    """
    if isinstance(expression, str):
        if arguments:
            raise DataProblem("arguments are for a function; say what names are by keyword")
        return _simplified_text(expression, declared)
    trace, _, _ = _traced(expression, arguments, (), declared)
    graph = Graph({name: trace.graph[name] for name in trace.graph.names})
    return _simplified(_unnamed(trace.outputs[0]), graph, Knowledge())


def _simplified_text(expression: str, declared: Mapping[str, str]) -> ClosedForm:
    program = parse(Source(expression, "<expression>"))
    statements = program.statements
    if len(statements) != 1 or not isinstance(statements[0], Question):
        raise PaperError("cr.simplify takes one expression; say what names are by keyword.")
    names = dict.fromkeys(one.name for one in names_in(statements[0].expression))
    lines = [f"{name} : {_declaration(name, text)}" for name, text in declared.items()]
    sizes = {word for text in declared.values() for word in re.findall(r"\w+", str(text))}
    known = {*declared, *NUMBERS, *(sizes - {"R"} - WORDS.keys())}
    lines += [f"{name} : R" for name in names if name not in known and look_up(name) is None]
    paper = elaborate(parse(Source("\n".join([expression.rstrip(), *lines]), "<expression>")))
    if not paper.questions:
        raise PaperError("cr.simplify takes an expression, and this states a fact.")
    return _simplified(paper.questions[0].node, paper.graph, knowledge_of(paper))


def _declaration(name: str, text: Any) -> str:
    """What stands behind the colon; facts alone are about a number."""
    if not isinstance(text, str) or "\n" in text:
        raise DataProblem(f"{name}= takes a shape and facts, as in 'R^n, positive', not {text!r}")
    return text if text.lstrip().startswith("R") else f"R, {text}"


def _simplified(node: Node, graph: Graph, knowledge: Knowledge) -> ClosedForm:
    (expression,), rules = simplest([node], knowledge)
    one = Definition("", fresh(Same(), expression), expression, node, node, rules)
    name_of = names_in_text(graph)
    read = reader(node, graph, knowledge)
    steps = derived(one, lambda lower: show(lower, name_of), read, WRITTEN)
    formula = latex(expression, name_of)
    source = _numpy_source(expression, name_of)
    return ClosedForm((Formula("", steps.text, formula, source, steps),))


def _traced(
    function: Callable[..., Any], arguments: Sequence[Any], wrt: Wrt, settings: Mapping[str, Any]
) -> tuple[Trace, list[Array], tuple[Node, ...]]:
    """The function's graph, its inputs' values, and what it is differentiated by.

    Raises:
        DataProblem: it cannot be traced, or returns something else than one array of real numbers.
    """
    if active_recorder() is not None:
        raise DataProblem("a formula is asked for outside of functions that are differentiated")
    if not callable(function):
        raise DataProblem(f"here stands a function and its example arguments, not {function!r}")
    where = positions_of(function, wrt)
    for one in where:
        place_of(function, one, arguments, settings)
    staged = Staged(function, called, frozenset(where), "closed_form")
    program, values = staged.program(arguments, settings)
    trace = program.trace
    if len(trace.outputs) != 1 or trace.outputs[0].dtype.kind != "f":
        raise DataProblem("a formula is written for a function that returns one array of numbers")
    _check_assumed(trace, values)
    names = parameter_names(function, len(arguments))
    wanted = [names[one] if isinstance(one, int) and one < len(names) else one for one in where]

    def place(node: Node) -> int:
        """Where in `wrt` the argument is that the node is in."""
        argument = re.match(r"\w*", trace.graph.name_of(node) or "")
        name = argument[0] if argument else ""
        return wanted.index(name) if name in wanted else len(wanted)

    return trace, values, tuple(sorted(program.wrt, key=place))


def _check_assumed(trace: Trace, values: Sequence[Array]) -> None:
    """Raises `DomainProblem` where what is assumed does not hold of the example arguments."""
    nodes = [one for one in topological(trace.outputs) if isinstance(one.operation, Assumed)]
    given = dict(zip(trace.inputs, values, strict=True))
    for node, value in zip(nodes, evaluate_all(nodes, given), strict=True):
        assert isinstance(node.operation, Assumed)
        for fact in node.operation.stated:
            if value.size and not decide(fact, value):
                place = refutation(fact, value)
                raise DomainProblem(
                    f"{trace.graph.name_of(node) or 'a quantity'} is assumed to be {word(fact)}, "
                    f"and of the example arguments it is not{': ' if place else ''}{place}"
                )


def _with_result(trace: Trace, function: Callable[..., Any]) -> Graph:
    """The trace's names, and one for the result if it has none: the function's."""
    nodes = {name: trace.graph[name] for name in trace.graph.names}
    if trace.outputs[0] not in trace.graph.named_nodes:
        name = getattr(function, "__name__", "result").replace("<lambda>", "result")
        while name in nodes:
            name += "_"
        nodes[name] = trace.outputs[0]
    return Graph(nodes)


def _unnamed(node: Node) -> Node:
    """The node over its inputs alone, names in between unfolded."""
    found: dict[Node, Node] = {}
    for lower in topological([node]):
        inputs = [found[one] for one in lower.inputs]
        is_input = isinstance(lower.operation, Input)
        found[lower] = lower if is_input else lower.operation(*inputs)
    return found[node]
