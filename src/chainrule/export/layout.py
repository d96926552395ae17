"""Lines of Python as a formatter leaves them: 88 columns, broken at brackets or operators."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["WIDTH", "assignment", "commented", "fits", "is_clear", "signature"]

WIDTH = 88
INDENT = "    "
CALL = re.compile(r"[\w.]+\(")
SIGNS = "+-*/@"
OPERATORS = (" + ", " - ", " * ", " / ", " @ ")


def fits(line: str) -> bool:
    """Whether a line is narrow enough."""
    return len(line) <= WIDTH


def assignment(target: str, text: str, depth: int = 1) -> list[str]:
    """`target = text`, on as few lines as fit.

    >>> assignment("y", "x + 1")
    ['    y = x + 1']
    """
    return _statement(f"{INDENT * depth}{target} = ", without_parentheses(text), depth)


def without_parentheses(text: str) -> str:
    """A text without parentheses around all of it.

    >>> without_parentheses("(a + b)"), without_parentheses("(a) + (b)")
    ('a + b', '(a) + (b)')
    """
    if text.startswith("(") and _closing(text, 0) == len(text) - 1 and ", " not in text:
        return text[1:-1]
    return text


def is_clear(lines: Sequence[str]) -> bool:
    """Whether a statement stands on one line, or breaks where every formatter breaks it.

    That is at the arguments of a call, or at the signs of more than two terms.
    """
    if not all(map(fits, lines)):
        return False
    return len(lines) == 1 or not lines[0].endswith(" = (") or len(lines) > 4


def _statement(start: str, text: str, depth: int) -> list[str]:
    if fits(start + text):
        return [start + text]
    pad, inner = INDENT * depth, INDENT * (depth + 1)
    if is_one_call(text):
        opened = text.index("(") + 1
        parts = split_arguments(text[opened:-1])
        return [start + text[:opened], *_arguments(parts, depth + 1), f"{pad})"]
    if text.startswith("[") and _closing(text, 0) == len(text) - 1:
        return [f"{start}[", *_items(split_arguments(text[1:-1]), depth + 1), f"{pad}]"]
    terms = split_operators(text)
    if fits(inner + text) or len(terms) < 2:
        return [f"{start}(", f"{inner}{text}", f"{pad})"]
    return [f"{start}(", *[line for term in terms for line in _term(term, depth + 1)], f"{pad})"]


def _term(term: str, depth: int) -> list[str]:
    line = INDENT * depth + term
    if fits(line):
        return [line]
    sign, gap, rest = term.partition(" ")
    if sign not in SIGNS:
        sign, gap, rest = "", "", term
    if is_one_call(rest):
        return _statement(f"{INDENT * depth}{sign}{gap}", rest, depth)
    return [line]


def _arguments(parts: Sequence[str], depth: int) -> list[str]:
    """Arguments within brackets: on one line if they fit, else one a line."""
    inner = INDENT * depth
    together = inner + ", ".join(parts)
    if fits(together):
        return [together]
    lines: list[str] = []
    for part in parts:
        ending = "," if len(parts) > 1 or not part.startswith("[") else ""
        if fits(f"{inner}{part}{ending}"):
            lines.append(f"{inner}{part}{ending}")
        else:
            lines += _opened(part, depth, ending)
    return lines


def _opened(part: str, depth: int, ending: str) -> list[str]:
    """One argument that is too long for a line."""
    pad = INDENT * depth
    if part.startswith("[") and part.endswith("]"):
        return [f"{pad}[", *_items(split_arguments(part[1:-1]), depth + 1), f"{pad}]{ending}"]
    if is_one_call(part):
        opened = part.index("(") + 1
        inside = _arguments(split_arguments(part[opened:-1]), depth + 1)
        return [pad + part[:opened], *inside, f"{pad}){ending}"]
    terms = split_operators(part)
    return [*[f"{pad}{term}" for term in terms[:-1]], f"{pad}{terms[-1]}{ending}"]


def _items(parts: Sequence[str], depth: int) -> list[str]:
    """Entries of a list that does not fit on one line."""
    pad = INDENT * depth
    lines: list[str] = []
    for part in parts:
        lines += [f"{pad}{part},"] if fits(f"{pad}{part},") else _opened(part, depth, ",")
    return lines


def is_one_call(text: str) -> bool:
    """Whether a text is one call: a dotted name and its arguments."""
    found = CALL.match(text)
    return found is not None and _closing(text, found.end() - 1) == len(text) - 1


def _closing(text: str, opening: int) -> int:
    """Where the bracket that opens there is closed."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return at
    return len(text)


def split_arguments(text: str) -> list[str]:
    """The parts between commas that stand in no bracket.

    >>> split_arguments("a, f(b, c), [1, 2]")
    ['a', 'f(b, c)', '[1, 2]']
    """
    return [part.strip() for part in _split(text, (", ",))]


def split_operators(text: str) -> list[str]:
    """The terms of a sum, or else the factors of a product, each with its operator in front.

    >>> split_operators("a * b + f(c - d) - e"), split_operators("a @ b")
    (['a * b', '+ f(c - d)', '- e'], ['a', '@ b'])
    """
    for operators in (OPERATORS[:2], OPERATORS[2:]):
        parts = _split(text, operators)
        if len(parts) > 1:
            return [part.strip() for part in parts]
    return [text]


def _split(text: str, marks: tuple[str, ...]) -> list[str]:
    parts, start, depth = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        mark = text[at : at + len(marks[0])]
        if depth == 0 and mark in marks:
            parts.append(text[start:at])
            start = at + (len(mark) if mark == ", " else 0)
    return [*parts, text[start:]]


def signature(
    name: str, parameters: Sequence[tuple[str, str]], results: Sequence[str]
) -> list[str]:
    """`def name(a: Array, b: float) -> Array:`; of several results a tuple.

    >>> signature("f", [("x", "Array")], ["float", "Array"])
    ['def f(x: Array) -> tuple[float, Array]:']
    """
    result = f"tuple[{', '.join(results)}]" if len(results) > 1 else results[0]
    parts = [f"{parameter}: {kind}" for parameter, kind in parameters]
    start, inside, end = f"def {name}(", ", ".join(parts), f") -> {result}:"
    if fits(start + inside + end):
        return [start + inside + end]
    body = [INDENT + inside]
    if not fits(body[0]):
        body = [f"{INDENT}{part}," for part in parts]
    ending = [end]
    if not fits(end):
        ending = [") -> tuple[", *[f"{INDENT}{one}," for one in results], "]:"]
    return [start, *body, *ending]


def commented(lines: Sequence[str], comment: str, depth: int = 1) -> list[str]:
    """A comment behind its line if there is room for it, else above."""
    if not comment:
        return list(lines)
    if len(lines) == 1 and fits(f"{lines[0]}  # {comment}"):
        return [f"{lines[0]}  # {comment}"]
    return [*_wrapped(comment, depth), *lines]


def _wrapped(comment: str, depth: int) -> Iterable[str]:
    start = f"{INDENT * depth}# "
    line = start
    for word in comment.split(" "):
        if line != start and not fits(f"{line} {word}"):
            yield line
            line = start
        line += word if line == start else f" {word}"
    yield line
