"""Expressions as NumPy source, as one would write them by hand.

Most operations are written by their own line (`notation.recorded`); those that a person writes
differently have a form in `numpy_forms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chainrule.errors import TooLarge
from chainrule.graph.node import Constant, Node, topological
from chainrule.graph.record import Record
from chainrule.notation.numpy_forms import NUMPY_FORMS, Form
from chainrule.notation.numpy_meaning import meaning, operands
from chainrule.notation.numpy_text import constant_source, filled
from chainrule.notation.precedence import LEVELS
from chainrule.notation.recorded import Loop, Piece, argument_text, recorded, steps_of
from chainrule.notation.text import NameOf, Written, mixes_products
from chainrule.ops.naming import Same

__all__ = ["Helper", "NumpyWriter"]

FEW = 2  # an operation of more steps becomes a function of its own
LONGEST = 20_000  # characters of one expression
LETTERS = "abcdefg"
Assignment = tuple[str, str]
Deep = tuple[str, tuple[Assignment, ...]]


class Helper(Record):
    """A function that an operation becomes: parameters, assignments, what it returns.

    `loop` is the head of a loop behind the assignments, and what it does each time.
    """

    name: str
    about: str
    parameters: tuple[tuple[str, Node], ...]
    lines: tuple[Assignment, ...]
    result: str
    of: Node
    loop: Deep | None = None


class NumpyWriter:
    """Writes nodes down to named ones, and keeps the functions that the text calls.

    `library` are names of `numpy_helpers`; `helpers` are made of operations that take several
    steps.  A `careful` writer gives 0 · log 0 and 0 / 0 their values, which costs short formulas.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.activation import relu
    >>> W, x = variable((2, 3)), variable((3,))
    >>> NumpyWriter().write(relu(W @ x) ** 2 / 3, {W: "W", x: "x"}.get)
    'np.maximum(W @ x, 0) ** 2 / 3'
    """

    def __init__(
        self, careful: bool = False, stand_in: Callable[[Node], Node | None] = lambda _: None
    ) -> None:
        self.careful = careful
        self.stand_in = stand_in
        self._meanings: dict[Node, Node] = {}
        self.library: dict[str, None] = {}
        self.helpers: dict[str, Helper] = {}

    def below(self, node: Node) -> list[Node]:
        """The nodes that a node's text is put together from."""
        return operands(self.meaning(node))

    def meaning(self, node: Node) -> Node:
        """The node that is written in place of this one."""
        found = self._meanings.get(node)
        if found is None:
            found = self._meanings[node] = meaning(node, NUMPY_FORMS, self.careful, self.stand_in)
        return found

    def write(self, node: Node, name_of: NameOf) -> str:
        """The node's expression.

        Raises:
            DataProblem: an operation in it has no source.
            TooLarge: it is longer than anybody reads.
        """
        return self.written(node, name_of)[0]

    def written(self, node: Node, name_of: NameOf) -> Written:
        """The expression, and the level it binds at."""

        def below(lower: Node) -> Iterable[Node]:
            return () if name_of(lower) is not None else self.below(lower)

        texts: dict[Node, Written] = {}
        for lower in topological([node], below):
            name = name_of(lower)
            if name is not None:
                texts[lower] = name, LEVELS["call"]
            else:
                texts[lower] = self._form(lower, texts)
                if len(texts[lower][0]) > LONGEST:
                    raise TooLarge("an expression is too long to be written; name parts of it")
        return texts[node]

    def _form(self, node: Node, texts: dict[Node, Written]) -> Written:
        """One node over its operands' texts."""
        meant = self.meaning(node)
        inner = operands(meant)
        if isinstance(meant.operation, Same):
            return texts[inner[0]]
        given = [_grouped(meant, inner, at, texts[one]) for at, one in enumerate(inner)]
        if isinstance(meant.operation, Constant):
            text = constant_source(meant.operation)
            return text, LEVELS["sign" if text.startswith("-") else "call"]
        form = NUMPY_FORMS.get(type(meant.operation))
        if form is not None:
            found = form(meant, inner, given)
            if found is not None:
                return self._filled(found, inner, given)
        return self._recorded(meant, given)

    def _filled(self, form: Form, inner: Sequence[Node], given: Sequence[Written]) -> Written:
        for name in form.needs:
            self.library[name] = None
        return filled(form.template, form.precedence, given, form.loosest), LEVELS[form.precedence]

    def _recorded(self, node: Node, given: Sequence[Written]) -> Written:
        """The operation's own line, or a call of a function that it becomes."""
        inputs, result = recorded(node)
        steps = steps_of(result.body if isinstance(result, Loop) else result)
        self._note(steps)
        texts = dict(zip(inputs, given, strict=True))
        if result in texts:
            return texts[result]
        if not isinstance(result, Loop) and _is_short(inputs, steps, given):
            for step in steps:
                texts[step] = _piece_text(step, texts)
            return texts[result]
        helper = self._helper(node, inputs, steps, result)
        arguments = ", ".join(
            f"np.array({text})" if _is_number(one) else text
            for one, (text, _) in zip(node.inputs, given, strict=True)
        )
        return f"{helper.name}({arguments})", LEVELS["call"]

    def _note(self, steps: Sequence[Piece]) -> None:
        from chainrule.notation.numpy_helpers import __all__ as library

        for step in steps:
            name = step.template.partition("(")[0]
            if name in library:
                self.library[name] = None

    def _helper(self, node: Node, inputs: list[Piece], steps: list[Piece], result: Piece) -> Helper:
        letters = [*LETTERS, *[f"x{at}" for at in range(len(inputs))]][: len(inputs)]
        letters = ["x"] if len(inputs) == 1 else letters
        texts = {one: (name, LEVELS["call"]) for one, name in zip(inputs, letters, strict=True)}
        loop = None
        if isinstance(result, Loop):
            lines, loop = _looped(result, texts)
            last = "result"
        else:
            lines, last = _laid_out(steps, texts)
        made = Helper(
            node.operation.name,
            f"{node.operation.name} of arrays of these shapes.",
            tuple(zip(letters, node.inputs, strict=True)),
            tuple(lines),
            last,
            node,
            loop,
        )
        name, number = made.name, 1
        while name in self.helpers and not _same(self.helpers[name], made):
            number += 1
            name = f"{made.name}_{number}"
        self.helpers.setdefault(name, Helper(name, *made.key()[1:]))
        return self.helpers[name]


def _grouped(node: Node, inner: list[Node], at: int, written: Written) -> Written:
    """An operand's text, in parentheses where two kinds of product meet: (W @ x) * y."""
    text, level = written
    if level == LEVELS["product"] and mixes_products(node.operation, inner, at):
        return f"({text})", LEVELS["call"]
    return written


def _is_number(node: Node) -> bool:
    return isinstance(node.operation, Constant) and node.shape == ()


def _same(one: Helper, other: Helper) -> bool:
    return (one.lines, one.result, one.loop) == (other.lines, other.result, other.loop)


def _is_short(inputs: list[Piece], steps: list[Piece], given: Sequence[Written]) -> bool:
    """Whether an operation's line can stand where it is used, and nothing is computed twice."""
    uses = _uses(steps)
    return (
        len(steps) <= FEW
        and all(
            uses.get(one, 0) < 2 or text.isidentifier()
            for one, (text, _) in zip(inputs, given, strict=True)
        )
        and all(uses.get(step, 0) < 2 for step in steps)
    )


def _uses(steps: Iterable[Piece]) -> dict[Piece, int]:
    found: dict[Piece, int] = {}
    for step in steps:
        for operand in _pieces(step.operands):
            found[operand] = found.get(operand, 0) + 1
    return found


def _pieces(values: Iterable[object]) -> Iterable[Piece]:
    for value in values:
        if isinstance(value, Piece):
            yield value
        elif isinstance(value, list | tuple):
            yield from _pieces(value)


def _laid_out(steps: list[Piece], texts: dict[Piece, Written]) -> tuple[list[Assignment], str]:
    """Assignments for what is used more than once or is long, and the last expression."""
    uses = _uses(steps)
    lines: list[Assignment] = []
    for step in steps:
        text, level = _piece_text(step, texts)
        if step is not steps[-1] and (uses[step] > 1 or len(text) > 60) and step.operands:
            name = f"step_{len(lines) + 1}"
            lines.append((name, text))
            text, level = name, LEVELS["call"]
        texts[step] = text, level
    return lines, texts[steps[-1]][0]


def _looped(loop: Loop, texts: dict[Piece, Written]) -> tuple[list[Assignment], Deep]:
    """What is computed once, and the loop with what it does each time."""
    moving: set[Piece] = {loop.carry, *loop.parts}
    inside: list[Piece] = []
    lines: list[Assignment] = []
    stacks = [texts[one][0] for one in loop.operands[1:]]
    texts[loop.carry] = "carry", LEVELS["call"]
    texts |= {
        part: (f"{stack}[at]", LEVELS["postfix"])
        for part, stack in zip(loop.parts, stacks, strict=True)
    }
    for step in steps_of(loop.body):
        if any(one in moving for one in _pieces(step.operands)):
            moving.add(step)
            inside.append(step)
        else:
            name = f"once_{len(lines) + 1}"
            lines.append((name, _piece_text(step, texts)[0]))
            texts[step] = name, LEVELS["call"]
    each, last = _laid_out(inside, texts) if inside else ([], texts[loop.body][0])
    kind = "" if loop.dtype == float else f", dtype=np.{loop.dtype.name}"
    lines.append(("result", f"np.empty({argument_text(loop.shape)}{kind})"))
    lines.append(("carry", texts[loop.operands[0]][0]))
    steps = f"range({loop.length})"
    head = f"for at in {f'reversed({steps})' if loop.back else steps}"
    return lines, (head, (*each, ("carry", last), ("result[at]", "carry")))


def _piece_text(piece: Piece, texts: dict[Piece, Written]) -> Written:
    """A piece over its operands' texts."""
    parts = [
        _operand(operand, place, texts)
        for operand, place in zip(piece.operands, piece.loosest, strict=True)
    ]
    return filled(piece.template, None, parts), piece.level


def _operand(operand: object, place: int, texts: dict[Piece, Written]) -> Written:
    if isinstance(operand, Piece):
        text, level = texts[operand]
        return (f"({text})" if level < place else text), LEVELS["call"]
    if isinstance(operand, list | tuple) and any(True for _ in _pieces(operand)):
        inside = ", ".join(_operand(one, 0, texts)[0] for one in operand)
        return f"[{inside}]", LEVELS["call"]
    text = argument_text(operand)
    return (f"({text})" if text.startswith("-") and place > LEVELS["sign"] else text), LEVELS[
        "call"
    ]
