"""Text to tokens, in one pass of one regular expression.

The lexer also pairs the brackets, so that everything after it may take for granted that
they match: a line end inside brackets is no token, and one outside ends a statement.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NoReturn, TypeAlias

from chainrule.errors import PaperError, TooLarge
from chainrule.graph.source import Source, Span
from chainrule.paper.suggest import SHOWN, quoted

__all__ = ["END", "LINE", "MAX_NESTING", "NAME", "NUMBER", "Token", "span_of", "tokenize"]

Token: TypeAlias = tuple[str, str, int]
"""Kind, text as typed, place of its first character.  The kind of a sign is the sign itself
in its normal form: the kind of `⊙` is `*`."""

NAME, NUMBER, LINE, END = "name", "number", "line", "end"

MAX_CHARACTERS = 4_000_000  # a book of formulas has fewer
MAX_TOKENS = 100_000  # half a second of lexing and parsing at most, the syntax tree included
MAX_NESTING = 60  # the parser and all that walk the tree are recursive; Python's stack is not deep
MAX_DIGITS = 1_000  # a float has 17 digits that matter; turning text into one takes time

# How each sign may be typed, beside its normal form.
OTHER_SPELLINGS = {
    "-": ("−", "–"),
    "*": ("⊙", "×", "∗"),
    "·": ("⋅", "∙"),
    "<=": ("≤",),
    ">=": ("≥",),
    "!=": ("≠",),
    "^": ("**",),
    "ᵀ": (".T",),
    "->": ("→",),
}
PLAIN_SIGNS = ("+", "/", "@", "<", ">", "==", "∘", "∂", "=", ":=", *":,()[]")
SIGNS = {
    typed: sign
    for sign, others in (OTHER_SPELLINGS | dict.fromkeys(PLAIN_SIGNS, ())).items()
    for typed in (sign, *others)
}

BLANKS = " \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
SYMBOLS = "".join(sign for sign in SIGNS if not sign.isascii())
# Every character beyond ASCII that is not a sign may be part of a word as far as the regular
# expression is concerned; `_check_word` then looks at each new word closely.
WORD_START = rf"[^\x00-@\[-^`{{-\x7f{SYMBOLS}{BLANKS}]"
WORD_NEXT = rf"[^\x00-&(-/:-@\[-^`{{-\x7f{SYMBOLS}{BLANKS}]"
DIGITS = r"(?>[0-9]+\.?[0-9]*|\.[0-9]+)(?>[eE][+-]?[0-9]+)?"
SIGN = "|".join(
    re.escape(sign) + (f"(?!{WORD_NEXT})" if sign == ".T" else "")
    for sign in sorted(SIGNS, key=len, reverse=True)
)
TOKEN = re.compile(
    rf"""[{BLANKS}]*+(?:
      ({WORD_START}{WORD_NEXT}*+)
    | ({DIGITS}(?!{WORD_NEXT}|\.))
    | ({DIGITS}(?:{WORD_NEXT}|\.)++ | (?:\*\*|//|[-−+*/@^])=(?!=) | //)
    | ({SIGN})
    | ((?:\#.*)? \r? (?:\n\s*+ | \Z))
    | (.)
    )""",
    re.VERBOSE,
)
SIZES = re.compile(r"[0-9]++(?:x(?:[0-9]++|[A-Za-wyz]))+")  # as in R^(2x3)
WORD_GROUP, NUMBER_GROUP, MISTAKE_GROUP, SIGN_GROUP, LINE_GROUP, STRANGE_GROUP = range(1, 7)

# Control characters, line ends of other systems, and those that reorder or hide text: what is
# shown to the reader would not be what is read.
UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    "|\r(?!\n)"
)
BYTE_ORDER_MARK = "\ufeff"
CLOSING = {"(": ")", "[": "]"}
RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾")
SUBSCRIPTS = frozenset("₀₁₂₃₄₅₆₇₈₉")
PRIMES = frozenset("'′″")
HINTS = {
    ";": "Rows are written [[1, 2], [3, 4]], and each statement has a line of its own.",
    "{": "Brackets are ( ) and [ ].",
    "}": "Brackets are ( ) and [ ].",
    "%": "A comment starts with #.",
    ".": "A transpose is written xᵀ or x.T; nothing else follows a dot.",
    "!": "Different from is written !=.",
    "|": "The absolute value is written abs(x).",
    "←": "An update is written w := w - 0.1 * ∂L/∂w.",
    "½": "A half is written 1/2.",
    "∇": "A gradient is written grad(f).",
    "√": "A square root is written sqrt(x).",
    "∑": "A sum is written sum(x).",
    "÷": "A quotient is written a / b.",
    **dict.fromkeys("\"'“”‘’„", "Text in quotation marks has no place in a formula."),
}


def span_of(token: Token) -> Span:
    """Where the token stands."""
    return Span(token[2], token[2] + len(token[1]))


def tokenize(source: Source) -> list[Token]:
    """The tokens of a text: each statement ends with a LINE, the text with an END.

    >>> tokenize(Source("h = I ⊙ 2"))[2:5]
    [('name', 'I', 4), ('*', '⊙', 6), ('number', '2', 8)]

    Raises:
        TooLarge: the text exceeds a limit on length, tokens, nesting or digits.
        PaperError: there is something that belongs to no formula, or brackets do not match.
    """
    text = source.text
    _check_characters(source)
    tokens: list[Token] = []
    brackets: list[Token] = []
    words: set[str] = set()
    start = end = int(text.startswith(BYTE_ORDER_MARK))
    for match in islice(TOKEN.finditer(text, start), MAX_TOKENS):
        group, end = match.lastindex or 0, match.end()
        word = match[group]
        place = end - len(word)
        if group == SIGN_GROUP:
            kind = SIGNS[word]
            if kind in "()[]":
                _pair(source, brackets, (kind, word, place))
            tokens.append((kind, word, place))
        elif group == NUMBER_GROUP:
            if len(word) > MAX_DIGITS:
                raise _too_long(source, place)
            tokens.append((NUMBER, word, place))
        elif group == WORD_GROUP:
            if not (word.isascii() or word in words):
                _check_word(source, word, place)
                words.add(word)
            tokens.append((NAME, word, place))
        elif group == LINE_GROUP:
            if tokens and not brackets and tokens[-1][0] != LINE:
                tokens.append((LINE, "", place))
        elif group == MISTAKE_GROUP and _follows_reals(tokens) and (sizes := SIZES.fullmatch(word)):
            tokens += _sizes(sizes[0], place)
        else:
            _refuse(source, group, word, place)
    if end < len(text):
        message = f"The text has more than {MAX_TOKENS:,} numbers, names and signs."
        raise TooLarge(message).at(source, Span(end, end + 1))
    if brackets:
        raise _unclosed(source, brackets[-1])
    if tokens and tokens[-1][0] != LINE:
        tokens.append((LINE, "", end))
    tokens.append((END, "", end))
    return tokens


def _follows_reals(tokens: list[Token]) -> bool:
    """Whether the text so far ends with `R^` or `R^(`."""
    signs = [token[1] for token in tokens[-3:]]
    return signs[-2:] in (["R", "^"], ["ℝ", "^"]) or signs in (["R", "^", "("], ["ℝ", "^", "("])


def _sizes(word: str, place: int) -> list[Token]:
    """`2x3` as the sizes 2 and 3 and the sign between them."""
    tokens: list[Token] = []
    for part in re.split("(x)", word):
        tokens.append((NUMBER if part.isdecimal() else NAME, part, place))
        place += len(part)
    return tokens


def _check_characters(source: Source) -> None:
    if len(source.text) > MAX_CHARACTERS:
        message = f"The text is longer than {MAX_CHARACTERS:,} characters."
        raise TooLarge(message).at(source, Span(MAX_CHARACTERS, MAX_CHARACTERS + 1))
    if found := UNREADABLE.search(source.text):
        message = f"The character {_named(found[0])} cannot be read. Remove it."
        raise PaperError(message).at(source, Span(found.start(), found.end()))


def _pair(source: Source, brackets: list[Token], bracket: Token) -> None:
    """Keep in `brackets` those that are open."""
    kind = bracket[0]
    if kind in CLOSING:
        brackets.append(bracket)
        if len(brackets) > MAX_NESTING:
            message = f"Brackets are nested more than {MAX_NESTING} deep."
            raise TooLarge(message).at(source, span_of(bracket))
    elif not brackets:
        message = f"'{kind}' closes a bracket that was never opened."
        raise PaperError(message).at(source, span_of(bracket))
    elif CLOSING[brackets[-1][0]] != kind:
        raise _unclosed(source, brackets[-1], f" before the '{kind}' that follows")
    else:
        brackets.pop()


def _unclosed(source: Source, bracket: Token, where: str = "") -> PaperError:
    kind = bracket[0]
    message = f"This '{kind}' is not closed{where}. A '{CLOSING[kind]}' is missing."
    return PaperError(message).at(source, span_of(bracket))


def _too_long(source: Source, place: int) -> TooLarge:
    message = f"This number has more than {MAX_DIGITS:,} characters."
    return TooLarge(message).at(source, Span(place, place + 1))


def _check_word(source: Source, word: str, place: int) -> None:
    """Letters, then letters, decimal digits, marks, subscripts, primes; nothing is folded."""
    for offset, character in enumerate(word):
        if character.isalpha() or character == "_":
            continue
        if offset and (
            character.isdecimal()
            or character in SUBSCRIPTS
            or character in PRIMES
            or _is_mark(character)
        ):
            continue
        _refuse_character(source, character, place + offset)


def _refuse(source: Source, group: int, word: str, place: int) -> NoReturn:
    if group == STRANGE_GROUP:
        _refuse_character(source, word, place)
    for offset, character in enumerate(word[:MAX_DIGITS]):
        if character in RAISED:
            _refuse_character(source, character, place + offset)
    raise PaperError(_mistake(word)).at(source, Span(place, place + len(word)))


def _mistake(word: str) -> str:
    """Why a compound sign, or a number that runs into something else, cannot be read."""
    if word.startswith("//"):
        return "'//' has no meaning here. A quotient is written a / b."
    if word.endswith("="):
        return f"'{word}' has no meaning here. Write x := x {word[:-1]} … for an update of x."
    digits, name = re.fullmatch(rf"({DIGITS})(.*)", word).groups()  # type: ignore[union-attr]
    if name[0].isalpha() and "." not in name and len(word) <= SHOWN:
        return f"{quoted(word)} is no number and no name. Write {digits}*{name} for a product."
    return f"{quoted(word)} is not a number. Numbers are written like 2, 0.20 or 1e-3."


def _refuse_character(source: Source, character: str, place: int) -> NoReturn:
    if character in RAISED:
        message = f"A raised '{character}' cannot be read. Write x^2 for a power."
        if source.text[place - 1 : place] == "∂":
            message = "Write ∂(∂l/∂x)/∂x for a second derivative."
    else:
        message = f"{_named(character)} has no meaning here. {HINTS.get(character, '')}".rstrip()
    raise PaperError(message).at(source, Span(place, place + 1))


def _is_mark(character: str) -> bool:
    """Whether the character is drawn onto the one before it, as an accent is."""
    from unicodedata import category  # loaded where it is needed: most texts have no marks

    return category(character)[0] == "M"


def _named(character: str) -> str:
    """The character if it can be seen, and its code point unless everybody knows it."""
    code = f"U+{ord(character[0]):04X}"
    if not character.isprintable() or _is_mark(character):
        return code
    return f"'{character}'" if character.isascii() else f"'{character}' ({code})"
