"""Sine, cosine, tangent.

The polynomials are those of Cephes (S. Moshier, 1989) for float32 and of fdlibm (Sun Microsystems,
1993) for float64, within ±π/4.  Angles beyond `reduction.LIMIT` are rare: they are computed one by
one, in a function apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from chainrule.run.native.functions.lanes import DOUBLE, FLOAT, Lanes, polynomial
from chainrule.run.native.functions.reduction import LIMIT, far_angle, near_angle
from chainrule.run.native.functions.truth import any_lane
from chainrule.run.native.ssa import Module, Value, lanes_of, scalar_of

__all__ = ["cosine", "sine", "sine_over_angle", "tangent"]

SINE = {  # (sin r / r − 1) / r²
    FLOAT: (-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4),
    DOUBLE: (
        -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
        2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
    ),
}  # fmt: skip
COSINE = {  # (cos r − 1 + r²/2) / r⁴
    FLOAT: (4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5),
    DOUBLE: (
        4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
        -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
    ),
}  # fmt: skip


def sine(x: Lanes) -> Lanes:
    """sin x."""
    return _turned(x, 0)


def cosine(x: Lanes) -> Lanes:
    """cos x."""
    return _turned(x, 1)


def _turned(x: Lanes, quarters: int) -> Lanes:
    """sin(x + quarters · π/2)."""
    return _far_too(x, f"sine{quarters}", lambda r, t, q: _wave(r, t, q + quarters))


def tangent(x: Lanes) -> Lanes:
    """tan x."""
    return _far_too(x, "tangent", _slope)


def sine_over_angle(x: Lanes) -> Lanes:
    """sin(πx) / (πx), and 1 at 0."""
    y = x.equals(0.0).choose(1e-20, x) * math.pi
    return sine(y) / y


def _waves(r: Lanes, tail: Lanes | None) -> tuple[Lanes, Lanes]:
    """sin and cos of r + tail within ±π/4."""
    form, square = r.format, r * r
    s, c = polynomial(square, SINE[form]), polynomial(square, COSINE[form])
    half = 0.5 * square
    if tail is None:
        return r * (1.0 + square * s), 1.0 - (half - (square * square) * c)
    cube = square * r
    near = 1.0 - half
    lost = (1.0 - near) - half
    wave = r - ((half * tail - tail) - cube * s)
    return wave, near + (lost + ((square * square) * c - r * tail))


def _wave(r: Lanes, tail: Lanes | None, q: Lanes) -> Lanes:
    """sin(r + tail + q·π/2)."""
    s, c = _waves(r, tail)
    found = (q & 1).differs(0).choose(c, s)
    bits = 32 if r.format is FLOAT else 64
    return (found.bits() ^ ((q & 2) << (bits - 2))).as_float()


def _slope(r: Lanes, tail: Lanes | None, q: Lanes) -> Lanes:
    """tan(r + tail + q·π/2)."""
    s, c = _waves(r, tail)
    odd = (q & 1).differs(0)
    return odd.choose(-c, s) / odd.choose(s, c)


def _far_too(x: Lanes, name: str, formula: Callable[..., Lanes]) -> Lanes:
    """The formula of x's angle; lanes with |x| > LIMIT are found by a function of their own."""
    function = x.function
    near = formula(*near_angle(x))
    is_far = abs(x) > LIMIT
    any_far = any_lane(is_far)
    block, far, done = function.block, function.label("far"), function.label("near")
    function.do(f"br i1 {any_far.text}, label %{far}, label %{done}")
    function.start(far)
    given = is_far.choose(x, 2 * LIMIT)
    one_by_one = _each_lane(given, near, _far_function(function.module, name, formula))
    chosen = is_far.choose(one_by_one, near).value
    last = function.block
    function.do(f"br label %{done}")
    function.start(done)
    ways = f"[{near.value.text}, %{block}], [{chosen.text}, %{last}]"
    return Lanes(function, function.new(chosen.type, f"phi {chosen.type} {ways}"))


def _each_lane(x: Lanes, result: Lanes, name: str) -> Lanes:
    """A function of one float64, called for each lane."""
    function, type_ = x.function, x.value.type

    def of_one(value: Value) -> Value:
        given = Lanes(function, value)
        wide = given if given.format is DOUBLE else given.cast("fpext", "double")
        found = Lanes(function, function.call(name, wide.value, returns="double") or wide.value)
        return found.value if given.format is DOUBLE else found.cast("fptrunc", "float").value

    def body(lane: Value, so_far: Value) -> list[Value]:
        own = function.new(
            scalar_of(type_), f"extractelement {type_} {x.value.text}, i64 {lane.text}"
        )
        found = of_one(own)
        text = f"insertelement {type_} {so_far.text}, {found.type} {found.text}, i64 {lane.text}"
        return [function.new(type_, text)]

    if not lanes_of(type_):
        return Lanes(function, of_one(x.value))
    return Lanes(function, function.loop(lanes_of(type_), body, carried=[result.value])[0])


def _far_function(module: Module, name: str, formula: Callable[..., Lanes]) -> str:
    """The name of the module's function that computes it for one float64 of any size."""
    full = f"{name}_of_far"

    def write() -> None:
        own = module.function(full, [("double", "x")], "internal double")
        own.finish(formula(*far_angle(Lanes(own, own.parameters[0]))).value)

    module.once(full, write)
    return full
