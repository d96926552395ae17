"""How a closed form came about, as plain data: what the local Jacobians give, then rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import TypeVar

from chainrule.graph.declaration import Declaration
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, Shape, constant, topological
from chainrule.graph.record import Record
from chainrule.notation.text import NameOf
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.assuming import Assumed
from chainrule.ops.broadcasting import Broadcast, broadcast, literal
from chainrule.rewrite.closed import Definition, as_written
from chainrule.rewrite.engine import rewritten, simplified
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import Rule, rule_book
from chainrule.rewrite.rules import LAYOUT, READING

__all__ = [
    "GIVEN",
    "Derived",
    "Read",
    "Step",
    "as_read",
    "derived",
    "names_in_text",
    "needed_facts",
    "reader",
]

MOST_STEPS = 12  # of one line; what is in the middle of more is summed up
MOST_TRIED = 8  # facts that are left out one by one, to see which are needed
MOST_APPLICATIONS = 400  # more are not replayed: each one rebuilds the whole expression
GIVEN = "the local Jacobians give it"
INTERNAL = frozenset(  # rules for what the library writes in its own way, and a person does not
    {
        "Kronecker product with a row",
        "leading axes of length 1",
        "logarithm without its guard",
        "one number in another shape",
        "product without its guard",
        "quotient without its guard",
        "repeated twice",
        "reshaped twice",
        "sign before the first factor",
        "softmax, written out",
        "summed axes kept",
        "the same quantity",
        "transposed twice",
    }
)
INTERNAL_WORDS = (
    "broadcast(",
    "divide_or_zero(",
    "einsum(",
    "place(",
    "reshape(",
    "softmax_pullback(",
    "xdivy(",
    "xlogy(",
    "xtimesy(",
)
READING_BOOK = rule_book(__name__)
MANY = (Add, Divide, Multiply, Negate, Subtract)
Show = Callable[[Node], str]
Read = Callable[[Node], Node]
Found = TypeVar("Found")


class Step(Record):
    """The whole expression after one rule, and the rule; `node` is the expression itself."""

    rule: str
    sentence: str
    text: str
    node: Node | None = None


class Derived(Record):
    """`name = text`, from `start` by the steps; `whose` says who gives the start.

    `left_out` are the rules in the middle of a long derivation: between the first half of the
    steps and the second.
    """

    name: str
    text: str
    shape: Shape
    start: str
    steps: tuple[Step, ...]
    left_out: tuple[str, ...] = ()
    whose: str = GIVEN
    start_node: Node | None = None

    def lines(self, symbol: str = "", said: Iterable[str] = ()) -> Iterator[str]:
        """As text: where it starts, then rule by rule.

        `symbol` is what it stands for, ∂l/∂O; the sentences of rules that are `said` are left out.
        """
        known = set(said)
        head = " = ".join(part for part in (self.name, symbol) if part)
        whose = f"as {self.whose}"
        if not self.steps:
            yield f"{f'{head} = ' if head else ''}{self.start}   ({whose})"
            return
        yield f"{head}, {whose}" if head else f"{whose[0].upper()}{whose[1:]}"
        yield f"  = {self.start}"
        half = len(self.steps) // 2
        for at, step in enumerate(self.steps):
            if self.left_out and at == half:
                yield f"  … in between: {', '.join(self.left_out)}"
            sentence = "" if step.rule in known else f": {step.sentence}"
            known.add(step.rule)
            yield f"      {step.rule}{sentence}"
            yield f"  = {step.text}"

    def __str__(self) -> str:
        return "\n".join(self.lines())


def as_read(node: Node, knowledge: Knowledge, written: Collection[Node] = ()) -> Node:
    """The same as a person writes it who has not begun to simplify; what is `written` stands.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.notation.text import show
    >>> from chainrule.ops.elementary import XDivY
    >>> x, y = variable((3,)), variable((3,))
    >>> show(as_read(-XDivY()(x, y), Knowledge()), {x: "x", y: "y"}.get)
    '-x / y'
    """
    (read,) = simplified([node], _reading_rules(), knowledge, written).nodes
    return read


def reader(of: Node, graph: Graph, knowledge: Knowledge) -> Read:
    """`as_read` for what is made from `of`: its formulas and all others of the graph stand."""
    written = as_written(graph) | frozenset(topological([of]))
    return lambda node: as_read(node, knowledge, written)


@cache
def _reading_rules() -> tuple[Rule, ...]:
    return (*READING_BOOK.rules, *(one for one in (*READING, *LAYOUT) if one.name in INTERNAL))


@READING_BOOK.rule("a number's sign", "-(1) is -1.", Negate)
def _number_negated(node: Node, knowledge: Knowledge) -> Node | None:
    number = literal(node.inputs[0])
    return None if number is None else broadcast(constant(-number, node.dtype), to=node.shape)


@READING_BOOK.rule("a negative taken off", "a - (-b) is a + b.", Subtract)
def _taken_off(node: Node, knowledge: Knowledge) -> Node | None:
    first, second = node.inputs
    positive = _without_sign(second)
    return None if positive is None else Add()(first, positive)


def _without_sign(node: Node) -> Node | None:
    """b of -b, of -b / c, of -2; None where no sign stands in front."""
    above = []
    while isinstance(node.operation, Broadcast | Divide | Multiply) and not node.distinct:
        above.append(node)
        node = node.inputs[0]
    number = literal(node)
    if number is not None and number < 0:
        positive = broadcast(constant(-number, node.dtype), to=node.shape)
    elif isinstance(node.operation, Negate) and not node.distinct:
        positive = node.inputs[0]
    else:
        return None
    for one in reversed(above):
        positive = one.operation(positive, *one.inputs[1:])
    return positive


@READING_BOOK.rule("numbers in many places", "What is done to each of them is done once.", *MANY)
def _once(node: Node, knowledge: Knowledge) -> Node | None:
    repeated = [isinstance(one.operation, Broadcast) and not one.distinct for one in node.inputs]
    if not all(repeated) or any(one.inputs[0].shape != () for one in node.inputs):
        return None
    return broadcast(node.operation(*[one.inputs[0] for one in node.inputs]), to=node.shape)


def derived(definition: Definition, show: Show, read: Read, whose: str = GIVEN) -> Derived:
    """One line of a closed form with its steps; `show` writes expressions.

    `read` brings the start and the steps into the form that a person reads (`reader`).

    >>> from chainrule.graph.node import variable
    >>> from chainrule.notation.text import show
    >>> from chainrule.rewrite.closed import simplest
    >>> x = variable((3,))
    >>> start = x - (2 - x)
    >>> (end,), rules = simplest([start], Knowledge())
    >>> one = Definition("y", variable(()), end, x, start, rules)
    >>> print(derived(one, lambda node: show(node, {x: "x"}.get), lambda node: node))
    y, as the local Jacobians give it
      = x - (2 - x)
          terms of a sum: Like terms are collected, ...
      = 2 * ...
    """
    text = show(definition.expression)
    given = read(definition.pulled_back) if definition.applications else definition.expression
    first, *steps = _plain(
        [Step("", "", show(given), given), *_steps(definition, show, read)], text
    )
    shown, left_out = _shortened(tuple(steps))
    shape = definition.expression.shape
    return Derived(definition.name, text, shape, first.text, shown, left_out, whose, first.node)


def _plain(lines: Sequence[Step], end: str) -> Sequence[Step]:
    """Without the lines that only the library writes in such a way, if it ends in none of these."""
    if _is_internal(end):
        return lines
    return [one for one in lines if not _is_internal(one.text)] or lines


def _is_internal(text: str) -> bool:
    return any(word in text for word in INTERNAL_WORDS)


def names_in_text(graph: Graph, definitions: Iterable[Definition] = ()) -> NameOf:
    """What nodes are called in a closed form: by their names, adjoints by theirs.

    What is only assumed of a quantity does not show: it goes by the quantity's name.
    """
    names = {one.symbol: one.name for one in definitions}

    def name_of(node: Node) -> str | None:
        name = names.get(node) or graph.name_of(node)
        while name is None and isinstance(node.operation, Assumed):
            node = node.inputs[0]
            name = names.get(node) or graph.name_of(node)
        return name

    return name_of


def needed_facts(
    stated: Sequence[Declaration], found: Found, found_with: Callable[[Knowledge], Found]
) -> list[Declaration]:
    """The facts without which something else would be found; all of them if there are many."""
    needed = list(stated)
    if len(needed) > MOST_TRIED:
        return needed
    for one in stated:
        fewer = [other for other in needed if other is not one]
        if found_with(Knowledge(fewer)) == found:
            needed = fewer
    return needed


def _steps(definition: Definition, show: Show, read: Read) -> list[Step]:
    """The steps that change what is printed; what leads back to a line before is left out."""
    if len(definition.applications) > MOST_APPLICATIONS:
        return []
    texts = [show(read(definition.pulled_back))]
    steps: list[Step] = []
    found = rewritten(definition.pulled_back, definition.applications)
    for at, (rule, node) in enumerate(found, 1):
        shown = definition.expression if at == len(found) else read(node)
        text = show(shown)
        if text in texts:
            known = texts.index(text)
            del texts[known + 1 :], steps[known:]
        else:
            texts.append(text)
            steps.append(Step(rule.name, rule.sentence, text, shown))
    return steps


def _shortened(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    if len(steps) <= MOST_STEPS:
        return steps, ()
    half = MOST_STEPS // 2
    middle = tuple(dict.fromkeys(step.rule for step in steps[half:-half]))
    return steps[:half] + steps[-half:], middle
