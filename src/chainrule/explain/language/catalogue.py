"""Sentences of an explanation in a language: codes are looked up in its file, details filled in."""

from __future__ import annotations

from chainrule.explain.explanation import Sentence
from chainrule.explain.language.sources import in_source
from chainrule.explain.language.templates import ENGLISH, Catalogues

__all__ = ["is_known", "languages", "require_language", "say"]

CATALOGUES = Catalogues("chainrule.explain.language")
languages = CATALOGUES.languages
require_language = CATALOGUES.require


def say(sentence: Sentence, language: str = ENGLISH) -> str:
    """The sentence in a language.

    What the language lacks is said in English: as the sentence's detail `text` has it, else as its
    source says it.  A code that nobody knows is shown itself: a derivation with a gap in its words
    is still a derivation.

    >>> say(Sentence("operation:exp")), say(Sentence("operation:exp"), "ko")
    ('The exponential is its own derivative.', '지수 함수는 도함수가 자기 자신이다.')

    Raises:
        DataProblem: the language has no catalogue.
    """
    details = {
        name: say(detail, language) if isinstance(detail, Sentence) else detail
        for name, detail in sentence.details
    }
    code = sentence.code
    said = CATALOGUES.said("MESSAGES", code, language, details)
    return said or details.get("text") or in_source(code) or code


def is_known(code: str, language: str = ENGLISH) -> bool:
    """Whether the language itself has words for the code; English has those of the sources, too.

    >>> is_known("operation:softmax"), is_known("operation:softmacks")
    (True, False)
    """
    if code in CATALOGUES.section("MESSAGES", language):
        return True
    return language == ENGLISH and in_source(code) is not None
