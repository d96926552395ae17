"""Which statement needs which: statements may stand in any order, as they do on paper.

A name stands for itself; `new(W1)` needs the update of W1, and `new(l)` of anything else the
updates of what l is computed from.  Keys are names, and `new W1` for updates (no name has a space).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chainrule.errors import NameProblem
from chainrule.graph.node import spend
from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
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

__all__ = ["in_order", "key_of", "names_in", "new_key", "parts"]

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

    def enter(key: Key, path: list[tuple[Key, Iterator[Key]]]) -> None:
        if key in statements and key not in state:
            state[key] = 1
            path.append((key, iter(_needs(statements[key], statements))))

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


def _needs(statement: Statement, statements: Mapping[Key, Statement]) -> list[Key]:
    own: tuple[str, ...] = ()
    if isinstance(statement, FunctionDefinition):
        own = statement.parameters
        tree: Record = statement.body
    else:
        assert isinstance(statement, Definition | Update)
        tree = statement.value
    found: dict[Key, None] = {}
    if isinstance(statement, Update):
        found[statement.name] = None
    for part in parts(tree):
        if isinstance(part, Name) and part.name not in own:
            found[part.name] = None
        elif isinstance(part, Call) and _calls_own(part, statements):
            assert isinstance(part.function, Name)
            found[part.function.name] = None
        elif isinstance(part, Call) and _is_new(part):
            names = [a.name for a in part.arguments if isinstance(a, Name)]
            found.update(dict.fromkeys(_updates_below(names, statements)))
    return list(found)


def _updates_below(names: list[str], statements: Mapping[Key, Statement]) -> Iterator[Key]:
    """The updates that the new values of these names depend on."""
    seen: set[str] = set()
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        spend(1)
        statement = statements.get(name)
        if new_key(name) in statements:
            yield new_key(name)
        elif isinstance(statement, Definition):
            names += [one.name for one in names_in(statement.value)]
        elif isinstance(statement, FunctionDefinition):
            names += [one.name for one in names_in(statement.body)]


def _calls_own(call: Call, statements: Mapping[Key, Statement]) -> bool:
    """Whether a function of the user's is called; a quantity may be named as one of ours."""
    called = call.function.name if isinstance(call.function, Name) else ""
    return isinstance(statements.get(called), FunctionDefinition)


def _is_new(call: Call) -> bool:
    return isinstance(call.function, Name) and call.function.name == "new"


def names_in(tree: Expression) -> Iterator[Name]:
    """Every quantity an expression reads; no settings, no names of what is called."""
    for part in parts(tree):
        if isinstance(part, Name):
            yield part


def parts(tree: Record) -> Iterator[Record]:
    """Every part of a syntax tree but its places, without recursion.

    Of a call neither settings nor a plain name.
    """
    stack: list[object] = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, Call):
            yield part
            stack.extend(part.arguments)
            stack.extend(() if isinstance(part.function, Name) else (part.function,))
        elif isinstance(part, Record) and not isinstance(part, Span):
            yield part
            stack.extend(part.key())
        elif isinstance(part, tuple):
            stack.extend(part)


def _shown(key: Key) -> str:
    """A key as it is written: new(W1) for an update."""
    return f"new({key[4:]})" if key.startswith("new ") else key


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
        message = f"{quoted(_shown(start))} is defined through itself."
    else:
        shown = [*map(_shown, names[:SHOWN_CYCLE]), *(["…"] if len(names) > SHOWN_CYCLE else [])]
        way = " → ".join([*shown, _shown(start)])
        message = f"{quoted(_shown(start))} is defined through itself: {way}."
    return NameProblem(message).at(source, statement.name_span)
