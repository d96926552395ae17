"""Loads and stores of several lanes: next to each other, some way apart, or only the first few.

Nothing outside of what the active lanes mean is read or written: the last entries of a row are
loaded under a mask, which every processor has or LLVM makes of narrower loads.
"""

from __future__ import annotations

from chainrule.run.native.ssa import (
    SIZES,
    Function,
    Value,
    lanes_of,
    literal,
    scalar_of,
    suffix_of,
    vector_of,
)

__all__ = ["counted", "gathered", "load_lanes", "mask_of", "power_of_two_above", "store_lanes"]

NEAR, WIDEST = 4, 64  # strides and spans for which all that lies between is loaded, too


def power_of_two_above(count: int) -> int:
    """The smallest power of two that is not less.

    >>> [power_of_two_above(count) for count in (1, 2, 10, 64)]
    [1, 2, 16, 64]
    """
    return 1 << (count - 1).bit_length()


def counted(scalar: str, lanes: int, step: int = 1) -> Value:
    """0, step, 2 step … in the lanes.

    >>> counted("i32", 4, -2).text
    '<i32 0, i32 -2, i32 -4, i32 -6>'
    """
    numbers = ", ".join(f"{scalar} {step * lane}" for lane in range(lanes))
    return Value(f"<{numbers}>", vector_of(scalar, lanes))


def mask_of(lanes: int, active: int) -> Value:
    """True in the first lanes."""
    bits = ", ".join(["i1 1"] * active + ["i1 0"] * (lanes - active))
    return Value(f"<{bits}>", f"<{lanes} x i1>")


def load_lanes(
    function: Function, pointer: Value, scalar: str, lanes: int, active: int, stride: int = 1
) -> Value:
    """Lane k holds the number `stride` k after the pointer; 0 beyond the active lanes."""
    if stride == 1:
        return _first(function, pointer, scalar, lanes, active)
    span = abs(stride) * (active - 1) + 1
    if abs(stride) <= NEAR and span <= WIDEST:
        low = _moved(function, pointer, scalar, stride * (active - 1)) if stride < 0 else pointer
        whole = _first(function, low, scalar, power_of_two_above(span), span)
        start = span - 1 if stride < 0 else 0
        places = [start + stride * lane if lane < active else -1 for lane in range(lanes)]
        return function.shuffle(whole, whole, places)
    offsets = counted("i64" if abs(stride) * lanes >= 2**31 else "i32", lanes, stride)
    return gathered(function, pointer, scalar, offsets, active)


def _first(function: Function, pointer: Value, scalar: str, lanes: int, active: int) -> Value:
    type_ = vector_of(scalar, lanes)
    if active == lanes:
        return function.load(type_, pointer)
    aligned = literal(SIZES[scalar], "i32")
    return function.intrinsic(
        "masked.load",
        pointer,
        aligned,
        mask_of(lanes, active),
        literal(0, type_),
        returns=type_,
        kinds=f"{suffix_of(type_)}.p0",
    )


def store_lanes(
    function: Function, value: Value, pointer: Value, active: int, stride: int = 1
) -> None:
    """The active lanes, lane k `stride` k after the pointer, the first lane first."""
    scalar, lanes = scalar_of(value.type), lanes_of(value.type)
    if stride == -1:
        pointer = _moved(function, pointer, scalar, 1 - active)
        value = function.shuffle(value, value, list(range(active))[::-1])
        lanes, stride = active, 1
    if stride != 1:
        for lane in range(active):
            place = _moved(function, pointer, scalar, stride * lane)
            function.store(function.extract(value, lane), place)
    elif active == lanes:
        function.store(value, pointer)
    else:  # LLVM splits it into powers of two; loads nearby would wait long for a store by mask
        function.store(function.shuffle(value, value, range(active)), pointer)


def gathered(function: Function, pointer: Value, scalar: str, offsets: Value, active: int) -> Value:
    """Lane k holds the number `offsets` k after the pointer; 0 beyond the active lanes."""
    lanes = lanes_of(offsets.type)
    type_ = vector_of(scalar, lanes)
    places = function.new(
        f"<{lanes} x ptr>",
        f"getelementptr {scalar}, ptr {pointer.text}, {offsets.type} {offsets.text}",
    )
    return function.intrinsic(
        "masked.gather",
        places,
        literal(SIZES[scalar], "i32"),
        mask_of(lanes, active),
        literal(0, type_),
        returns=type_,
        kinds=f"{suffix_of(type_)}.v{lanes}p0",
    )


def _moved(function: Function, pointer: Value, scalar: str, count: int) -> Value:
    return function.address(scalar, pointer, literal(count, "i64")) if count else pointer
