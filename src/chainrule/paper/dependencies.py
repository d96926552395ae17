"""Which statement needs which: statements may stand in any order, as they do on paper.

A name stands for itself; `new(W1)` needs the update of W1, and `new(l)` of anything else all
updates.  Keys are names, and `new W1` (a space no name can have) for updates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chainrule.errors import NameProblem
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.paper.suggest import quoted
from chainrule.paper.syntax import (
    Call,
    Definition,
    Expression,
    FunctionDefinition,
    Name,
    Statement,
    Update,
)

__all__ = ["in_order", "key_of", "names_in", "new_key"]

Key = str
SHOWN_CYCLE = 6


def new_key(name: str) -> Key:
    """The key of an updated value."""
    return f"new {name}"


def key_of(statement: Statement) -> Key | None:
    """The key that a statement defines, if it defines one."""
    if isinstance(statement, Update):
        return new_key(statement.name)
    return statement.name if isinstance(statement, Definition | FunctionDefinition) else None


def in_order(statements: Mapping[Key, Statement], source: Source) -> list[Key]:
    """The keys, each after those it needs.

    Raises:
        NameProblem: a cycle, with the names on it.
    """
    order: list[Key] = []
    state: dict[Key, int] = {}
    updates = [key for key in statements if key.startswith("new ")]

    def enter(key: Key, path: list[tuple[Key, Iterator[Key]]]) -> None:
        if key in statements and key not in state:
            state[key] = 1
            path.append((key, iter(_needs(statements[key], statements, updates))))

    for first in statements:
        path: list[tuple[Key, Iterator[Key]]] = []
        enter(first, path)
        while path:
            key, needs = path[-1]
            need = next(needs, None)
            if need is None:
                path.pop()
                state[key] = 2
                order.append(key)
            elif state.get(need) == 1:
                raise _cycle([k for k, _ in path], need, statements, source)
            else:
                enter(need, path)
    return order


def _needs(
    statement: Statement, statements: Mapping[Key, Statement], updates: list[Key]
) -> list[Key]:
    own: tuple[str, ...] = ()
    if isinstance(statement, FunctionDefinition):
        own = statement.parameters
        tree: Record = statement.body
    else:
        assert isinstance(statement, Definition | Update)
        tree = statement.value
    found: dict[Key, None] = {}
    for part in _parts(tree):
        if isinstance(part, Name) and part.name not in own:
            found[part.name] = None
        elif (
            isinstance(part, Call)
            and isinstance(part.function, Name)
            and part.function.name == "new"
        ):
            names = [a.name for a in part.arguments if isinstance(a, Name)]
            known = [new_key(name) for name in names if new_key(name) in statements]
            found.update(dict.fromkeys(known or updates))
    return list(found)


def _is_new(call: Call) -> bool:
    return isinstance(call.function, Name) and call.function.name == "new"


def names_in(tree: Expression) -> Iterator[Name]:
    """Every name an expression reads, keyword settings left out."""
    for part in _parts(tree):
        if isinstance(part, Name):
            yield part


def _parts(tree: Record) -> Iterator[Record]:
    """Every part of a syntax tree, without recursion."""
    stack: list[object] = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, Record):
            yield part
            stack.extend((part.function, *part.arguments) if isinstance(part, Call) else part.key())
        elif isinstance(part, tuple):
            stack.extend(part)


def _cycle(
    path: list[Key], start: Key, statements: Mapping[Key, Statement], source: Source
) -> NameProblem:
    names = path[path.index(start) :]
    statement = statements[start]
    assert isinstance(statement, Definition | FunctionDefinition | Update)
    if len(names) == 1 and isinstance(statement, Definition):
        message = (
            f"{quoted(start)} is defined through itself. For a new value of an old name "
            f"write {start} := ..."
        )
    elif len(names) == 1:
        message = f"{quoted(statement.name)} is defined through itself."
    else:
        shown = names[:SHOWN_CYCLE] + (["…"] if len(names) > SHOWN_CYCLE else [])
        way = " → ".join([*shown, start])
        message = f"{quoted(start)} is defined through itself: {way}."
    return NameProblem(message).at(source, statement.name_span)
