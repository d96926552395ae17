r"""Any text in LaTeX, so that it is shown as it is and does nothing; and formulas in plain ASCII.

Documents are to compile with pdflatex as well, which knows few characters: what has a command is
written with it, accents are written as accents, Hangul is left to kotex, and of anything else the
number of the character is shown.
"""

from __future__ import annotations

import re
from unicodedata import combining, normalize

from chainrule.notation.latex_names import GREEK

__all__ = ["HANGUL", "ascii_math", "escaped"]

TEXT = re.compile(r"(\\text(?:tt)?\{(?:\\.|\{\}|[^{}\\])*\})")
HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+")
PLAIN = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "$": r"\$",
    "&": r"\&", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": "$<$", ">": "$>$", "|": "$|$", '"': "''", "`": "`{}", "'": "'{}",
    "–": "--", "—": "---", "“": "``", "”": "''", "‘": "`", "’": "'", "…": r"\ldots{}",
    "\u00a0": "~", "\n": " ", "\t": " ", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "ı": r"\i{}",
}  # fmt: skip
MATH = {
    "∂": r"\partial", "∇": r"\nabla", "·": r"\cdot", "⋅": r"\cdot", "×": r"\times", "⊙": r"\odot",
    "⊗": r"\otimes", "⊕": r"\oplus", "∘": r"\circ", "−": "-", "±": r"\pm", "÷": r"\div",
    "≈": r"\approx", "≠": r"\neq", "≤": r"\leq", "≥": r"\geq", "≡": r"\equiv", "∝": r"\propto",
    "∼": r"\sim", "→": r"\to", "←": r"\leftarrow", "↦": r"\mapsto", "⇒": r"\Rightarrow",
    "∀": r"\forall", "∈": r"\in", "∞": r"\infty", "√": r"\surd", "Σ": r"\Sigma", "∑": r"\sum",
    "∏": r"\prod", "∫": r"\int", "‖": r"\Vert", "∥": r"\Vert", "⟨": r"\langle", "⟩": r"\rangle",
    "′": "'", "°": r"^{\circ}", "ᵀ": r"^{\top}", "⊤": r"\top", "⁻": "^{-}", "⁺": "^{+}",
    "ⁿ": "^{n}", "₊": "_{+}", "₋": "_{-}", "ᵢ": "_{i}", "ⱼ": "_{j}", "½": r"\frac{1}{2}",
    "ℝ": r"\mathbb{R}", "ℓ": r"\ell", "ϵ": r"\epsilon", "ϕ": r"\phi", "ϑ": r"\vartheta",
    "µ": r"\mu",
    **{mark: f"^{{{digit}}}" for digit, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{mark: f"_{{{digit}}}" for digit, mark in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{letter: f"\\{command}" for letter, command in GREEK.items()},
}  # fmt: skip
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip


def escaped(text: str) -> str:
    r"""Text as LaTeX that shows it, whatever it is.

    >>> print(escaped(r"100 % of \input{x_1}: ∂l/∂W₁ in 한글, ŷ, é"))
    100 \% of \textbackslash{}input\{x\_1\}: $\partial$l/$\partial$W$_{1}$ in 한글, \^{y}, \'{e}
    """
    shown = ""
    in_math = False
    for piece in map(_letter, _letters(text)):  # Hangul is composed again there
        is_math = piece.startswith("$")
        # one formula beside another would read as the start of a displayed one
        shown = f"{shown[:-1]} {piece[1:]}" if in_math and is_math else shown + piece
        in_math = is_math
    return shown


def ascii_math(latex: str) -> str:
    r"""LaTeX of a formula with all that is not ASCII as commands or as text.

    >>> print(ascii_math(r"\text{손실 α}_{α}"))
    \text{손실 }\alpha\text{}_{\alpha }
    """
    if _is_plain(latex):
        return latex
    parts = TEXT.split(normalize("NFC", latex))  # every second one is text within the formula
    parts[::2] = ["".join(map(_math_letter, _letters(part))) for part in parts[::2]]
    parts[1::2] = [
        "".join(_text_letter(one, part) for one in _letters(part)) for part in parts[1::2]
    ]
    return "".join(parts)


def _letters(text: str) -> list[str]:
    """Characters, each with the accents upon it."""
    found: list[str] = []
    for character in normalize("NFC", text):
        if combining(character) and found:
            found[-1] += character
        else:
            found.append(character)
    return found


def _letter(letter: str) -> str:
    if letter in PLAIN:
        return PLAIN[letter]
    if letter in MATH:
        return f"${MATH[letter]}$"
    if HANGUL.fullmatch(letter) or (letter.isascii() and letter.isprintable()):
        return letter
    base, *accents = list(normalize("NFD", letter))
    if base.isascii() and base.isalpha() and accents and set(accents) <= set(ACCENTS):
        for accent in accents:
            base = rf"\{ACCENTS[accent]}{{{base}}}"
        return base
    if base in MATH and len(letter) > 1:
        return _letter(base)
    return "".join(rf"\texttt{{U+{ord(character):04X}}}" for character in letter)


def _text_letter(letter: str, text: str) -> str:
    r"""A letter of a \text{...}; the text ends before a symbol and goes on behind it."""
    if letter in MATH:
        return rf"}}{MATH[letter]}{text.partition('{')[0]}{{"
    return letter if _is_plain(letter) else _letter(letter)


def _math_letter(letter: str) -> str:
    if letter in MATH:
        return f"{MATH[letter]} "
    return letter if _is_plain(letter) else rf"\text{{{_letter(letter)}}}"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
