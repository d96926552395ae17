"""Scalar expressions as on a blackboard: S0(1-S0), -S0S1, 2(ŷ-y), [h0>0]."""

from __future__ import annotations

import re
from collections.abc import Collection

from chainrule.graph.node import Constant, Node
from chainrule.notation.indices import index_entry
from chainrule.notation.numbers import exact
from chainrule.notation.precedence import LEVELS, places
from chainrule.notation.text import NameOf, Written, infix, operation_text, write
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, PowerOf, Subtract
from chainrule.ops.choice import Comparison, Not, Where
from chainrule.ops.elementary import XDivY, XTimesY
from chainrule.ops.indexing import Take

__all__ = ["compact", "entry_name"]

TIMES = "\u2062"  # an invisible times between factors, until the whole text is known
FACTOR = r"[^\W\d_][\u0300-\u036f]*[\d₀-₉]*(?:\[[\d,]+\])?"  # one letter with marks and an index
ENDS = re.compile(rf"(?:^|[{TIMES}+·(,;\s]|(?<!\de)-)(?:\d+|{FACTOR})$|\)$")
POWER_OF_TEN = re.compile(rf"\d{TIMES}[eE]")  # 2·e1 is not 20
STARTS = re.compile(rf"\(|{FACTOR}(?:$|[{TIMES}+\-/·),;\s²^])")
MOST_DIGITS = 12  # of a decimal that somebody has written
ROUNDING = 4 * 2.0**-53  # relative, of a number that was computed from such decimals
OPERATORS: dict[type, str] = {Add: "+", Subtract: "-", Divide: "/", XDivY: "/"}


def compact(node: Node, name_of: NameOf, taken: Collection[str] = (), base: int = 0) -> str:
    """A scalar node as one writes it by hand; entries of named arrays as S0 or W1[0,1].

    `taken` are names that an entry's short form must not be mistaken for.
    """

    def entry_or_name(lower: Node) -> str | None:
        name = name_of(lower)
        is_entry = name is None or name.endswith("]")
        if is_entry and isinstance(lower.operation, Take) and lower.shape == ():
            array = name_of(lower.inputs[0])
            if array is not None:
                index = tuple(at for at in lower.operation.index if isinstance(at, int))
                return entry_name(array, index, taken, base)
        return name

    def form(lower: Node, inner: list[Node], texts: list[Written]) -> Written:
        return compact_form(lower, inner, texts, base)

    return _joined(write(node, entry_or_name, form))


def _joined(text: str) -> str:
    """Factors side by side where nothing is misread, else with a dot: 2S0(1-S0), r·sin(t)."""
    parts = text.split(TIMES)
    shown = parts[0]
    for at, part in enumerate(parts[1:], start=1):
        left, right = TIMES.join(parts[:at]), TIMES.join(parts[at:])
        misread = POWER_OF_TEN.match(f"{left[-1:]}{TIMES}{right}")
        tight = not misread and ENDS.search(left) and STARTS.match(right)
        shown += part if tight else f"·{part}"
    return shown


def entry_name(
    name: str, index: tuple[int, ...], taken: Collection[str] = (), base: int = 0
) -> str:
    """An entry's name: short where that cannot be misread, with brackets elsewhere.

    >>> entry_name("S", (0,)), entry_name("W1", (0, 1)), entry_name("x", (12,))
    ('S0', 'W1[0,1]', 'x[12]')
    >>> entry_name("h", (1,), taken={"h1"}), entry_name("x", (0, 0), base=1)
    ('h[1]', 'x11')
    """
    if not index:
        return name
    shown = [at + base for at in index]
    short = name + "".join(map(str, shown))
    if name[-1].isalpha() and all(at < 10 for at in shown) and short not in taken:
        return short
    return f"{name}[{','.join(map(str, shown))}]"


def compact_form(node: Node, inner: list[Node], texts: list[Written], base: int = 0) -> Written:
    """One operation over its operands' texts, without spaces, products side by side."""
    operation = node.operation
    if isinstance(operation, Constant) and node.shape == ():
        text = _number(float(operation.value))
        return text, LEVELS["sign" if text.startswith("-") else "call"]
    if isinstance(operation, Multiply | XTimesY):
        return TIMES.join(_wrapped("product", texts)), LEVELS["product"]
    if isinstance(operation, Negate):
        text, level = texts[0]
        return f"-{text}" if level >= LEVELS["product"] else f"-({text})", LEVELS["sign"]
    if type(operation) in OPERATORS:
        kind = "sum" if isinstance(operation, Add | Subtract) else "product"
        left, right = _wrapped(kind, texts)
        return f"{left}{OPERATORS[type(operation)]}{right}", LEVELS[kind]
    if isinstance(operation, PowerOf) and operation.exponent == 2:
        return f"{_wrapped('power', texts)[0]}²", LEVELS["power"]
    if isinstance(operation, Where) and [text for text, _ in texts[1:]] == ["1", "0"]:
        return f"[{texts[0][0]}]", LEVELS["call"]
    if isinstance(operation, Comparison) and not isinstance(operation, Not):
        left, right = _wrapped("comparison", texts)
        symbol = operation.text.format("", "").strip()
        return f"{left}{symbol}{right}", LEVELS["comparison"]
    if isinstance(operation, Take) and base:
        index = ", ".join(index_entry(entry, base) for entry in operation.index)
        return infix(operation, f"{{0}}[{index}]", inner, texts), LEVELS[operation.precedence]
    return operation_text(node, inner, texts)


def _number(value: float) -> str:
    """A number in full: a formula that has fewer digits of it would not be true.

    What is a short decimal but for rounding is one: 3 · 2.5e-10 is 7.5e-10.
    """
    short = float(f"{value:.{MOST_DIGITS}g}")
    shown = short if abs(short - value) <= ROUNDING * abs(value) else value + 0.0  # no -0
    return exact(shown).replace("e+", "e").replace("e-0", "e-")


def _wrapped(precedence: str, texts: list[Written]) -> list[str]:
    loosest = places(precedence, len(texts))
    return [
        f"({text})" if level < place else text
        for (text, level), place in zip(texts, loosest, strict=True)
    ]
