"""Operations: one short file a family, each operation defined once.

A family registers its operations with the paper language when it is loaded, and is loaded when
a name is looked up that no loaded family knows.  A new family is a new file here, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from chainrule.ops import algebra, choice, indexing, linear
from chainrule.ops.contract import PAPER, PaperFunction

__all__ = ["all_functions", "look_up"]

CORE = (algebra, choice, indexing, linear)  # always loaded: Node's operators come from them
LIKELY = ("elementary", "activation", "losses")  # asked first: nets are made of these


def look_up(name: str) -> PaperFunction | None:
    """What a name of the paper language builds, or None.

    >>> look_up("softmax").name
    'softmax'
    """
    families = _families_in_turn()
    while name not in PAPER and (family := next(families, None)):
        import_module(family)
    return PAPER.get(name)


def all_functions() -> dict[str, PaperFunction]:
    """Every name of the paper language; loads every family."""
    for family in _families():
        import_module(family)
    return PAPER


def _families_in_turn() -> Iterator[str]:
    """Each family; the folder is looked at only if the likely ones do not know the name."""
    yield from [f"{__name__}.{family}" for family in LIKELY]
    yield from _families()


@cache
def _families() -> list[str]:
    from pkgutil import iter_modules

    return [f"{__name__}.{module.name}" for module in iter_modules(__path__)]
