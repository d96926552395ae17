"""Korean particles (조사): which of two forms follows a word is decided by how the word ends.

을/를, 은/는, 이/가, 과/와, 으로/로 and their kin: the first follows a final consonant (받침), the
second a vowel; 으로 alone is 로 after the consonant ㄹ, too.  A particle is written to the word
before it without a space (한글 맞춤법 제41항), and goes by how that word is *read*: `3` is 삼 and
`L` is 엘, so it is `3을` and `L을`, but `2를` and `W를`.

Sources: 국립국어원, 표준국어대사전, entries 을, 은, 이, 과, 으로, 이라고 (which form stands after
which ending), and the entries of the letters' and digits' names; 한글 맞춤법 (문화체육관광부 고시),
제41항.

>>> [inflected(word, "을") for word in ("행렬", "전치", "W1", "W2", "∂l/∂S", "softmax(O)")]
['행렬을', '전치를', 'W1을', 'W2를', '∂l/∂S를', 'softmax(O)를']
>>> [inflected(word, "으로") for word in ("값", "전치", "행렬", "L", "3", "h²")]
['값으로', '전치로', '행렬로', 'L로', '3으로', 'h²으로']
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["FORMS", "inflected"]

NOTHING, RIEUL, CONSONANT = "", "ㄹ", "ㄱ"  # how a word ends; any consonant but ㄹ acts like ㄱ
PAIRS = (
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("으로", "로"),
    ("이라고", "라고"),
    ("이므로", "므로"),
    ("이며", "며"),
    ("이고", "고"),
    ("이어야", "여야"),
)
FORMS = {form: pair for pair in PAIRS for form in pair}
# 영(십, 백 …) 일 이 삼 사 오 육 칠 팔 구
DIGITS = dict(zip("0123456789", "ㄱㄹ ㄱ  ㄱㄹㄹ ", strict=True))
# 엘 알 엠 엔; the names of all other letters end in a vowel: 에이, 비, 시 …
LETTERS = {"L": RIEUL, "R": RIEUL, "M": CONSONANT, "N": CONSONANT}
GREEK = {"Ε": CONSONANT, "Ο": CONSONANT, "Υ": CONSONANT}  # 엡실론 오미크론 입실론
OPEN = dict.fromkeys("ᵀ⊤⁺∞%\u0303\u0304", NOTHING)  # 전치, 플러스, 무한대, 퍼센트, 틸드, 바
CLOSING = dict.fromkeys("′'\u0302\u0307", CONSONANT)  # 프라임, 햇, 닷
SIGNS = OPEN | CLOSING  # accents, too: ŷ is 와이 햇
SUPERSCRIPT = re.compile(r"(?:[⁰¹²³⁴⁵⁶⁷⁸⁹ᵏⁿ]|\^[({]?-?\w+[)}]?)$")  # ends in 제곱
FRACTION = re.compile(r"(?<![\w.)])(\d+)/\d+$")  # 2/3 is 삼분의 이: the numerator comes last
GLOSS = re.compile(r"(?<=[가-힣])\([^()]*\)$")  # 원-핫(one-hot): what is glossed counts
INVERSE = re.compile(r"[^\W\d]⁻¹$")  # 역행렬
CLOSED = ' \t_)]}|〉>”’"`'  # is not read
ENGLISH_RIEUL = re.compile(r"le?$")  # label, sample
ENGLISH_CONSONANT = re.compile(r"(?:[mn]e?|ng|[^aeiou][aeiou][ptk]|out)$")  # name, step, dropout
FIRST, LAST = ord("가"), ord("힣")
FINALS, FINAL_RIEUL = 28, 8  # syllables are numbered by their finals; 0 is none


def inflected(word: str, form: str) -> str:
    """The word with the particle that `form` is one form of.

    Where nobody can tell how the word is read, both are written: 을(를).

    >>> inflected("시그모이드", "은"), inflected("…", "은")
    ('시그모이드는', '…은(는)')

    Raises:
        KeyError: there is no such particle.
    """
    after_consonant, after_vowel = FORMS[form]
    end = _end(word)
    if end is None:
        return f"{word}{_both(after_consonant, after_vowel)}"
    closed = end == CONSONANT or (end == RIEUL and after_vowel != "로")
    return f"{word}{after_consonant if closed else after_vowel}"


def _both(after_consonant: str, after_vowel: str) -> str:
    """을(를), 은(는), and (으)로, (이)라고, where one form is the other with a syllable more."""
    if after_consonant.endswith(after_vowel):
        return f"({after_consonant.removesuffix(after_vowel)}){after_vowel}"
    return f"{after_consonant}({after_vowel})"


def _end(word: str) -> str | None:
    """The final consonant of the word as it is read: none, ㄹ, or another; None if who knows."""
    word = FRACTION.sub(r"\1", GLOSS.sub("", word).rstrip(CLOSED))
    if INVERSE.search(word):
        return RIEUL
    if SUPERSCRIPT.search(word):
        return CONSONANT
    sign = unicodedata.normalize("NFD", word[-1:])[-1:]
    return SIGNS[sign] if sign in SIGNS else _end_of_letters(unicodedata.normalize("NFKC", word))


def _end_of_letters(word: str) -> str | None:
    """Syllables, digits, letters; subscripts stand in the word as what they are."""
    last = word[-1:].upper()
    if len(last) != 1:
        return None
    if FIRST <= ord(last) <= LAST:
        final = (ord(last) - FIRST) % FINALS
        return NOTHING if final == 0 else RIEUL if final == FINAL_RIEUL else CONSONANT
    if last in DIGITS:
        return DIGITS[last].strip()
    if "Α" <= last <= "Ω":
        return GREEK.get(last, NOTHING)
    return _end_of_latin(word) if last.isascii() and last.isalpha() else None


def _end_of_latin(word: str) -> str:
    """English words are read as words (input 인풋, label 레이블), all else letter by letter."""
    last_word = re.findall(r"[A-Za-z]+", word)[-1]
    if not _is_english(last_word):
        return LETTERS.get(last_word[-1].upper(), NOTHING)
    if ENGLISH_RIEUL.search(last_word):
        return RIEUL
    return CONSONANT if ENGLISH_CONSONANT.search(last_word) else NOTHING


def _is_english(word: str) -> bool:
    """Small letters, three or more, with a vowel: a name like dL or dw is spelled out."""
    return len(word) > 2 and word.islower() and re.search("[aeiou]", word) is not None
