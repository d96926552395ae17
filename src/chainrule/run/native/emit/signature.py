"""What every kernel's function begins with."""

from __future__ import annotations

from chainrule.run.native.ssa import Function, Module, literal

__all__ = ["kernel_function"]


def kernel_function(module: Module, name: str, buffers: int) -> Function:
    """A function as `emit` says, whose `parameters` are the flag, each buffer, low and high.

    >>> function = kernel_function(Module(), "copy", 2)
    >>> [one.type for one in function.parameters]
    ['ptr', 'ptr', 'ptr', 'i64', 'i64']
    """
    parameters = [("ptr", "errors"), ("ptr", "buffers"), ("i64", "low"), ("i64", "high")]
    function = module.function(name, parameters)
    errors, table, low, high = function.parameters
    places = [function.load("ptr", table, literal(number, "i64")) for number in range(buffers)]
    function.parameters = [errors, *places, low, high]
    return function
