"""Operations: one short file a family, each operation defined once.

A family registers its operations with the paper language when it is loaded, and is loaded when
a name is looked up that no loaded family knows.  A new family is a new file here, nothing else.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from chainrule.ops import algebra, choice, indexing, linear
from chainrule.ops.contract import PAPER, PaperFunction

__all__ = ["all_functions", "look_up"]

CORE = (algebra, choice, indexing, linear)  # always loaded: Node's operators come from them


def look_up(name: str) -> PaperFunction | None:
    """What a name of the paper language builds, or None.

    >>> look_up("softmax").name
    'softmax'
    """
    families = iter(_families())
    while name not in PAPER and (family := next(families, None)):
        import_module(family)
    return PAPER.get(name)


def all_functions() -> dict[str, PaperFunction]:
    """Every name of the paper language; loads every family."""
    for family in _families():
        import_module(family)
    return PAPER


@cache
def _families() -> list[str]:
    return [f"{__name__}.{module.name}" for module in iter_modules(__path__)]
