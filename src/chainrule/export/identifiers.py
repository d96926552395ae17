"""Names as Python identifiers: kept where Python takes them, else changed as little as it asks.

`ŷ`, `Σe` and `W1` are kept.  `W₁` becomes `W1`, `y'` `y_prime`, `params.W` `params_W`; a word that
Python, NumPy or the written code needs gets an underscore: `lambda_`, `sum_`.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection
from unicodedata import normalize

__all__ = ["RESERVED", "Names", "identifier"]

RESERVED = frozenset(
    {*keyword.kwlist, *dir(builtins), "np", "npt", "math", "Any", "Array", "forward_and_backward"}
)
SPELLED = {"'": "_prime", "′": "_prime", "*": "_star"}


def identifier(name: str) -> str:
    """The nearest thing to a name that Python takes.

    >>> [identifier(name) for name in ("ŷ", "W₁", "y'", "params.W", "2x", "lambda", "sum")]
    ['ŷ', 'W1', 'y_prime', 'params_W', '_2x', 'lambda_', 'sum_']
    """
    text = "".join(SPELLED.get(letter, letter) for letter in normalize("NFKC", name))
    text = "".join(letter if f"a{letter}".isidentifier() else "_" for letter in text)
    text = re.sub(r"_+$", "", re.sub(r"__+", "_", text)) or "x"
    if not text.isidentifier():
        text = f"_{text}"
    return f"{text}_" if text in RESERVED else text


class Names:
    """Identifiers, each given once.

    >>> names = Names({"softmax"})
    >>> names.new("W1"), names.new("W₁"), names.new("softmax")
    ('W1', 'W1_2', 'softmax_')
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = set(taken)

    def new(self, name: str) -> str:
        """An identifier that nothing else is called by."""
        text = stem = identifier(name)
        number = 1
        if text in self._taken:
            text = f"{stem}_" if number == 1 and not stem[-1].isdigit() else f"{stem}_2"
            number = 2
        while text in self._taken:
            text = f"{stem}_{number}"
            number += 1
        self._taken.add(text)
        return text
