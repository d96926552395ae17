"""The languages of explanations: every catalogue says all there is to say."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.explain.example_views import PAIRS, explained

import chainrule.differentiate.batched
import chainrule.differentiate.loops
import chainrule.functions.custom
import chainrule.functions.opened  # noqa: F401 (operations that are no paper functions)
from chainrule.errors import DataProblem
from chainrule.explain import language
from chainrule.explain.explanation import Explanation, Sentence
from chainrule.explain.language import en, sources
from chainrule.explain.language.catalogue import is_known, languages, require_language, say
from chainrule.graph.facts import WORDS
from chainrule.ops.contract import Operation
from chainrule.ops.losses import Loss

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
