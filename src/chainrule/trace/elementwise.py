"""NumPy's ufuncs and other functions that act entry by entry."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import FLOAT, Node, constant
from chainrule.ops import (
    choice,
    elementary,
    exponential,
    hyperbolic,
    limiting,
    logic,
    roots,
    rounding,
    trigonometric,
)
from chainrule.ops.activation import Tanh
from chainrule.ops.algebra import number
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Power, Subtract, multiply, power
from chainrule.ops.broadcasting import aligned, cast, literal, repeated_together
from chainrule.ops.contract import Operation
from chainrule.ops.making import zeros
from chainrule.trace.pairing import matched, operands, promoted
from chainrule.trace.table import as_node, implements, refuse

__all__ = ["UFUNCS"]

UFUNCS: dict[np.ufunc, Operation] = {
    np.add: Add(),
    np.subtract: Subtract(),
    np.multiply: Multiply(),
    np.divide: Divide(),
    np.negative: Negate(),
    np.absolute: choice.Absolute(),
    np.fabs: choice.Absolute(),
    np.sign: choice.Sign(),
    np.maximum: choice.Maximum(),
    np.minimum: choice.Minimum(),
    np.fmax: limiting.FMax(),
    np.fmin: limiting.FMin(),
    np.copysign: limiting.CopySign(),
    np.heaviside: limiting.Heaviside(),
    np.square: roots.Square(),
    np.reciprocal: roots.Reciprocal(),
    np.sqrt: elementary.Sqrt(),
    np.cbrt: roots.CubeRoot(),
    np.hypot: roots.Hypot(),
    np.exp: elementary.Exp(),
    np.exp2: exponential.Exp2(),
    np.expm1: exponential.Expm1(),
    np.log: elementary.Log(),
    np.log2: exponential.Log2(),
    np.log10: exponential.Log10(),
    np.log1p: exponential.Log1p(),
    np.logaddexp: exponential.LogAddExp(),
    np.logaddexp2: exponential.LogAddExp2(),
    np.sin: elementary.Sin(),
    np.cos: elementary.Cos(),
    np.tan: elementary.Tan(),
    np.arcsin: trigonometric.Arcsin(),
    np.arccos: trigonometric.Arccos(),
    np.arctan: trigonometric.Arctan(),
    np.arctan2: trigonometric.Arctan2(),
    np.sinh: hyperbolic.Sinh(),
    np.cosh: hyperbolic.Cosh(),
    np.tanh: Tanh(),
    np.arcsinh: hyperbolic.Arcsinh(),
    np.arccosh: hyperbolic.Arccosh(),
    np.arctanh: hyperbolic.Arctanh(),
    np.floor: rounding.Floor(),
    np.ceil: rounding.Ceil(),
    np.trunc: rounding.Trunc(),
    np.rint: rounding.Round(),
    np.remainder: rounding.Remainder(),
    np.floor_divide: rounding.FloorDivide(),
    np.less: choice.Less(),
    np.less_equal: choice.LessEqual(),
    np.greater: choice.Greater(),
    np.greater_equal: choice.GreaterEqual(),
    np.equal: choice.Equal(),
    np.not_equal: choice.NotEqual(),
    np.logical_and: logic.And(),
    np.logical_or: logic.Or(),
    np.logical_xor: logic.Xor(),
    np.logical_not: choice.Not(),
    np.isfinite: logic.IsFinite(),
    np.isinf: logic.IsInf(),
    np.isnan: logic.IsNan(),
}
BITWISE: dict[np.ufunc, Operation] = {
    np.bitwise_and: logic.And(),
    np.bitwise_or: logic.Or(),
    np.bitwise_xor: logic.Xor(),
    np.invert: choice.Not(),
}
SCALES: dict[np.ufunc, float] = {
    np.degrees: 180 / math.pi,
    np.rad2deg: 180 / math.pi,
    np.radians: math.pi / 180,
    np.deg2rad: math.pi / 180,
}


# --- ufuncs -------------------------------------------------------------------------------------


def _enter(ufunc: np.ufunc, operation: Operation) -> None:
    @implements(ufunc)
    def adapter(*values: Any, **settings: Any) -> Node:
        return operation(*operands(ufunc, *values, **settings))


def _enter_bitwise(ufunc: np.ufunc, operation: Operation) -> None:
    @implements(ufunc)
    def adapter(*values: Any, **settings: Any) -> Node:
        nodes = operands(ufunc, *values, **settings)
        if any(node.dtype.kind != "b" for node in nodes):
            raise DataProblem(
                f"numpy.{ufunc.__name__} is traced for truth values, not for the bits of "
                f"{nodes[0].dtype}"
            )
        return operation(*nodes)


def _enter_scale(ufunc: np.ufunc, scale: float) -> None:
    @implements(ufunc)
    def adapter(x: Any, **settings: Any) -> Node:
        return multiply(operands(ufunc, x, **settings)[0], constant(scale))


for each, what in UFUNCS.items():
    _enter(each, what)
for each, what in BITWISE.items():
    _enter_bitwise(each, what)
for each, factor in SCALES.items():
    _enter_scale(each, factor)


@implements(np.power)
def _power(a: Any, b: Any, **settings: Any) -> Node:
    """A written exponent is a setting; whole numbers have whole powers."""
    whole, exponents = operands(np.power, a, b, **settings)
    if whole.dtype.kind == "f":
        return power(as_node(a), as_node(b))
    written = literal(exponents)
    if written is not None and written < 0:
        raise DataProblem("numpy.power: whole numbers have no negative powers; write x ** -1.0")
    return Power()(whole, exponents)


@implements(np.float_power)
def _float_power(a: Any, b: Any, **settings: Any) -> Node:
    """Always in float64, as NumPy has it."""
    operands(np.float_power, a, b, **settings)
    return power(cast(as_node(a), FLOAT), cast(as_node(b), FLOAT))


@implements(np.positive, np.conjugate)
def _unchanged(x: Any, **settings: Any) -> Node:
    return operands(np.positive, x, **settings)[0]


@implements(np.divmod)
def _divmod(a: Any, b: Any, **settings: Any) -> tuple[Node, Node]:
    nodes = operands(np.divmod, a, b, **settings)
    return rounding.FloorDivide()(*nodes), rounding.Remainder()(*nodes)


# --- other functions ----------------------------------------------------------------------------


@implements(np.where)
def _where(condition: Any, *branches: Any) -> Node:
    if not branches:
        raise DataProblem(
            "numpy.where with a condition alone returns positions, and how many there are depends "
            "on the numbers; write np.where(condition, a, b), which chooses entry by entry"
        )
    if len(branches) != 2:
        raise DataProblem(f"numpy.where chooses between two branches, not {len(branches)}")
    return _chosen("numpy.where", condition, *branches)


def _chosen(name: str, condition: Any, a: Any, b: Any) -> Node:
    holds = as_node(condition)
    if holds.dtype.kind != "b":
        holds = choice.compare("!=", holds, constant(0.0))
    return choice.Where()(*repeated_together(name, holds, *matched(name, (a, b), promoted)))


@implements(np.clip)
def _clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **settings: Any,
) -> Node:
    refuse("numpy.clip", out=out, **settings)
    low = a_min if min is None else min
    high = a_max if max is None else max
    if low is None and high is None:
        return as_node(a)
    if high is None:
        return choice.Maximum()(*matched("numpy.clip", (a, low), promoted))
    if low is None:
        return choice.Minimum()(*matched("numpy.clip", (a, high), promoted))
    return limiting.Clip()(*matched("numpy.clip", (a, low, high), promoted))


@implements(np.round, np.around)
def _round(a: Any, decimals: Any = 0, out: Any = None) -> Node:
    refuse("numpy.round", out=out)
    return rounding.Round(operator.index(decimals))(*matched("numpy.round", (a,), promoted))


@implements(np.fix)
def _fix(x: Any, out: Any = None) -> Node:
    refuse("numpy.fix", out=out)
    return rounding.Trunc()(*operands(np.trunc, x))


@implements(np.sinc)
def _sinc(x: Any) -> Node:
    return trigonometric.Sinc()(*aligned("numpy.sinc", as_node(x)))


@implements(np.nan_to_num)
def _nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Node:
    """Each stand-in where it is needed, the largest numbers for infinities by default."""
    node = as_node(x)
    if node.dtype.kind != "f":
        return node
    largest = np.finfo(node.dtype)
    infinity = number(math.inf, node)
    result = _chosen("numpy.nan_to_num", logic.isnan(node), nan, node)
    for place, given, usual in (
        (infinity, posinf, largest.max),
        (-infinity, neginf, largest.min),
    ):
        stand_in = float(usual) if given is None else given
        is_there = choice.compare("==", node, place)
        result = _chosen("numpy.nan_to_num", is_there, stand_in, result)
    return result


@implements(np.real)
def _real(val: Any) -> Node:
    return as_node(val)


@implements(np.imag)
def _imag(val: Any) -> Node:
    node = as_node(val)
    return zeros(node.shape, node.dtype)
