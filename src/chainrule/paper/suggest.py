"""What a mistyped name may have meant."""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import islice

__all__ = ["SHOWN", "derivative_hint", "did_you_mean", "quoted", "transpose_hint"]

LONGEST_NAME = 60  # comparing two names takes time proportional to the product of their lengths
MOST_LETTERS = 20_000  # of the names compared in all, which take about a tenth of a second
SHORT = 3
SHOWN = 40  # a name longer than this is cut in a message


def quoted(name: str) -> str:
    """The name in quotation marks, shortened if it would drown the message.

    >>> quoted("W1")
    "'W1'"
    """
    return f"'{name}'" if len(name) <= SHOWN else f"'{name[:SHOWN]}…'"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence to append to "'W7' is not defined.", or nothing if no known name is near.

    >>> did_you_mean("W7", ["W1", "loss"])
    " Did you mean 'W1'?"
    >>> did_you_mean("W7", ["loss"])
    ''
    """
    from difflib import get_close_matches  # loaded only when something is wrong
    from unicodedata import normalize

    if not 0 < len(name) <= LONGEST_NAME:
        return ""
    compared = islice(known, MOST_LETTERS // len(name))
    candidates = [word for word in compared if len(word) <= LONGEST_NAME]
    for word in candidates:
        if word != name and normalize("NFC", word) == normalize("NFC", name):
            return _another_form(name, word)
    near = [word for word in candidates if normalize("NFKC", word) == normalize("NFKC", name)]
    cutoff = 0.5 if 1 < len(name) <= SHORT else 0.6  # of W7, half has to agree
    near = near or get_close_matches(name, candidates, n=1, cutoff=cutoff)
    return f" Did you mean {quoted(near[0])}?" if near else ""


def derivative_hint(name: str, known: Container[str], after: str = "") -> str:
    """A sentence to append to "'dl' is not defined.", or nothing if it is no differential.

    `after` is the text that follows the name: if it divides by another differential, the
    sentence says by which.

    >>> derivative_hint("dl", ["l", "W1"], " / dW1 + 2")
    ' For the derivative write dl/dW1 without spaces, or ∂l/∂W1.'
    >>> derivative_hint("dl", ["l"])
    ' For a derivative of l write dl/dx without spaces, or ∂l/∂x.'
    >>> derivative_hint("depth", ["l"])
    ''
    """
    of = name[1:]
    if not (name.startswith("d") and of in known and len(name) <= SHOWN):
        return ""
    below = after.split("/", 1)[1].split() if after.lstrip().startswith("/") else []
    wrt = below[0][1:] if below and below[0].startswith("d") else ""
    while wrt and wrt not in known:
        wrt = wrt[:-1]
    if wrt:
        return f" For the derivative write d{of}/d{wrt} without spaces, or ∂{of}/∂{wrt}."
    return f" For a derivative of {of} write d{of}/dx without spaces, or ∂{of}/∂x."


def transpose_hint(name: str) -> str:
    """A sentence to append to "'T' is not defined.", as in W^T; otherwise nothing.

    >>> transpose_hint("T")
    ' A transpose is written Wᵀ or W.T.'
    """
    return " A transpose is written Wᵀ or W.T." if name == "T" else ""


def _another_form(name: str, word: str) -> str:
    return (
        f" A name that looks the same is defined, but typed in another Unicode form:"
        f" {_code_points(word)} there, {_code_points(name)} here. Copy one of them to both places."
    )


def _code_points(word: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in word)
