"""chainrule: back-propagation as a product of local Jacobians.

The library keeps every factor of that product as a structured linear map; reading, checking and
running are three uses of it.

>>> import numpy as np
>>> import chainrule as cr
>>> cr.grad(lambda x: np.sum(np.sin(x)))(np.zeros(3)).tolist()
[1.0, 1.0, 1.0]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule import numpy
    from chainrule.explain.function import explain
    from chainrule.functions.assuming import assume
    from chainrule.functions.checking import check_gradient
    from chainrule.functions.closed_forms import ClosedForm, closed_form, simplify
    from chainrule.functions.compiling import compile
    from chainrule.functions.custom import custom
    from chainrule.functions.derivatives import grad, hvp, value_and_grad
    from chainrule.functions.examples import per_example_grad
    from chainrule.functions.jacobians import hessian, jacobian
    from chainrule.functions.linear_map import Jacobian
    from chainrule.functions.modes import jvp, vjp
    from chainrule.functions.planning import plan
    from chainrule.functions.quantities import factors, intermediates
    from chainrule.marking.marker import check
    from chainrule.optimize.clipping import clipped
    from chainrule.optimize.descent import adam, adamw, momentum, nesterov, sgd
    from chainrule.optimize.schedules import (
        cosine_decay,
        exponential_decay,
        piecewise,
        polynomial_decay,
        step_decay,
        warm_up,
    )
    from chainrule.train.training import training_loop

__version__ = "0.1.0"
__all__ = [
    "ClosedForm",
    "Jacobian",
    "__version__",
    "adam",
    "adamw",
    "assume",
    "check",
    "check_gradient",
    "clipped",
    "closed_form",
    "compile",
    "cosine_decay",
    "custom",
    "explain",
    "exponential_decay",
    "factors",
    "grad",
    "hessian",
    "hvp",
    "intermediates",
    "jacobian",
    "jvp",
    "momentum",
    "nesterov",
    "numpy",
    "per_example_grad",
    "piecewise",
    "plan",
    "polynomial_decay",
    "sgd",
    "simplify",
    "step_decay",
    "training_loop",
    "value_and_grad",
    "vjp",
    "warm_up",
]

HOME = {  # where each name comes from: imported when it is used, so that starting is quick
    "ClosedForm": "functions.closed_forms",
    "Jacobian": "functions.linear_map",
    "adam": "optimize.descent",
    "adamw": "optimize.descent",
    "assume": "functions.assuming",
    "check": "marking.marker",
    "check_gradient": "functions.checking",
    "clipped": "optimize.clipping",
    "closed_form": "functions.closed_forms",
    "compile": "functions.compiling",
    "cosine_decay": "optimize.schedules",
    "custom": "functions.custom",
    "exponential_decay": "optimize.schedules",
    "factors": "functions.quantities",
    "grad": "functions.derivatives",
    "hessian": "functions.jacobians",
    "hvp": "functions.derivatives",
    "intermediates": "functions.quantities",
    "jacobian": "functions.jacobians",
    "jvp": "functions.modes",
    "momentum": "optimize.descent",
    "nesterov": "optimize.descent",
    "per_example_grad": "functions.examples",
    "piecewise": "optimize.schedules",
    "plan": "functions.planning",
    "polynomial_decay": "optimize.schedules",
    "sgd": "optimize.descent",
    "simplify": "functions.closed_forms",
    "step_decay": "optimize.schedules",
    "training_loop": "train.training",
    "value_and_grad": "functions.derivatives",
    "vjp": "functions.modes",
    "warm_up": "optimize.schedules",
}


ROOMS = ("explain", "numpy")  # used as they are; `explain` can be called


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{HOME[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
