r"""The LaTeX that chainrule writes, read back as a small tree that other notations are made from.

It is a closed subset: what `formula.typeset`, `latex.py` and the operations' own forms put out.
Nothing is passed over: a command that is not known here is an error.
"""

from __future__ import annotations

import re
from typing import NoReturn, TypeAlias

from chainrule.errors import DataProblem, TooLarge
from chainrule.graph.record import Record
from chainrule.notation.tex_symbols import (
    ACCENTS,
    BRACKETS,
    ENDS,
    ESCAPES,
    FUNCTIONS,
    LARGE,
    LETTERS,
    MEANINGLESS,
    ORDINARY,
    OTHER_ACCENTS,
    PAIRS,
    SIGNS,
    SPACES,
    TABLES,
    WORDS,
)

__all__ = [
    "Accent",
    "Atom",
    "Fence",
    "Fraction",
    "Root",
    "Row",
    "Scripts",
    "Table",
    "Tree",
    "is_prefix",
    "parse_tex",
]


class Atom(Record):
    """One symbol or word.

    `kind` is "letter" (slanted), "number", "sign" (operators, relations, punctuation, brackets that
    do not grow), "large" (a sum's sign), "function" (log), "upright", "bold", "double" (of sets),
    "typewriter", "text"; or "space", whose text is its width in em.
    """

    kind: str
    text: str


class Row(Record):
    """Side by side."""

    parts: tuple[Tree, ...]


class Fraction(Record):
    """One above the other."""

    above: Tree
    below: Tree


class Root(Record):
    """A root, the square one without a degree."""

    inner: Tree
    degree: Tree | None = None


class Scripts(Record):
    """An index below, an exponent above, or both."""

    base: Tree
    below: Tree | None = None
    above: Tree | None = None


class Fence(Record):
    """Brackets that grow with what is in them; "" for none."""

    left: str
    inner: Tree
    right: str


class Accent(Record):
    """A mark over a letter; `mark` is its name in LaTeX: hat, bar, tilde, dot, vec."""

    mark: str
    inner: Tree


class Table(Record):
    """Rows of cells; `kind` is bmatrix, pmatrix, vmatrix, matrix, cases or aligned."""

    kind: str
    rows: tuple[tuple[Tree, ...], ...]


Tree: TypeAlias = "Atom | Row | Fraction | Root | Scripts | Fence | Accent | Table"

MOST_CHARACTERS = 200_000
DEEPEST = 80  # this and all that walk the tree are recursive

TOKEN = re.compile(
    r"""\s*(?:
      (?P<command>\\(?:[A-Za-z]+|.))
    | (?P<number>\d+(?:\.\d*)?|\.\d+)
    | (?P<letter>[^\W\d_][\u0300-\u036f]*)
    | (?P<primes>['′″]+)
    | (?P<other>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
BRACE = re.compile(r"\s*\{")
IN_WORDS = re.compile(r"\\([A-Za-z]+(?:\{\})?|.)|(.)", re.DOTALL)
CLOSING = frozenset(")]}⌋⌉⟩!…")


def parse_tex(latex: str) -> Tree:
    r"""The tree of a formula in LaTeX.

    >>> parse_tex(r"\frac{1}{n}")
    Fraction(above=Atom(kind='number', text='1'), below=Atom(kind='letter', text='n'))

    Raises:
        DataProblem: a command is not known here, or braces do not match.
        TooLarge: it is longer than 200,000 characters, or nested more than 80 deep.
    """
    if len(latex) > MOST_CHARACTERS:
        raise TooLarge(f"A formula may have {MOST_CHARACTERS:,} characters, not {len(latex):,}.")
    return _Parser(latex).whole()


def is_prefix(parts: tuple[Tree, ...], at: int) -> bool:
    """Whether a sign has nothing before it that it could join: that of -2, not that of 1 - 2."""
    for before in reversed(parts[:at]):
        if not isinstance(before, Atom):
            return False
        if before.kind != "space":
            return before.kind == "sign" and before.text not in CLOSING
    return True


class _Parser:
    """Reads from the text, one token ahead."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.at = 0
        self.depth = 0
        self.kind, self.text = "", ""
        self.start = 0  # where the current token starts
        self.advance()

    def advance(self) -> None:
        """To the next token; of the kind "end" behind the last one."""
        match = TOKEN.match(self.latex, self.at)
        if match is None:
            self.start = self.at = len(self.latex)
            self.kind = self.text = "end"
            return
        self.kind = match.lastgroup or ""
        self.text = match[self.kind].removeprefix("\\") if self.is_command else match[self.kind]
        self.start, self.at = match.start(self.kind), match.end()

    @property
    def is_command(self) -> bool:
        return self.kind == "command"

    def whole(self) -> Tree:
        tree = self.row()
        return tree if self.kind == "end" else self.fail(f"{self.shown} does not belong here")

    @property
    def shown(self) -> str:
        if self.kind == "end":
            return "The end"
        return repr(f"\\{self.text}" if self.is_command else self.text)

    def fail(self, message: str) -> NoReturn:
        place = self.latex[max(self.start - 30, 0) : self.start + 30]
        raise DataProblem(f"{message}, in the LaTeX {place!r}.")

    def row(self) -> Tree:
        """Everything up to what closes it."""
        parts: list[Tree] = []
        while not self.is_over():
            parts.append(self.scripted())
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def is_over(self) -> bool:
        if self.is_command:
            return self.text in ENDS
        return self.kind == "end" or (self.kind == "other" and self.text in "}&")

    def scripted(self) -> Tree:
        """One piece with what stands below and above it."""
        base = Row(()) if self.is_script() else self.piece()
        below: Tree | None = None
        above: Tree | None = None
        while self.is_script():
            is_below = self.text == "_"
            if self.kind == "primes":
                script: Tree = Atom("sign", self.text.replace("'", "′"))
                self.advance()
            else:
                self.advance()
                script = self.argument()
            if (below if is_below else above) is not None:
                self.fail(f"Two {'indices' if is_below else 'exponents'} at one place")
            below, above = (script, above) if is_below else (below, script)
        return base if below is None and above is None else Scripts(base, below, above)

    def is_script(self) -> bool:
        return self.kind == "primes" or (self.kind == "other" and self.text in "_^")

    def argument(self) -> Tree:
        """A group in braces, or a single character or command."""
        if self.kind == "number" and len(self.text) > 1:
            digit = self.text[0]
            self.at = self.start + 1
            self.advance()
            return Atom("number", digit)
        if self.is_over() or self.is_script():
            self.fail(f"{self.shown} where an argument should be")
        return self.piece()

    def piece(self) -> Tree:
        """A symbol, a group, or a command with its arguments."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooLarge(f"A formula is nested more than {DEEPEST} deep.")
        tree = self.command() if self.is_command else self.group_or_symbol()
        self.depth -= 1
        return tree

    def group_or_symbol(self) -> Tree:
        kind, text = self.kind, self.text
        if text == "{":
            self.advance()
            inner = self.row()
            self.close("}")
            return inner
        if kind == "other":
            if text in MEANINGLESS or not text.isprintable() or text == "\ufffd":
                self.fail(f"The character {text!r} is not known here")
            kind = "sign"
        self.advance()
        return Atom(kind, text)

    def close(self, text: str) -> None:
        if self.is_command or self.text != text:
            self.fail(f"{self.shown} where {text!r} should be")
        self.advance()

    def command(self) -> Tree:
        name = self.text
        if name in WORDS:
            return Atom(WORDS[name], self.words())
        if name == "begin":
            return self.table()
        self.advance()
        if name in LETTERS:
            return Atom("letter", LETTERS[name])
        if name in PAIRS:
            return self.pair(name)
        if name in ORDINARY:
            return Atom("upright", name)
        if name in SIGNS:
            return Atom("sign", SIGNS[name])
        if name in LARGE:
            return Atom("large", LARGE[name])
        if name in FUNCTIONS:
            return Atom("function", name)
        if name in SPACES:
            return Atom("space", SPACES[name])
        if name in ACCENTS or name in OTHER_ACCENTS:
            return Accent(OTHER_ACCENTS.get(name, name), self.argument())
        if name == "frac":
            return Fraction(self.argument(), self.argument())
        if name == "sqrt":
            return self.root()
        if name == "left":
            return self.fence()
        self.at = self.start
        return self.fail(f"The command \\{name} is not known here")

    def root(self) -> Tree:
        if self.text != "[" or self.is_command:
            return Root(self.argument())
        self.advance()
        degree: list[Tree] = []
        while self.text != "]":
            if self.is_over():
                self.fail(f"{self.shown} where ']' should be")
            degree.append(self.scripted())
        self.advance()
        return Root(self.argument(), degree[0] if len(degree) == 1 else Row(tuple(degree)))

    def fence(self) -> Tree:
        left = self.bracket()
        inner = self.row()
        if not self.is_command or self.text != "right":
            self.fail(f"{self.shown} where \\right should be")
        self.advance()
        return Fence(left, inner, self.bracket())

    def pair(self, name: str) -> Tree:
        """Two bars, or their like, that belong together without being told so."""
        inner = self.row()
        if not self.is_command or self.text != PAIRS[name]:
            self.fail(f"{self.shown} where \\{PAIRS[name]} should be")
        self.advance()
        return Fence(SIGNS[name], inner, SIGNS[PAIRS[name]])

    def bracket(self) -> str:
        text = SIGNS.get(self.text, "") if self.is_command else self.text
        if text not in BRACKETS and text != ".":
            self.fail(f"{self.shown} where a bracket should be")
        self.advance()
        return "" if text == "." else text

    def table(self) -> Tree:
        name = self.words()
        if name not in TABLES:
            self.fail(f"The environment {name!r} is not known here")
        rows: list[tuple[Tree, ...]] = []
        cells: list[Tree] = []
        while True:
            cells.append(self.row())
            if self.is_command and self.text == "\\":
                rows.append(tuple(cells))
                cells = []
                self.advance()
            elif self.is_command and self.text == "end":
                break
            else:
                self.close("&")
        if cells != [Row(())]:  # nothing stands behind the last line break
            rows.append(tuple(cells))
        if self.words() != name:
            self.fail(f"{name} does not end")
        return Table(name, tuple(rows))

    def words(self) -> str:
        """The text in the braces behind a command, its escapes undone."""
        command, place = self.text, self.at
        found = BRACE.match(self.latex, place)
        if found is None:
            self.fail(f"\\{command} without a text in braces")
        place = found.end()
        text: list[str] = []
        for match in IN_WORDS.finditer(self.latex, place):
            escape, plain = match.groups()
            if plain == "}":
                self.at = match.end()
                self.advance()
                return "".join(text)
            if escape is not None:
                name = escape.removesuffix("{}") if len(escape) > 2 else escape
                plain = ESCAPES.get(name, SPACES.get(name) and " ") or LETTERS.get(name)
            if plain is None or (escape is None and plain in "{#$%^_~&"):
                self.start = match.start()
                self.fail(f"{match[0]!r} is not known in a text")
            text.append(plain)
        return self.fail(f"The braces behind \\{command} are not closed")
