"""Files that ask for too much, or for nothing sensible, and what has to come of each.

`says` is part of the message of a refusal, `prints` part of the output of a right answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["HOSTILE", "Hostile"]


@dataclass(frozen=True)
class Hostile:
    """A file and its end: a clear message and exit code 2, or the right answer and 0."""

    name: str
    text: str | bytes
    says: str = ""
    prints: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        return self.text if isinstance(self.text, bytes) else self.text.encode("utf-8")


def lines(pattern: str, count: int, start: int = 0) -> str:
    """The pattern with `{n}` and `{m}`, the number after it, on a line each."""
    return "".join(pattern.format(n=n, m=n + 1) + "\n" for n in range(start, start + count))


DEEP = "nested more than 60 deep"
LONG = "more than 100,000 numbers, names and signs"
LARGE = "one array holds at most 1,000,000 numbers"
UNFOLDS = "the program unfolds to more nodes than the limit allows"
VALUES = "the values take more than 20,000,000 numbers in all"
WORK = "running takes more than 1,000,000,000 multiplications"
INFINITE = "has no finite value"

NESTING = [
    Hostile("parentheses", "x = " + "(" * 100_000 + "1" + ")" * 100_000, says=DEEP),
    Hostile("brackets", "x = " + "[" * 100_000 + "1" + "]" * 100_000, says=DEEP),
    Hostile("open brackets", "x = " + "[" * 60, says="is not closed"),
    Hostile("closed brackets", "x = " + "]" * 60, says="closes a bracket that was never opened"),
    Hostile("calls", "x = " + "sin(" * 100_000 + "1" + ")" * 100_000, says=DEEP),
    Hostile("signs", "x = 1\ny = " + "-" * 50_000 + "x", says=DEEP),
    Hostile("many signs", "x = 1\ny = " + "-+" * 200_000 + "x", says=LONG),
    Hostile("powers", "x = 1\ny = " + "^".join(["x"] * 40_000), says=DEEP),
    Hostile("indices", "x = [1]\ny = x" + "[0]" * 30_000, says=DEEP),
    Hostile("transposes", "x = [1]\ny = x" + "ᵀ" * 90_000, says=DEEP),
    Hostile("derivatives", "x = 1\n" + "∂(" * 1000 + "x" + ")/∂x" * 1000, says=DEEP),
    Hostile("derivatives of derivatives", "f(x) = x\n" + "D(" * 900 + "f", says=DEEP),
    Hostile("mixed", "x = 1\n" + "sin(-[" * 50 + "x" + "][0])" * 50, says=DEEP),
    Hostile("as deep as allowed", "x = 1\n" + "-(" * 29 + "x" + ")" * 29, prints=" = -1"),
    Hostile("an array of many axes", "x = 1\ny = " + "[" * 59 + "x" + "]" * 59, says="13 axes"),
    Hostile("a literal of many axes", "x = " + "[" * 59 + "1" + "]" * 59 + "\nx + 1", says="axes"),
    Hostile("a literal, nearly", f"x = 1\n{'[' * 54}{'1,' * 45_000}x{']' * 54}", says="13 axes"),
]

NUMBERS = [
    Hostile("9^9^9^9", "x = 9^9^9^9", says=f"1:7: 9^9^9 {INFINITE}"),
    Hostile("9**9**9**9", "9**9**9**9", says=INFINITE),
    Hostile("a tower of twos", "x = 2^2^2^2^2^2^2", says=INFINITE),
    Hostile("a given to itself", "a = 9\nx = a^a^a^a\ndx/da", prints="is infinite"),
    Hostile("a large exponent", "x = 1e999999999", says="is too large"),
    Hostile("a small exponent", "x = 1e-999999999\ny = 1 + x", prints="y = 1 + x = 1"),
    Hostile("100,000 digits", "x = " + "9" * 100_000, says="more than 1,000 characters"),
    Hostile("900 digits", "x = " + "9" * 900, says="is too large"),
    Hostile("900 decimals", "x = 0." + "3" * 900, prints="x = 0.333333"),
    Hostile("many points", "x = 1" + ".2" * 100_000, says="is not a number"),
    Hostile("a product of twos", "x = " + "*".join(["2"] * 40_000), says=INFINITE),
    Hostile("a square of a large one", "x = 1e300\ny = x * x\ndy/dx", prints="is infinite"),
    Hostile("a root of a large one", "x = 1e308\ny = sqrt(x)\ndy/dx", prints="dy/dx = 5e-155"),
    Hostile("a logarithm of nothing", "x = 0\nlog(x)", prints="log(x) = -inf"),
    Hostile("a root of a negative one", "x = -1\nsqrt(x)", prints="undefined (nan)"),
    Hostile("a power of a power", "x = 2\ny = x^99999999999999999999", prints="is infinite"),
    Hostile("a word for infinity", "x = inf", says="'inf' is not defined"),
    Hostile("an index", "x = [1]\nx[99999999999999999999]", says="An index is a whole number"),
    Hostile("a negative index", "x = [1]\nx[-999999999]", says="out of range"),
    Hostile("a long step", "x = [1, 2, 3]\nx[::-999999999]", prints="= 3   (1 entry)"),
    Hostile("an empty slice", "x = [1, 2, 3]\ny = sum(x[2:1])\ndy/dx", prints="dy/dx = [0 0 0]"),
    Hostile("the largest of nothing", "x = [1, 2]\nmax(x[2:])", says="at least one entry"),
]

ALLOCATIONS = [
    Hostile("reshape", "x = [1]\nreshape(x, 1000000000)", says="differ in size"),
    Hostile("zeros", "zeros(1000000000)", says="at most 1,000,000 fit"),
    Hostile("zeros of many axes", f"zeros({', '.join(['9'] * 99)})", says="at most 1,000,000 fit"),
    Hostile("zeros of a large number", "zeros(99999999999999999999)", says="A size is a whole"),
    Hostile("zeros of infinity", "zeros(1e400)", says="size"),
    Hostile("ones", "ones(100000, 100000)", says="at most 1,000,000 fit"),
    Hostile("eye", "eye(100000)", says="at most 1,000,000 fit"),
    Hostile("ones of 70 axes", f"ones({', '.join(['1'] * 70)})", says="70 axes"),
    Hostile("broadcast", "x = 1\nsum(broadcast(x, to=[100000, 100000]))", says=LARGE),
    Hostile("outer", "x = ones(100000)\nouter(x, x)", says=LARGE),
    Hostile("repetition", "x = ones(9999, 1)\nx * ones(1, 9999)", says=LARGE),
    Hostile("doubling", "x0 = [1]\n" + lines("x{m} = concat(x{n}, x{n})", 60), says=LARGE),
    Hostile("stacking", "x0 = [[1]]\n" + lines("x{m} = stack(x{n}, x{n})", 60), says="13 axes"),
    Hostile(
        "doubling by a function", f"f(x) = concat(x, x)\n({'∘'.join('f' * 60)})(1)", says=LARGE
    ),
    Hostile("letters", "x = ones(999)\neinsum(x, x, x, terms=[i, j, k], result=ijk)", says=LARGE),
    Hostile(
        "a sum over letters",
        "x = ones(300, 300)\neinsum(x, x, x, x, terms=[ab, cd, ef, gh], result=_)",
        says=WORK,
    ),
    Hostile(
        "a thousand arrays",
        f"x = [1]\neinsum({', '.join('x' * 1000)}, terms=[{', '.join('a' * 1000)}], result=_)",
        says="einsum takes at most 32 arrays",
    ),
    Hostile("place", "x = 1\nplace(x, index=[0], to=[1000000000])", says=LARGE),
    Hostile("scatter", "x = [1]\nscatter(x, argmax([x], axis=[1]), to=[1000000000])", says=LARGE),
    Hostile("large arrays", "a = ones(1000, 1000)\n" + lines("b{n} = a * {n}", 100), says=VALUES),
    Hostile("large answers", "a = ones(1000, 1000)\n" + lines("sum(a * {n})", 100), says=VALUES),
    Hostile("a matrix product", "a = ones(1000, 1000)\nb = a @ a\nc = sum(b)\ndc/da", says=WORK),
    Hostile("a Jacobian", "x = ones(3000)\nS = softmax(x)\ndS/dx", says=LARGE),
    Hostile("a Jacobian of a matrix", "W = ones(99, 99)\ny = W @ W\ndy/dW", says=LARGE),
    Hostile("a Jacobian that fits", "x = ones(1000)\nS = softmax(x)\ndS/dx", prints="1000 × 1000"),
    Hostile("the same Jacobian", "x = ones(900)\nS = softmax(x)\n" + "dS/dx\n" * 3000, prints="dS"),
    Hostile(
        "through a large array",
        "x = ones(1000)\na = outer(x, ones(1000))\ns = sum(a, axis=1)\nds/dx",
        says=VALUES,
    ),
    Hostile(
        "a derivative of large arrays",
        "x = ones(1000, 1000)\nl = sum(where(x > 0, x, 0) * tanh(x))\ndl/dx",
        prints="dl/dx = 1000 × 1000 numbers",
    ),
]

LENGTHS = [
    Hostile("a million numbers", f"x = [{', '.join(['1'] * 1_000_000)}]", says=LONG),
    Hostile("as many as allowed", f"x = [{','.join(['1'] * 49_000)}]\nsum(x)", prints="= 49000"),
    Hostile("300,000 terms", "x = 1\ny = " + " + ".join(["x"] * 300_000) + "\ndy/dx", says=LONG),
    Hostile("300,000 factors", "x = 1\ny = " + "*".join(["x"] * 300_000) + "\ndy/dx", says=LONG),
    Hostile("45,000 terms", "x = 1\ny = " + " + ".join(["x"] * 45_000) + "\ndy/dx", says=UNFOLDS),
    Hostile("9,000 terms", f"x = 1\ny = {'+'.join('x' * 9000)}\ndy/dx", prints="dy/dx = 9000"),
    Hostile("5,000 factors", f"x = 1\ny = {'*'.join('x' * 5000)}\ndy/dx", prints="dy/dx = 5000"),
    Hostile("200,000 names", lines("x{n} = {n}", 200_000), says=LONG),
    Hostile("a chain of names", "x0 = 1\n" + lines("x{m} = x{n} + 1", 190_000), says=LONG),
    Hostile(
        "a chain, last one first",
        "".join(f"x{n + 1} = x{n} + 1\n" for n in reversed(range(9000))) + "x0 = 1\ndx9000/dx0",
        prints="dx9000/dx0 = 1",
    ),
    Hostile("11,000 names", lines("x{n} = {n}", 11_000), says="more than 10,000 statements"),
    Hostile(
        "a name that reads all others",
        lines("x{n} = {n}", 9000) + f"y = {' + '.join(f'x{n}' for n in range(9000))}\ndy/dx7",
        prints="y = ",
    ),
    Hostile("an undefined name among many", lines("y{n} = 1", 9000) + "z = x77", says="'x77'"),
    Hostile(
        "an undefined long name", lines("a" * 50 + "{n} = 1", 9000) + "z = " + "a" * 55, says="Did"
    ),
    Hostile("a long name", "a" * 1_000_000 + " = b", says="1:1: This name has more than 1,000"),
    Hostile("a long undefined name", "x = " + "a" * 1_000_000, says="'aaaaaaaaaaaaaaaaaaaa"),
    Hostile("a long line", "x = 1" + " " * 3_000_000 + "+ y", says="1:3000008: 'y' is not"),
    Hostile("a long comment", "#" * 3_900_000 + "\n1 + 1", prints="1 + 1 = 2"),
    Hostile("a long text", " " * 4_000_001, says="longer than 4,000,000 characters"),
    Hostile("a very long text", b" " * 17_000_000, says="more than 16,000,000 bytes"),
    Hostile("many lines", "\n" * 3_900_000 + "x = y", says="3900001:5: 'y' is not defined"),
    Hostile("a long cycle", "x0 = x9000\n" + lines("x{m} = x{n}", 9000), says="through itself"),
    Hostile("many updates", lines("w{n} = {n}\nw{n} := w{n} / 2", 4900), prints="w4899 := "),
    Hostile(
        "many updates by gradients",
        f"l = {' + '.join(f'w{n}^2' for n in range(900))}\n"
        + lines("w{n} = 1\nw{n} := w{n} - 0.1 * dl/dw{n}", 900)
        + "new(l)",
        prints="new(l) = 576",
    ),
    Hostile("many questions", "x = 2\ny = x^2\n" + "dy/dx\n" * 9900, prints="dy/dx = 4"),
    Hostile(
        "many parameters",
        f"f({', '.join(f'a{n}' for n in range(20_000))}) = a0\nf(1)",
        says="f takes 20000 arguments",
    ),
    Hostile("many arguments", f"max({', '.join(['1'] * 45_000)})", says="takes 1 to 2 arguments"),
    Hostile("many indices", f"x = [1]\nx[{', '.join(['0'] * 45_000)}]", says="45000 indices"),
    Hostile(
        "entry by entry",
        f"x = ones(900)\ny = {' + '.join(f'x[{n}]' for n in range(900))}\ndy/dx",
        prints="900 numbers from 1 to 1",
    ),
]
UNFOLDING = [
    Hostile(
        "two calls in each",
        "f0(x) = x\n" + lines("f{m}(x) = f{n}(x) + f{n}(x + 1)", 40) + "f40(1)",
        says="more than 20 deep",
    ),
    Hostile(
        "two calls, 19 deep",
        "f0(x) = x\n" + lines("f{m}(x) = f{n}(x) + f{n}(x + 1)", 19) + "f19(0)",
        prints="f19(0) = 4980736",
    ),
    Hostile(
        "three calls in each",
        "f0(x) = sin(x)\n" + lines("f{m}(x) = f{n}(2*x) + f{n}(3*x) * f{n}(5*x)", 19) + "f19(1)",
        says=UNFOLDS,
    ),
    Hostile(
        "calls of calls",
        "f0(x) = x + 1\n" + lines("f{m}(x) = f{n}(f{n}(x))", 19) + "f19(1)",
        says=UNFOLDS,
    ),
    Hostile(
        "calls that permute",
        "f0(a, b, c, d, e) = a\n"
        + lines("f{m}(a, b, c, d, e) = max(f{n}(b, a, c, d, e), f{n}(b, c, d, e, a))", 19)
        + "f19(1, 2, 3, 4, 5)",
        prints="= 5",
    ),
    Hostile(
        "a large body", f"f(x) = {' + '.join('x' * 20_000)}\n" + lines("f({n})", 2000), says=UNFOLDS
    ),
    Hostile(
        "a large literal in a body",
        f"f(x) = x + sum([{', '.join('1' * 40_000)}])\n" + lines("f({n})", 2000),
        prints="f(1999) = 41999",
    ),
    Hostile(
        "a cycle of functions", "f(x) = g(x)\ng(x) = h(x)\nh(x) = f(x)\nf(1)", says="f → g → h"
    ),
    Hostile("a function of itself", "f(x) = f(x - 1)\nf(3)", says="'f' is defined through itself"),
    Hostile("a derivative of itself", "f(x) = D(f)(x)\nf(1)", says="'f' is defined through itself"),
    Hostile("a long composition", f"f(x) = x + 1\n({'∘'.join('f' * 9000)})(1)", prints="= 9001"),
    Hostile("a chain rule of 5,000", f"f(x) = 1 - x\nD({'∘'.join('f' * 5000)})(7)", prints="= 1"),
    Hostile(
        "2,000 doublings",
        "x0 = 1\n" + lines("x{m} = x{n} + x{n}", 2000) + "dx2000/dx0",
        prints="is infinite",
    ),
    Hostile(
        "300 doublings",
        "x0 = 1\n" + lines("x{m} = x{n} + x{n}", 300) + "dx300/dx0",
        prints="dx300/dx0 = 2.03704e90",
    ),
    Hostile(
        "all earlier names",
        "x0 = 1\n"
        + "".join(f"x{m} = {' + '.join(f'x{n}' for n in range(m))}\n" for m in range(1, 100))
        + "dx99/dx0",
        prints="dx99/dx0 = 3.16913e29",
    ),
    Hostile(
        "questions about a chain",
        "x0 = [1, 2]\n" + lines("x{m} = sin(x{n})", 2500) + lines("dx2500/dx{n}", 2000),
        says=UNFOLDS,
    ),
    Hostile(
        "answers about a chain",
        "x0 = 1\n" + lines("x{m} = 2 - x{n}", 2500) + lines("dx2500/dx{n}", 2000),
        prints="dx2500/dx1999 = -1",
    ),
]

DERIVATIVES = [
    Hostile(
        "12 derivatives",
        "x = 1\ny0 = x^13\n" + lines("y{m} = dy{n}/dx", 12),
        prints="y12 = dy11/dx = 6.22702e9",
    ),
    Hostile(
        "12 derivatives of a product",
        "x = 1\n" + "∂(" * 12 + "sin(x) * exp(x)" + ")/∂x" * 12,
        prints=" = -146.391",
    ),
    Hostile(
        "30 derivatives",
        "x = 1\ny0 = sin(x) * exp(x) / (1 + x^2)\n" + lines("y{m} = dy{n}/dx", 30),
        says=UNFOLDS,
    ),
    Hostile(
        "20 derivatives of a function",
        "f(x) = sin(x) * exp(x)\n" + "D(" * 20 + "f" + ")" * 20 + "(1)",
        says=UNFOLDS,
    ),
    Hostile(
        "20 gradients of a function",
        "f(x) = sin(x) * exp(x)\n" + "grad(" * 20 + "f" + ")" * 20 + "(1)",
        says=UNFOLDS,
    ),
    Hostile(
        "20 Jacobians",
        "f(x, y) = [x^2 * y, x * y^3]\n" + "D(" * 20 + "f" + ")" * 20 + "(1, 2)",
        says=LARGE,
    ),
    Hostile(
        "derivatives of softmax",
        "x = [1, 2, 3]\ny0 = softmax(x)\n" + lines("y{m} = dy{n}/dx", 12),
        says=UNFOLDS,
    ),
    Hostile(
        "derivatives in functions",
        "f0(x) = x * sin(x)\n" + lines("f{m}(x) = D(f{n})(x) * f{n}(x + 1)", 19) + "f19(1)",
        says=UNFOLDS,
    ),
    Hostile(
        "3,000 factors",
        "x = ones(50)\ny = sin(x)\n" + "·".join(["∂y/∂x"] * 3000),
        prints="(50 × 50)",
    ),
    Hostile(
        "3,000 factors, larger",
        "x = ones(600)\ny = 2 * x\n" + "·".join(["∂y/∂x"] * 3000),
        says="more than",
    ),
    Hostile(
        "third derivatives",
        "x = ones(60)\ny = sum(softmax(x)^3)\ng = dy/dx\nh = dg/dx\ndh/dx",
        says=VALUES,
    ),
    Hostile(
        "second derivatives",
        "x = ones(900)\ny = sum(x^3)\ng = dy/dx\ndg/dx",
        prints="from 0 to 6",
    ),
]

RANDOM = random.Random(7)
TEXTS = [
    Hostile("NUL", b"x = 1\x00\ny = 2", says="U+0000 cannot be read"),
    Hostile("NULs", b"\x00" * 1_000_000, says="U+0000 cannot be read"),
    Hostile("random bytes", RANDOM.randbytes(100_000), says="not UTF-8 text"),
    Hostile(
        "random characters", "".join(RANDOM.choices("xyz01[]()+-*/=.,: \n", k=90_000)), says="1:"
    ),
    Hostile("a program", b"\x7fELF\x02\x01\x01\x00\xd0\xff", says="not UTF-8 text"),
    Hostile("UTF-16", "x = 1".encode("utf-16"), says="not UTF-8 text"),
    Hostile("half a character", "x = ŷ".encode()[:-1], says="not UTF-8 text"),
    Hostile("a surrogate", b"x = \xed\xa0\x80", says="not UTF-8 text"),
    Hostile("text from right to left", "x = 1\n\u202ey = 2", says="U+202E cannot be read"),
    Hostile("hidden letters", "x\u200b = 1", says="U+200B has no meaning here"),
    Hostile("tags", "x\U000e0041 = 1", says="U+E0041 has no meaning here"),
    Hostile("another a", "\u0430 = 1\ny = a", says="'a' is not defined"),
    Hostile("marks", "x" + "\u0301" * 900 + " = 1", prints=" = 1"),
    Hostile("more marks", "x" + "\u0301" * 100_000 + " = 1", says="This name has more than 1,000"),
    Hostile("marks alone", "\u0301" * 100, says="U+0301 has no meaning here"),
    Hostile("other digits", "x = \u0661", says="U+0661"),
    Hostile("emoji", "\U0001f600 = 1", says="U+1F600"),
    Hostile("another line end", "x = 1\u2028y = 2", says="U+2028 cannot be read"),
    Hostile("carriage returns", "x = 1\ry = 2", says="U+000D cannot be read"),
    Hostile("a second byte order mark", "x = 1\n\ufeffy = 2", says="U+FEFF has no meaning here"),
    Hostile("quotes", '"' * 100_000, says="Text in quotation marks"),
    Hostile("operators", "+*/-" * 10_000, says="A value must stand before"),
    Hostile("a call of the system", "__import__('os').system('true')", says="quotation marks"),
    Hostile("exec", "exec(1)", says="There is no function 'exec'"),
    Hostile("attributes", "x = 1\ny = x.__class__", says="'.' has no meaning here"),
    Hostile("an f-string", "x = f'{1 + 1}'", says="'{' has no meaning here"),
    Hostile("a lambda", "f = lambda x: x", says="'lambda' is Python"),
    Hostile("an import", "import os", says="'import' is Python"),
    Hostile("a loop", "for i in x:\n    print(i)", says="'for' is Python"),
    Hostile("a comprehension", "x = [i for i in y]", says="Python"),
    Hostile("a walrus", "(x := 5)", says=":="),
    Hostile("settings", "x = ones(2, 2)\nsum(x, axis=[[0]])", says="The setting axis"),
    Hostile("letters that are none", "einsum([1], terms=[i1], result=_)", says="einsum needs"),
    Hostile("a type of numbers", "number([1], to=object)", says="float32 or float64"),
    Hostile("positions", "gather([1, 2], [7], axes=1)", says="position 7 lies outside"),
    Hostile("nothing", b"", prints=""),
]
WITHOUT_NUMBERS = [
    Hostile(
        "exponents of exponents",
        "x : R^n\nl = sum(((3*x)^9999)^9999)\ndl/dx",
        prints="dl/dx = 299940003 * (3 * x)^9998 * ((3 * x)^9999)^9998",
    ),
    Hostile(
        "squares of squares",
        f"x : R\ny0 = x\n{lines('y{m} = y{n} * y{n} + y{n}', 60)}dy60/dx",
        prints="dy60/dx = …",
    ),
    Hostile(
        "two hundred factors",
        f"x : R^n\nl = sum({' * '.join(f'(x + {n})' for n in range(200))})\ndl/dx",
        prints="dl/dx = …",
    ),
]
HOSTILE = [
    *(*NESTING, *NUMBERS, *ALLOCATIONS, *LENGTHS, *UNFOLDING),
    *(*DERIVATIVES, *TEXTS, *WITHOUT_NUMBERS),
]
