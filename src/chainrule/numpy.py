"""NumPy for functions that are differentiated: `import chainrule.numpy as np` offers more.

Every name of NumPy is NumPy's own; traced arrays reach the library through its protocols.  What
those cannot do is here: `array` of traced values, `set(x, index, value)`, `scan`; and every
operation of the library that NumPy lacks: `softmax`, `relu`, `conv2d`, the losses, …

>>> import chainrule as cr
>>> cr.numpy.softmax(cr.numpy.zeros(2)).tolist()
[0.5, 0.5]
"""

from __future__ import annotations

from typing import Any

from chainrule.functions.namespace import OWN, offered


def __getattr__(name: str) -> Any:
    return offered(name)


def __dir__() -> list[str]:
    import numpy as np

    from chainrule.ops import all_functions

    return sorted({*OWN, *dir(np), *all_functions()})
