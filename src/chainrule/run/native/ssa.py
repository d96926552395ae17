"""LLVM's text, written value by value: no optimiser runs after it, so what is written is what runs.

Types are LLVM's own words: "float", "<16 x float>", "i64", "ptr".  A vector of any length may be
used: LLVM splits it into registers.

>>> module = Module()
>>> double = module.function("double_all", [("ptr", "x"), ("i64", "n")])
>>> x, n = double.parameters
>>> def body(i: Value) -> None:
...     double.store(double.add(double.load("float", x, i), double.load("float", x, i)), x, i)
>>> _ = double.loop(n, body)
>>> double.finish()
>>> "fadd contract float" in module.text()
True
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

__all__ = [
    "Function",
    "Module",
    "Value",
    "lanes_of",
    "literal",
    "scalar_of",
    "suffix_of",
    "vector_of",
]

FLOATS = ("float", "double")
SIZES = {"float": 4, "double": 8, "i1": 1, "i8": 1, "i16": 2, "i32": 4, "i64": 8, "ptr": 8}


class Value(NamedTuple):
    """A value of a function: how it is referred to, and its type."""

    text: str
    type: str


@cache
def scalar_of(type_: str) -> str:
    """The type of one lane.

    >>> scalar_of("<16 x float>"), scalar_of("i64")
    ('float', 'i64')
    """
    return type_.split(" x ")[1].rstrip(">") if type_.startswith("<") else type_


@cache
def lanes_of(type_: str) -> int:
    """How many lanes; 0 for a scalar.

    >>> lanes_of("<16 x float>"), lanes_of("i64")
    (16, 0)
    """
    return int(type_[1:].split(" x ")[0]) if type_.startswith("<") else 0


@cache
def vector_of(scalar: str, lanes: int) -> str:
    """The type of so many lanes; a scalar if there are none.

    >>> vector_of("float", 16), vector_of("float", 0)
    ('<16 x float>', 'float')
    """
    return f"<{lanes} x {scalar}>" if lanes else scalar


def literal(value: float, type_: str) -> Value:
    """A constant, in every lane.

    >>> literal(1.0, "float").text, literal(3, "<2 x i32>").text
    ('0x3FF0000000000000', 'splat (i32 3)')
    >>> literal(0.0, "float") == literal(-0.0, "float")
    False
    """
    return _literal(value, type_, math.copysign(1, value))


@lru_cache(maxsize=4096)
def _literal(value: float, type_: str, sign: float) -> Value:
    """The sign tells -0.0 from 0.0, which Python takes for equal."""
    scalar, lanes = scalar_of(type_), lanes_of(type_)
    one = _float_text(value, scalar) if scalar in FLOATS else str(int(value))
    return Value(f"splat ({scalar} {one})" if lanes else one, type_)


def _float_text(value: float, scalar: str) -> str:
    if scalar == "float":
        value = struct.unpack("f", struct.pack("f", value))[0]
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Module:
    """Functions, the intrinsics they call, and constants in memory.

    `rounds` says that the processor has instructions for rint, floor, ceil and trunc.
    """

    def __init__(self, rounds: bool = False) -> None:
        self.rounds = rounds
        self._declared: dict[str, str] = {}
        self._constants: dict[str, str] = {}
        self._functions: list[str] = []
        self._helpers: set[str] = set()

    def function(
        self, name: str, parameters: Sequence[tuple[str, str]], returns: str = "void"
    ) -> Function:
        """A new function to be written; a pointer parameter is of memory that no other reaches."""
        return Function(self, name, parameters, returns)

    def declare(self, name: str, returns: str, arguments: Sequence[str]) -> None:
        """A function from elsewhere, such as an intrinsic."""
        self._declared[name] = f"declare {returns} @{name}({', '.join(arguments)})"

    def constant(self, values: Sequence[float], scalar: str) -> Value:
        """The address of numbers that never change."""
        one = _float_text if scalar in FLOATS else lambda value, _: str(int(value))
        texts = ", ".join(f"{scalar} {one(value, scalar)}" for value in values)
        return self._constant(f"[{len(values)} x {scalar}] [{texts}]")

    def _constant(self, text: str) -> Value:
        name = self._constants.setdefault(text, f"@constant{len(self._constants)}")
        return Value(name, "ptr")

    def addresses(self, names: Sequence[str]) -> Value:
        """The address of a table of functions' addresses."""
        texts = ", ".join(f"ptr @{name}" for name in names)
        return self._constant(f"[{len(names)} x ptr] [{texts}]")

    def once(self, name: str, write: Callable[[], None]) -> None:
        """A function that others share: written when it is first asked for."""
        if name not in self._helpers:
            self._helpers.add(name)
            write()

    def add(self, text: str) -> None:
        """A whole function, written."""
        self._functions.append(text)

    def text(self) -> str:
        """Everything, for LLVM to read."""
        constants = [
            f"{name} = private unnamed_addr constant {value}, align 64"
            for value, name in self._constants.items()
        ]
        return "\n".join([*self._declared.values(), *constants, *self._functions, ""])


class Function:
    """One function, written instruction by instruction in the order it runs."""

    def __init__(
        self, module: Module, name: str, parameters: Sequence[tuple[str, str]], returns: str
    ) -> None:
        self.module = module
        self.name = name
        self.parameters = [Value(f"%{own}", type_) for type_, own in parameters]
        shown = ", ".join(f"{type_} %{own}" for type_, own in parameters)
        self._head = f"define {returns} @{name}({shown}) {{\nentry:"
        self._lines: list[str] = []
        self._known: dict[str, Value] = {}  # what has been computed in this block
        self._count = 0
        self.block = "entry"

    # Writing.

    def new(self, type_: str, text: str) -> Value:
        """An instruction with a result."""
        self._count += 1
        name = f"%v{self._count}"
        self._lines.append(f"  {name} = {text}")
        return Value(name, type_)

    def pure(self, type_: str, text: str) -> Value:
        """An instruction with a result that depends on its operands alone: done once a block."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self.new(type_, text)
        return found

    def do(self, text: str) -> None:
        """An instruction without one."""
        self._lines.append(f"  {text}")

    def label(self, stem: str) -> str:
        """A name for a block that no other has."""
        self._count += 1
        return f"{stem}{self._count}"

    def start(self, block: str) -> None:
        """What follows stands in a new block."""
        self._lines.append(f"{block}:")
        self._known = {}
        self.block = block

    def reserve(self) -> int:
        """A place for lines that are known later; see `fill`."""
        self._lines.append("")
        return len(self._lines) - 1

    def fill(self, place: int, lines: Sequence[str]) -> None:
        """The lines of a reserved place, such as a loop's phis."""
        self._lines[place] = "\n".join(f"  {line}" for line in lines)

    def finish(self, result: Value | None = None) -> None:
        """The function returns, and is added to its module."""
        self.do("ret void" if result is None else f"ret {result.type} {result.text}")
        self.module.add("\n".join([self._head, *self._lines, "}"]))

    # Arithmetic: of floating-point numbers or, by their types, of whole numbers.

    def _binary(self, floats: str, whole: str, a: Value, b: Value) -> Value:
        name = f"{floats} contract" if scalar_of(a.type) in FLOATS else whole
        return self.pure(a.type, f"{name} {a.type} {a.text}, {b.text}")

    def add(self, a: Value, b: Value) -> Value:
        if a.type == "i64" and "0" in (a.text, b.text):
            return b if a.text == "0" else a
        return self._binary("fadd", "add", a, b)

    def sub(self, a: Value, b: Value) -> Value:
        return self._binary("fsub", "sub", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        if a.type == "i64" and "1" in (a.text, b.text):
            return b if a.text == "1" else a
        return self._binary("fmul", "mul", a, b)

    def div(self, a: Value, b: Value) -> Value:
        return self._binary("fdiv", "sdiv", a, b)

    def remainder(self, a: Value, b: Value) -> Value:
        return self._binary("frem", "srem", a, b)

    def neg(self, a: Value) -> Value:
        return self.pure(a.type, f"fneg {a.type} {a.text}")

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """a b + c; in one instruction where the processor has one."""
        return self.add(self.mul(a, b), c)

    def bits(self, name: str, a: Value, b: Value) -> Value:
        """and, or, xor, shl, lshr, ashr."""
        return self.pure(a.type, f"{name} {a.type} {a.text}, {b.text}")

    def compare(self, predicate: str, a: Value, b: Value) -> Value:
        """LLVM's predicate: oeq, une, ogt, olt … of floats; eq, ne, slt, ult … of whole numbers."""
        name = "fcmp" if scalar_of(a.type) in FLOATS else "icmp"
        truth = vector_of("i1", lanes_of(a.type))
        return self.pure(truth, f"{name} {predicate} {a.type} {a.text}, {b.text}")

    def select(self, condition: Value, a: Value, b: Value) -> Value:
        """a where the condition holds, b elsewhere; lane by lane."""
        return self.pure(
            a.type,
            f"select {condition.type} {condition.text}, {a.type} {a.text}, {b.type} {b.text}",
        )

    def cast(self, name: str, a: Value, scalar: str) -> Value:
        """fptosi, sitofp, uitofp, fpext, fptrunc, zext, sext, trunc, bitcast: lane by lane."""
        type_ = vector_of(scalar, lanes_of(a.type))
        return self.pure(type_, f"{name} {a.type} {a.text} to {type_}")

    def intrinsic(self, name: str, *arguments: Value, returns: str = "", kinds: str = "") -> Value:
        """@llvm.NAME of these; its type is the first argument's unless it is said.

        `kinds` are the suffixes of its overloads where the first argument's type is not the one.
        """
        type_ = returns or arguments[0].type
        full = f"llvm.{name}.{kinds or suffix_of(arguments[0].type)}"
        self.module.declare(full, type_, [one.type for one in arguments])
        shown = ", ".join(f"{one.type} {one.text}" for one in arguments)
        return self.new(type_, f"call {type_} @{full}({shown})")

    def call(self, name: str, *arguments: Value, returns: str = "void") -> Value | None:
        """A function of the module."""
        shown = ", ".join(f"{one.type} {one.text}" for one in arguments)
        if returns == "void":
            self.do(f"call void @{name}({shown})")
            return None
        return self.new(returns, f"call {returns} @{name}({shown})")

    # Lanes.

    def splat(self, a: Value, lanes: int) -> Value:
        """The scalar in every lane."""
        if not lanes:
            return a
        type_ = vector_of(a.type, lanes)
        first = self.pure(type_, f"insertelement {type_} poison, {a.type} {a.text}, i32 0")
        return self.shuffle(first, first, [0] * lanes)

    def shuffle(self, a: Value, b: Value, lanes: Sequence[int]) -> Value:
        """The lanes by number, those of b after those of a; -1 is anything."""
        type_ = vector_of(scalar_of(a.type), len(lanes))
        mask = ", ".join("i32 poison" if at < 0 else f"i32 {at}" for at in lanes)
        mask = f"<{mask}>" if any(lanes) else "zeroinitializer"
        both = f"{a.type} {a.text}, {b.type} {b.text}"
        return self.pure(type_, f"shufflevector {both}, <{len(lanes)} x i32> {mask}")

    def extract(self, a: Value, lane: int) -> Value:
        return self.pure(scalar_of(a.type), f"extractelement {a.type} {a.text}, i32 {lane}")

    def insert(self, a: Value, part: Value, lane: int) -> Value:
        return self.pure(
            a.type, f"insertelement {a.type} {a.text}, {part.type} {part.text}, i32 {lane}"
        )

    # Memory.

    def address(self, scalar: str, base: Value, index: Value) -> Value:
        """The place of the number with this index (an i64)."""
        if index.text == "0":
            return base
        return self.pure("ptr", f"getelementptr {scalar}, ptr {base.text}, i64 {index.text}")

    def load(self, type_: str, base: Value, index: Value | None = None, aligned: int = 0) -> Value:
        """The number at an index, or that and those after it as a vector."""
        scalar = scalar_of(type_)
        place = base if index is None else self.address(scalar, base, index)
        return self.new(type_, f"load {type_}, ptr {place.text}, align {aligned or SIZES[scalar]}")

    def store(
        self, value: Value, base: Value, index: Value | None = None, aligned: int = 0
    ) -> None:
        scalar = scalar_of(value.type)
        place = base if index is None else self.address(scalar, base, index)
        aligned = aligned or SIZES[scalar]
        self.do(f"store {value.type} {value.text}, ptr {place.text}, align {aligned}")

    # Loops.

    def loop(
        self,
        stop: Value | int,
        body: Callable[..., Sequence[Value] | None],
        step: int = 1,
        carried: Sequence[Value] = (),
        start: Value | int = 0,
    ) -> list[Value]:
        """`body(i, *carried)` for i = start, start + step … below `stop`; its result is carried.

        At least one turn is taken: the caller knows that there is one.  The last carried values.
        """
        before, head, done = self.block, self.label("loop"), self.label("done")
        self.do(f"br label %{head}")
        self.start(head)
        at = len(self._lines)
        self._lines.append("")  # the values that change, when it is known to what
        index = Value(f"%i.{head}", "i64")
        inside = [Value(f"%c{n}.{head}", one.type) for n, one in enumerate(carried)]
        after = list(body(index, *inside) or ())
        following = self._hidden(self.new("i64", f"add nuw nsw i64 {index.text}, {step}"))
        back = self.block
        first = str(start) if isinstance(start, int) else start.text
        heads = [f"  {index.text} = phi i64 [{first}, %{before}], [{following.text}, %{back}]"]
        heads += [
            f"  {own.text} = phi {own.type} [{one.text}, %{before}], [{last.text}, %{back}]"
            for own, one, last in zip(inside, carried, after, strict=True)
        ]
        self._lines[at] = "\n".join(heads)
        end = str(stop) if isinstance(stop, int) else stop.text
        more = self.new("i1", f"icmp ult i64 {following.text}, {end}")
        self.do(f"br i1 {more.text}, label %{head}, label %{done}")
        self.start(done)
        return after

    def _hidden(self, number: Value) -> Value:
        """The same number, as one that LLVM's loop strength reduction does not look through.

        It takes a quarter of the time of compiling, and in our loops it wins nothing.
        """
        return self.intrinsic("expect", number, literal(0, number.type))

    def when(
        self,
        condition: Value,
        then: Callable[[], None],
        otherwise: Callable[[], None] | None = None,
    ) -> None:
        """What is done if an i1 holds, and if not; neither gives a value."""
        yes, no, both = self.label("yes"), self.label("no"), self.label("both")
        self.do(f"br i1 {condition.text}, label %{yes}, label %{no if otherwise else both}")
        self.start(yes)
        then()
        self.do(f"br label %{both}")
        if otherwise is not None:
            self.start(no)
            otherwise()
            self.do(f"br label %{both}")
        self.start(both)


def suffix_of(type_: str) -> str:
    """An intrinsic's name for a type: v16f32, f64, i32."""
    short = {"float": "f32", "double": "f64", "ptr": "p0"}
    scalar, lanes = scalar_of(type_), lanes_of(type_)
    return (f"v{lanes}" if lanes else "") + short.get(scalar, scalar)
