"""Korean: particles go by how a word is read, sentences are those of a textbook."""

from __future__ import annotations

import re
import string

import pytest

import chainrule.differentiate.batched
import chainrule.differentiate.loops
import chainrule.functions.custom
import chainrule.functions.opened  # noqa: F401 (operations that are no paper functions)
from chainrule.explain.explanation import Sentence
from chainrule.explain.language import ko
from chainrule.explain.language.catalogue import say
from chainrule.explain.language.particles import FORMS, inflected


def forms(template: str) -> set[str]:
    """What is asked of the words that are filled in: `을` in {name:을}."""
    return {form for _, _, form, _ in string.Formatter().parse(template) if form}


@pytest.mark.parametrize(
    ("word", "read", "을", "은", "이", "과", "으로"),
    [
        # Hangul: with a final consonant or without; 로 after ㄹ
        ("값", "값", "을", "은", "이", "과", "으로"),
        ("기울기", "기울기", "를", "는", "가", "와", "로"),
        ("행렬", "행렬", "을", "은", "이", "과", "로"),
        ("가", "가", "를", "는", "가", "와", "로"),
        ("힣", "힣", "을", "은", "이", "과", "으로"),
        # digits: 영 일 이 삼 사 오 육 칠 팔 구, and 십, 백, 천
        ("0", "영", "을", "은", "이", "과", "으로"),
        ("1", "일", "을", "은", "이", "과", "로"),
        ("2", "이", "를", "는", "가", "와", "로"),
        ("3", "삼", "을", "은", "이", "과", "으로"),
        ("4", "사", "를", "는", "가", "와", "로"),
        ("5", "오", "를", "는", "가", "와", "로"),
        ("6", "육", "을", "은", "이", "과", "으로"),
        ("7", "칠", "을", "은", "이", "과", "로"),
        ("8", "팔", "을", "은", "이", "과", "로"),
        ("9", "구", "를", "는", "가", "와", "로"),
        ("10", "십", "을", "은", "이", "과", "으로"),
        ("-0.25", "영점이오", "를", "는", "가", "와", "로"),
        ("2/3", "삼분의 이", "를", "는", "가", "와", "로"),
        ("5/6", "육분의 오", "를", "는", "가", "와", "로"),
        ("1.6×10⁻⁵", "제곱", "을", "은", "이", "과", "으로"),
        # Latin letters by their names
        ("L", "엘", "을", "은", "이", "과", "로"),
        ("l", "엘", "을", "은", "이", "과", "로"),
        ("R", "알", "을", "은", "이", "과", "로"),
        ("M", "엠", "을", "은", "이", "과", "으로"),
        ("n", "엔", "을", "은", "이", "과", "으로"),
        ("W", "더블유", "를", "는", "가", "와", "로"),
        ("h", "에이치", "를", "는", "가", "와", "로"),
        ("dL", "디 엘", "을", "은", "이", "과", "로"),
        # names: with digits, subscripts, powers, brackets
        ("W1", "일", "을", "은", "이", "과", "로"),
        ("W₂", "이", "를", "는", "가", "와", "로"),
        ("xₙ", "엔", "을", "은", "이", "과", "으로"),
        ("∂l/∂W1", "일", "을", "은", "이", "과", "로"),
        ("∂l/∂S", "에스", "를", "는", "가", "와", "로"),
        ("h²", "제곱", "을", "은", "이", "과", "으로"),
        ("h^2", "제곱", "을", "은", "이", "과", "으로"),
        ("A⁻¹", "역행렬", "을", "은", "이", "과", "로"),
        ("Wᵀ", "전치", "를", "는", "가", "와", "로"),
        ("softmax(O)", "오", "를", "는", "가", "와", "로"),
        ("f'", "프라임", "을", "은", "이", "과", "으로"),
        ("ŷ", "와이 햇", "을", "은", "이", "과", "으로"),
        ("x̄", "엑스 바", "를", "는", "가", "와", "로"),
        ("δ", "델타", "를", "는", "가", "와", "로"),
        ("ε", "엡실론", "을", "은", "이", "과", "으로"),
        ("중심차분(모든 성분)", "중심차분", "을", "은", "이", "과", "으로"),
        # English words
        ("softmax", "소프트맥스", "를", "는", "가", "와", "로"),
        ("ReLU", "렐루", "를", "는", "가", "와", "로"),
        ("label", "레이블", "을", "은", "이", "과", "로"),
        ("sample", "샘플", "을", "은", "이", "과", "로"),
        ("input", "인풋", "을", "은", "이", "과", "으로"),
        ("hidden", "히든", "을", "은", "이", "과", "으로"),
        ("y_hat", "햇", "을", "은", "이", "과", "으로"),
        ("loss", "로스", "를", "는", "가", "와", "로"),
        ("cross_entropy", "엔트로피", "를", "는", "가", "와", "로"),
        # who knows
        ("…", "", "을(를)", "은(는)", "이(가)", "과(와)", "(으)로"),
        ("", "", "을(를)", "은(는)", "이(가)", "과(와)", "(으)로"),
        ("ㄱ", "", "을(를)", "은(는)", "이(가)", "과(와)", "(으)로"),
        ("数", "", "을(를)", "은(는)", "이(가)", "과(와)", "(으)로"),
    ],
)
def test_particles_go_by_how_the_word_is_read(
    word: str, read: str, 을: str, 은: str, 이: str, 과: str, 으로: str
) -> None:
    particles = {"을": 을, "은": 은, "이": 이, "과": 과, "으로": 으로}
    assert {form: inflected(word, form) for form in particles} == {
        form: f"{word}{right}" for form, right in particles.items()
    }


@pytest.mark.parametrize("form", FORMS)
def test_either_form_asks_for_the_right_one(form: str) -> None:
    pair = FORMS[form]
    assert inflected("값", form) == f"값{pair[0]}"
    assert inflected("차", form) == f"차{pair[1]}"


def test_templates_ask_only_for_particles_there_are() -> None:
    assert {form for text in ko.MESSAGES.values() for form in forms(text)} <= set(FORMS)


# Latin words that stand in Korean sentences: names of functions and of types, and terms that
# Korean textbooks give in English beside their own.
NAMES = {
    *("numerator", "denominator", "layout", "float", "vec", "diag", "outer", "det", "cof", "log"),
    *("sigmoid", "sign", "softmax", "tanh", "sinc", "max", "abs"),
    *("ReLU", "ELU", "SiLU", "GELU", "NaN", "QR"),
}


def test_korean_has_no_english_words_but_names() -> None:
    for code, said in ko.MESSAGES.items():
        plain = re.sub(r"\{[^}]*\}", "", said)
        words = re.findall(r"[A-Za-z]{3,}", plain)  # shorter ones are formulas: dA, bᵀ, A B
        assert set(words) <= NAMES, code


def test_korean_sentences_end_where_english_ones_do() -> None:
    for code, said in ko.MESSAGES.items():
        assert said.endswith(".") == say(Sentence(code)).endswith("."), code


def test_korean_is_in_the_plain_style_of_a_textbook() -> None:
    assert [code for code, said in ko.MESSAGES.items() if re.search("니다|세요|시오", said)] == []


def test_no_particle_is_left_to_the_reader() -> None:
    # 을(를); and a particle right behind a field is the field's: {name:을}
    left = re.compile(
        r"[을은이과]\([를는가와]\)|\(으\)로|\(이\)|\}(?:[을를은는가와과]|으?로)(?!\w)"
    )
    assert [code for code, said in ko.MESSAGES.items() if left.search(said)] == []
