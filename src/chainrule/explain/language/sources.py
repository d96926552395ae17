"""English that stands at its source: what operations, rules, facts and losses say of themselves.

Such words have codes like all others, a subject and a name: "operation:softmax" is the sentence
that explains the operation's derivative.  In other languages they stand in the language's file.

>>> in_source("operation:exp"), in_source("choice:relu")
('The exponential is its own derivative.', 'at 0 the derivative is taken as 0')
>>> in_source("scaling:mse"), in_source("fact:symmetric"), in_source("rule:transposed twice")
('mean over every entry', 'it equals its transpose', 'transposed twice')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from chainrule.explain.explanation import Sentence
from chainrule.graph.facts import WORDS
from chainrule.ops import all_functions
from chainrule.ops.contract import Operation
from chainrule.rewrite.rule import Rule

__all__ = [
    "all_operations",
    "all_rules",
    "check_method",
    "check_point",
    "fact_sentence",
    "fact_source",
    "in_source",
    "local_derivative",
]

METHODS = (
    ("check:entries", r"central differences of every entry"),
    ("check:directions", r"central differences along (?P<count>\d+) random directions"),
    ("check:sums", r"central differences of (?P<count>\d+) random sums of the result"),
)
SIZES = r"(?P<sizes>\w+ = \d+(?:, \w+ = \d+)*)"
POINTS = (
    ("check:random", r"random numbers"),
    ("check:random:sizes", rf"random numbers \({SIZES}\)"),
    ("check:random:sine", r"random numbers \((?P<names>.+) replaced by a sine\)"),
    ("check:random:sines", r"random numbers \((?P<names>.+) replaced by sines\)"),
    ("check:random:sizes:sine", rf"random numbers \({SIZES}, (?P<names>.+) replaced by a sine\)"),
    ("check:random:sizes:sines", rf"random numbers \({SIZES}, (?P<names>.+) replaced by sines\)"),
)
SAYERS = (
    ("said:given", r"(?P<what>.+), as given"),
    ("said:line", r"(?P<what>.+) \(line (?P<line>\d+)\)"),
    ("said:assumed", r"as assumed"),
)
WORDS_IN_RULE = re.compile(r"\b(?:the|where|else|of|for|at|as|kept)\b")
LEFT_OUT = (
    r"(?P<method>.+); (?P<skipped>\d+) of (?P<count>\d+) left out, at a kink or an infinite value"
)


def in_source(code: str) -> str | None:
    """What the code's source says, or None: there is no such code, or nothing is said.

    The name of an operation is the one it has in the paper language, in words.

    >>> in_source("name:half_squared_error")
    'half squared error'
    >>> in_source("choice:exp") is None, in_source("operation:softmacks") is None
    (True, True)
    """
    subject, _, name = code.partition(":")
    return SUBJECTS[subject](name) or None if subject in SUBJECTS else None


def all_operations() -> dict[str, type[Operation]]:
    """Every operation there is, by its name; loads every family.

    Of two by one name the first stays, so that the library's sentences stay the library's.
    """
    all_functions()
    return _loaded_operations()


def all_rules() -> dict[str, Rule]:
    """Every rewriting rule, by its name."""
    from chainrule.rewrite.rules import LAYOUT, READING

    return {rule.name: rule for rule in (*READING, *LAYOUT)}


def check_method(method: str) -> Sentence:
    """How a gradient was checked (`Check.method`), as a sentence that other languages have, too.

    >>> check_method("central differences along 16 random directions")
    Sentence(code='check:directions', details=(('count', '16'),))
    """
    whole = re.fullmatch(LEFT_OUT, method)
    if whole:
        checked = check_method(whole["method"])
        counts = (("skipped", whole["skipped"]), ("count", whole["count"]))
        return Sentence("check:left-out", (("method", checked), *counts))
    return _recognised(method, METHODS)


def check_point(at: str) -> Sentence:
    """Where a gradient was checked (`Verified.at`), as a sentence that other languages have, too.

    >>> check_point("random numbers (n = 3)")
    Sentence(code='check:random:sizes', details=(('sizes', 'n = 3'),))
    """
    return _recognised(at, reversed(POINTS))


def local_derivative(rule: str) -> Sentence | str:
    """How an operation writes its derivative: in words, which languages have, or in symbols.

    >>> local_derivative("1/b"), local_derivative("the identity matrix").code
    ('1/b', 'local:the identity matrix')
    """
    return Sentence(f"local:{rule}", (("text", rule),)) if WORDS_IN_RULE.search(rule) else rule


def fact_sentence(name: str, fact: str, where: str) -> Sentence:
    """That a fact holds of a quantity, and who says so; a declaration is not said twice.

    >>> dict(fact_sentence("A", "symmetric", "A : symmetric (line 2)").details)["who"]
    Sentence(code='said:here', details=(('line', '2'),))
    """
    who = fact_source(where)
    if dict(who.details).get("what") == f"{name} : {fact}" and who.code == "said:line":
        who = Sentence("said:here", who.details[1:])
    said = Sentence(f"fact:{fact}", (("text", fact),))
    return Sentence("closed:fact", (("name", name), ("fact", said), ("who", who)))


def fact_source(where: str) -> Sentence:
    """Who says that a fact holds (`Declaration.where`), as a sentence of every language.

    >>> fact_source("A : symmetric (line 2)")
    Sentence(code='said:line', details=(('what', 'A : symmetric'), ('line', '2')))
    """
    return _recognised(where, SAYERS)


def _recognised(text: str, patterns: Iterable[tuple[str, str]]) -> Sentence:
    """The code of the first pattern that the text has, the named groups filled in."""
    for code, pattern in patterns:
        found = re.fullmatch(pattern, text)
        if found:
            return Sentence(code, tuple(found.groupdict().items()))
    return Sentence(text)


@cache
def _operation(name: str) -> type[Operation] | None:
    """By its name; families are loaded only for a name that none of those in use has."""
    return _loaded_operations().get(name) or all_operations().get(name)


def _loaded_operations() -> dict[str, type[Operation]]:
    found: dict[str, type[Operation]] = {}
    for one in _below(Operation):
        if one.__dict__.get("name"):
            found.setdefault(one.name, one)
    return found


def _below(kind: type[Operation]) -> Iterator[type[Operation]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _sentence(name: str) -> str:
    operation = _operation(name)
    return operation.sentence if operation else ""


def _choice(name: str) -> str:
    operation = _operation(name)
    return operation.choice if operation else ""


def _scaling(name: str) -> str:
    return getattr(_operation(name), "scaling", "")


def _rule(name: str) -> str:
    return name if name in all_rules() else ""


def _why(name: str) -> str:
    rule = all_rules().get(name)
    return rule.sentence if rule else ""


def _fact(name: str) -> str:
    return WORDS[name].value if name in WORDS else ""


SUBJECTS: dict[str, Callable[[str], str]] = {
    "operation": _sentence,
    "choice": _choice,
    "local": str,
    "name": lambda name: name.replace("_", " "),
    "scaling": _scaling,
    "rule": _rule,
    "why": _why,
    "fact": _fact,
}
