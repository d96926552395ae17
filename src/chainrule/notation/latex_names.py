r"""Names and words as LaTeX: nothing in them has a meaning there, whatever it is made of."""

from __future__ import annotations

import re

__all__ = ["ESCAPED", "latex_name", "latex_setting", "latex_word"]

GREEK_LETTERS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
GREEK_COMMANDS = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega
"""
GREEK = dict(zip(GREEK_LETTERS, GREEK_COMMANDS.split(), strict=True))
ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u20d7": "vec"}
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
ESCAPED = {one: rf"\{one}" for one in "#$%&_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
PRIMES = "'′″"
MARKS = r"\u0300-\u036f\u20d0-\u20ff"
WORD = re.compile(  # stem, primes, and an index: digits, or what follows an underscore
    rf"([^\W\d_](?:[^\W_]|[{MARKS}.])*?)([{PRIMES}]*)(?:_?(\d+)|_([\w{MARKS}{PRIMES}]+))?"
)
SETTING = re.compile(r"(?<!\w)([^\W\d]\w*)|([\d.]+)[eE]([+-]?\d+)")


def latex_name(name: str) -> str:
    r"""A name as LaTeX: digits at the end as an index, accents and Greek letters as commands.

    What is no plain word (`layers[0]`, a name in Hangul) is text, in which nothing has a meaning.

    >>> latex_name("W1"), latex_name("ŷ"), latex_name("α"), latex_name("net_h1")
    ('W_{1}', '\\hat{y}', '\\alpha', '\\mathrm{net}_{h1}')
    >>> latex_name("W_ih_1"), latex_name("layers[0].x#")
    ('W_{ih\\_1}', '\\text{layers[0].x\\#}')
    """
    from unicodedata import normalize

    plain = normalize("NFD", name).translate(SUBSCRIPTS)
    word = WORD.fullmatch(plain)
    if word is None:
        return latex_word(normalize("NFC", name))
    stem, primes, digits, after = word.groups()
    accents = [ACCENTS[mark] for mark in stem[1:] if mark in ACCENTS]
    letters = normalize("NFC", "".join(letter for letter in stem if letter not in ACCENTS))
    letters = f"\\{GREEK[letters]}" if letters in GREEK else letters
    if (len(letters) > 1 and not letters.startswith("\\")) or _is_wide(letters):
        letters = latex_word(letters)
    for accent in accents:
        letters = rf"\{accent}{{{letters}}}"
    letters = f"{{{letters}{primes}}}" if primes else letters
    index = digits or _index(normalize("NFC", after or ""))
    return f"{letters}_{{{index}}}" if index else letters


def latex_word(text: str) -> str:
    """A word; what LaTeX has no upright letters for, and what is no word, as text."""
    if "∘" in text:
        return r" \circ ".join(latex_word(part) for part in text.split("∘") if part)
    escaped = "".join(ESCAPED.get(one, one) for one in text)
    is_word = all(one.isalnum() or one in "_." for one in text) and not _is_wide(text)
    return rf"\mathrm{{{escaped}}}" if is_word else rf"\text{{{escaped}}}"


def latex_setting(text: str) -> str:
    r"""Numbers and words of settings: 1e-05 as 1 \times 10^{-5}, words upright."""
    return SETTING.sub(_setting_part, text)


def _index(text: str) -> str:
    """An index of a name: letters side by side, with the underscores between them."""
    return latex_word(text) if _is_wide(text) else text.replace("_", r"\_")


def _is_wide(text: str) -> bool:
    """Whether there are Hangul, Kana or Chinese characters in it."""
    from unicodedata import east_asian_width

    return not text.isascii() and any(east_asian_width(one) in "WF" for one in text)


def _setting_part(found: re.Match[str]) -> str:
    word, mantissa, exponent = found.groups()
    if word is None:
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    if word == "inf":
        return r"\infty"
    return word.replace("_", r"\_") if len(word) == 1 else latex_word(word)
