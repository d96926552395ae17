"""Formulas as one writes them by hand, S0(1-S0), read back as the paper language, in one way only.

>>> names = entry_names({"S": (2,), "W": (2, 2), "x": ()})
>>> for text in ("2S0(1-S1)", "[S0>0]·W01x²", "-xS0/3", "sum(S * S, axis=0)"):
...     print(in_paper_language(text, names))
2*S[0]*(1-S[1])
(S[0]>0)*W[0,1]*x^2
-x*S[0]/3
sum(S * S, axis=0)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

__all__ = ["entry_names", "in_paper_language"]

INDEX = r"\[\d+(?:, ?\d+)*\]"
TOKEN = re.compile(
    rf"(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>[^\W\d_²](?:[^\W²]|[\u0300-\u036f'])*)"
    rf"|(?P<index>{INDEX})|(?P<space>\s+)|(?P<sign>[<>!=]=|.)"
)
WRITTEN = {"·": "*", "²": "^2"}
FACTORS = ("value", "call", "open")  # what may stand behind a factor, as another one
Token = tuple[str, str]  # its kind, and itself as the paper language has it


def entry_names(shapes: Mapping[str, tuple[int, ...]], base: int = 0) -> dict[str, str]:
    """What arrays and their entries may be called, short and long, as the paper language has it.

    >>> entry_names({"S": (2,), "S1": ()})
    {'S': 'S', 'S1': 'S1', 'S0': 'S[0]', 'S[0]': 'S[0]', 'S[1]': 'S[1]'}
    """
    found = {name: name for name in shapes}
    for name, shape in shapes.items():
        for index in np.ndindex(shape) if shape else ():
            places = [str(at + base) for at in index]
            meant = f"{name}[{','.join(places)}]"
            short = name + "".join(places)
            if short not in shapes and name[-1].isalpha() and max(map(len, places)) == 1:
                assert found.get(short, meant) == meant, f"{short} has two meanings"
                found[short] = meant
            found[meant] = meant
    return found


def in_paper_language(text: str, names: Mapping[str, str]) -> str:
    """The formula with its products and indices as the paper language has them.

    Raises:
        AssertionError: it can be read in two ways, or in none.
    """
    shown, before = "", "sign"
    are_divisors = [False]  # whether what stands here is divided by; in brackets, and outside
    for kind, one in _tokens(text, names):
        if kind in FACTORS and before in ("value", "close"):
            assert not are_divisors[-1], f"{text}: is {one} a part of the divisor, too?"
            shown += "*"
        if one in ("(", "["):
            are_divisors.append(False)
        elif one in (")", "]"):
            are_divisors.pop()
        elif kind == "sign":
            are_divisors[-1] = one == "/"
        shown += one
        before = kind
    return shown


def _tokens(text: str, names: Mapping[str, str]) -> Iterator[Token]:
    at, before = 0, "sign"
    brackets: list[str] = []  # what closes those that are open
    while at < len(text):
        found = TOKEN.match(text, at)
        assert found
        kind, one, at = str(found.lastgroup), found[0], found.end()
        is_behind = before in ("value", "close")
        if kind == "word":
            index = re.compile(INDEX).match(text, at)
            tokens = list(_word(one, index[0] if index else "", names, text[at : at + 1]))
            at = index.end() if index and tokens[-1][1].endswith("]") else at
        elif kind == "number":
            tokens = [("value", one)]
        elif one in ("[", "("):
            inside = _inside(text, at)
            is_truth = one == "[" and not is_behind and bool(re.search("[<>=]", inside))
            is_truth = is_truth and "," not in inside
            brackets.append("]" if one == "[" and not is_truth else ")")
            is_part = (one == "[" and is_behind) or before == "call"
            tokens = [("sign" if is_part else "open", "(" if is_truth else one)]
        elif one in ("]", ")"):
            tokens = [("close", brackets.pop())]
        elif kind == "index" and not is_behind:  # a list of numbers
            tokens = [("value", one)]
        elif kind == "index" or one in "ᵀ²":
            tokens = [("close", WRITTEN.get(one, one))]
        else:
            tokens = [(kind, WRITTEN.get(one, one))]
        yield from tokens
        before = tokens[-1][0]


def _inside(text: str, at: int) -> str:
    """What stands in a bracket that was opened."""
    depth = 1
    for place in range(at, len(text)):
        depth += (text[place] in "[(") - (text[place] in "])")
        if depth == 0:
            return text[at:place]
    raise AssertionError(f"{text}: a bracket is not closed")


def _word(word: str, index: str, names: Mapping[str, str], after: str) -> Iterator[Token]:
    """A name, or names side by side, the last of them perhaps with an index; or a function."""
    if word + index in names:
        yield "value", names[word + index]
        return
    ways = list(_ways(word, names))
    if not ways:  # softmax(O), axis=0
        yield "call" if after == "(" else "sign", word
        return
    assert len(ways) == 1, f"{word} can be read in {len(ways)} ways"
    *others, last = ways[0]
    for one in others:
        yield "value", names[one]
    yield "value", names.get(last + index, names[last] + index)


def _ways(word: str, names: Mapping[str, str]) -> Iterator[list[str]]:
    """How a word may be names side by side; one that is a name itself is that."""
    if word in names:
        yield [word]
        return
    for end in range(1, len(word)):
        if word[:end] in names and not word[end].isdecimal():
            yield from ([word[:end], *rest] for rest in _ways(word[end:], names))
