"""Derivations as plain data: made from a program (`derive`, `deltas`, `closed_view`), laid out as a
tree of steps by a view (`views/`), said in a language (`language/`), printed in a format
(`printers/`), drawn (`drawing/`).

The room is also what users call: `cr.explain(f, x)` is `explain.function.explain`.  Importing a
room binds its name in the package, so that a function of that name could not stand beside it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.explain.explanation import Explanation


class _Explain(ModuleType):
    """A room that can be called."""

    def __call__(self, f: Any, *args: Any, **settings: Any) -> Explanation:
        """The derivation of a function's derivatives; see `chainrule.explain.function.explain`."""
        from chainrule.explain.function import explain

        return explain(f, *args, **settings)


sys.modules[__name__].__class__ = _Explain
