"""The languages of explanations: every catalogue says all there is to say; Korean particles."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.explain.example_views import PAIRS, explained

import chainrule.differentiate.batched
import chainrule.differentiate.loops
import chainrule.functions.custom
import chainrule.functions.opened  # noqa: F401 (operations that are no paper functions)
from chainrule.errors import DataProblem
from chainrule.explain import language
from chainrule.explain.explanation import Explanation, Sentence
from chainrule.explain.language import en, ko, sources
from chainrule.explain.language.catalogue import is_known, languages, require_language, say
from chainrule.explain.language.particles import FORMS, inflected
from chainrule.explain.language.sources import check_method, check_point, fact_source
from chainrule.graph.facts import WORDS
from chainrule.graph.node import Node, constant, variable
from chainrule.ops.activation import relu, tanh
from chainrule.ops.contract import Operation
from chainrule.ops.losses import Loss
from chainrule.ops.reduction import sum_
from chainrule.run.gradient_check import check

ROOM = Path(language.__file__).parents[1]
OPERATIONS = {
    name: one
    for name, one in sources.all_operations().items()
    if one.__module__.startswith("chainrule.")
}
RULES = sources.all_rules()
CODES = [
    *en.MESSAGES,
    *(f"name:{name}" for name in OPERATIONS),
    *(f"operation:{name}" for name, one in OPERATIONS.items() if one.sentence),
    *(f"choice:{name}" for name, one in OPERATIONS.items() if one.choice),
    *(
        said.code
        for one in OPERATIONS.values()
        for said in map(sources.local_derivative, one.derivatives)
        if isinstance(said, Sentence)
    ),
    *(f"scaling:{name}" for name, one in OPERATIONS.items() if issubclass(one, Loss)),
    *(f"rule:{name}" for name in RULES),
    *(f"why:{name}" for name in RULES),
    *(f"fact:{name}" for name in WORDS),
]
CODES = list(dict.fromkeys(CODES))


def fields(template: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def forms(template: str) -> set[str]:
    """What is asked of the words that are filled in: `을` in {name:을}."""
    return {form for _, _, form, _ in string.Formatter().parse(template) if form}


# What is said.


def test_there_are_operations_rules_and_facts_to_be_said() -> None:
    subjects = {code.partition(":")[0] for code in CODES}
    assert {"name", "operation", "choice", "scaling", "rule", "why", "fact", "check"} <= subjects


@pytest.mark.parametrize("other", [one for one in languages() if one != "en"])
def test_a_language_has_every_code_and_no_other(other: str) -> None:
    catalogue = language.catalogue.CATALOGUES.section("MESSAGES", other)
    assert [code for code in CODES if code not in catalogue] == []
    assert [code for code in catalogue if not is_known(code)] == []
    assert set(catalogue) - set(CODES) == set()


@pytest.mark.parametrize("other", languages())
def test_templates_take_the_same_plain_names_in_every_language(other: str) -> None:
    # {name.x} or {name[0]} would look into what is filled in
    for code, template in language.catalogue.CATALOGUES.section("MESSAGES", other).items():
        assert fields(template) == fields(en.MESSAGES.get(code, "")), code
        assert all(name.isidentifier() for name in fields(template)), code
        assert template.strip() == template != "", code


@pytest.mark.parametrize("other", languages())
def test_every_code_is_said_with_its_details_in_it(other: str) -> None:
    for code in CODES:
        names = fields(en.MESSAGES.get(code, ""))
        said = say(Sentence(code, tuple((name, f"⟨{name}⟩") for name in names)), other)
        assert all(f"⟨{name}⟩" in said for name in names), code
        assert not re.search(r"[{}]", said), code
        assert said != code


def test_no_two_operations_of_one_name_are_explained_differently() -> None:
    # a code has one sentence in each language
    said: dict[str, set[tuple[str, str]]] = {}
    for one in sources._below(Operation):
        if one.__module__.startswith("chainrule.") and one.__dict__.get("name"):
            said.setdefault(one.name, set()).add((one.sentence, one.choice))
    assert {name: texts for name, texts in said.items() if len(texts) > 1} == {}


# What every view says.


def sentences_written() -> Iterator[tuple[str, str]]:
    """The codes that stand in the code: `Sentence("path", …)`, `part("forward", …)`."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            if called in ("Sentence", "part") and isinstance(first, ast.Constant):
                yield str(first.value), path.name


@pytest.mark.parametrize(("code", "file"), sorted(set(sentences_written())))
def test_what_the_views_say_is_in_the_catalogue(code: str, file: str) -> None:
    assert is_known(code)
    assert is_known(code, "ko")


def said_in(found: Explanation) -> Iterator[Sentence]:
    """Every sentence of an explanation, those that stand in others too."""
    waiting = [
        sentence
        for step in found.walk()
        for sentence in (step.title, step.rule, step.why, *step.remarks)
        if sentence is not None
    ]
    while waiting:
        yield (sentence := waiting.pop())
        waiting += [one for _, one in sentence.details if isinstance(one, Sentence)]


@pytest.mark.parametrize(("problem", "view"), PAIRS)
def test_all_that_an_explanation_says_is_said_in_every_language(problem: str, view: str) -> None:
    found = explained(problem, view)
    for sentence in set() if found is None else set(said_in(found)):
        given = {name for name, _ in sentence.details} | {"text"}
        assert fields(en.MESSAGES.get(sentence.code, "")) <= given, sentence
        assert all(is_known(sentence.code, other) for other in languages()), sentence


# English, from where it stands.


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("operation:softmax", OPERATIONS["softmax"].sentence),
        ("choice:relu", "at 0 the derivative is taken as 0"),
        ("name:relu", "ReLU"),
        ("name:mean_cross_entropy", "mean cross-entropy"),
        ("name:half_squared_error", "half squared error"),
        ("name:my_own_operation", "my own operation"),
        ("rule:transpose of a product", "transpose of a product"),
        ("why:transpose of a product", "(A B)ᵀ is Bᵀ Aᵀ: the order turns round."),
        ("fact:one_hot", "along the last axis one entry is 1, the others are 0"),
        ("scaling:mean_cross_entropy", "mean over the leading axis"),
    ],
)
def test_english_is_said_where_it_stands(code: str, said: str) -> None:
    assert say(Sentence(code)) == said


@pytest.mark.parametrize("other", languages())
def test_what_a_source_says_itself_is_kept_where_no_catalogue_knows_better(other: str) -> None:
    own = Sentence("operation:mish", (("text", "Mish is {smooth}."),))
    assert say(own, other) == "Mish is {smooth}."


@pytest.mark.parametrize("code", ["choice:exp", "operation:softmacks", "why:magic", "nobody knows"])
def test_a_code_that_nobody_knows_is_shown(code: str) -> None:
    assert not is_known(code)
    assert say(Sentence(code)) == say(Sentence(code), "ko") == code


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(DataProblem, match=r"no messages in 'tlh', only in: en, ko"):
        require_language("tlh")
    with pytest.raises(DataProblem, match="only in: en, ko"):
        say(Sentence("forward"), "tlh")


@pytest.mark.parametrize("name", ["templates", "../ko", "", "EN", "particles"])
def test_only_catalogues_are_languages(name: str) -> None:
    with pytest.raises(DataProblem):
        require_language(name)


# Details.


@pytest.mark.parametrize(
    ("details", "english", "korean"),
    [
        ({"of": "l", "wrt": "W"}, "l does not depend on W:", "l은 W에 따라"),
        ({"of": "S", "wrt": "W"}, "S does not depend on W:", "S는 W에 따라"),
        ({"of": "l"}, "l does not depend on …:", "l은 …에 따라"),
        ({"wrt": "W"}, "… does not depend on W:", "…은(는) W에 따라"),
        ({"of": "{wrt}", "wrt": "%s"}, "{wrt} does not depend on %s:", "{wrt}는 %s에 따라"),
        ({"of": "{0.__class__}", "wrt": "W"}, "{0.__class__} does not", "{0.__class__}는 W에"),
    ],
)
def test_details_are_filled_in_and_never_interpreted(
    details: dict[str, str], english: str, korean: str
) -> None:
    sentence = Sentence("does_not_depend", tuple(details.items()))
    assert say(sentence).startswith(english)
    assert say(sentence, "ko").startswith(korean)


def test_a_detail_that_is_a_sentence_is_said_in_the_same_language() -> None:
    sentence = Sentence("convention", (("choice", Sentence("choice:relu")),))
    assert say(sentence) == "Convention: at 0 the derivative is taken as 0."
    assert say(sentence, "ko") == "약속: 0에서의 미분계수는 0으로 정한다."


# How gradients were checked: the checks' own words are recognised.


def checked(output: Node, x: Node, values: list[float]) -> str:
    return check(output, x, {x: np.array(values)}).method


FEW, MANY = variable((2,)), variable((100,))
BEND = [0.0] + [1.0] * 99


@pytest.mark.parametrize(
    ("method", "korean"),
    [
        (checked(tanh(FEW), FEW, [0, 1]), "모든 성분의 중심차분"),
        (checked(sum_(tanh(MANY)), MANY, BEND), "무작위 방향 16개에 대한 중심차분"),
        (
            checked(tanh(constant(np.ones((100, 2))) @ FEW), FEW, [0, 1]),
            "결과를 무작위로 더한 16개의 값에 대한 중심차분",
        ),
        (
            checked(relu(FEW), FEW, [0, 1]),
            "모든 성분의 중심차분(4개 가운데 꺾인 점이나 무한대에 있는 1개는 제외)",
        ),
    ],
)
def test_every_way_of_checking_is_said_in_every_language(method: str, korean: str) -> None:
    assert say(check_method(method)) == method
    assert say(check_method(method), "ko") == korean


@pytest.mark.parametrize(
    ("at", "korean"),
    [
        ("random numbers", "무작위로 고른 수"),
        ("random numbers (n = 3)", "무작위로 고른 수(n = 3)"),
        ("random numbers (n = 3, m = 4)", "무작위로 고른 수(n = 3, m = 4)"),
        ("random numbers (f replaced by a sine)", "무작위로 고른 수(f는 사인 함수로 바꿈)"),
        (
            "random numbers (n = 3, f, g replaced by sines)",
            "무작위로 고른 수(n = 3; f, g는 사인 함수로 바꿈)",
        ),
        ("the given numbers", "the given numbers"),
    ],
)
def test_every_place_of_checking_is_said_in_every_language(at: str, korean: str) -> None:
    assert say(check_point(at)) == at
    assert say(check_point(at), "ko") == korean


@pytest.mark.parametrize(
    ("where", "korean"),
    [
        ("t = [0, 1], as given", "주어진 값 t = [0, 1]"),
        ("A : symmetric (line 2)", "2번째 줄 A : symmetric"),
        ("as assumed", "가정"),
    ],
)
def test_who_says_that_a_fact_holds_is_said_in_every_language(where: str, korean: str) -> None:
    assert say(fact_source(where)) == where
    assert say(fact_source(where), "ko") == korean


# A third language is one file.

KLINGON = """
def inflected(word, form):
    return f"{word}{form.upper()}"

MESSAGES = {"forward": "poH tlhop", "path": "{number:daq} He", "operation:exp": "nIteb"}
"""


@pytest.fixture
def klingon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "tlh.py").write_text(KLINGON, encoding="utf-8")
    monkeypatch.setattr(language, "__path__", [*language.__path__, str(tmp_path)])
    return "tlh"


def test_a_third_language_is_one_file(klingon: str) -> None:
    assert {"en", "ko", "tlh"} <= set(languages())
    assert require_language(klingon) == "tlh"
    assert say(Sentence("forward"), klingon) == "poH tlhop"
    assert say(Sentence("operation:exp"), klingon) == "nIteb"
    assert say(Sentence("path", (("number", "2"),)), klingon) == "2DAQ He"


def test_what_it_lacks_is_said_in_english(klingon: str) -> None:
    assert say(Sentence("chain"), klingon) == say(Sentence("chain"))
    assert say(Sentence("operation:sin"), klingon) == "The derivative of the sine is the cosine."


# Korean.


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
