"""Explanations as HTML; how browsers show them is seen by `make browser`."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.explain.sample import SAMPLE, expression, numbers, partial

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.printers.html import html_fragment, html_page
from chainrule.explain.printers.page_style import DERIVATION, PAGE
from chainrule.notation.formula import Expression, Formula
from chainrule.notation.latex_names import latex_name

VOID = {"meta", "mspace", "link", "br"}
MOST_BYTES = 200_000  # of about 150 steps


class Tree(HTMLParser):
    """The elements of a page, each with its attributes; raises where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


def explained(*steps: Step, title: Formula | None = None) -> Explanation:
    """An explanation of these steps."""
    return Explanation(title or partial("l", "W"), "chain", steps)


def quantity(*sides: Formula, what: str = "l", **others: Any) -> Step:
    """A quantity with sides that are equal to it."""
    return Step("quantity", what=expression(what), sides=tuple(map(Equal, sides)), **others)


@pytest.mark.parametrize("write", [html_page, html_fragment])
def test_tags_match_and_nothing_is_loaded(write: Callable[[Explanation], str]) -> None:
    tree = Tree(write(SAMPLE))
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in tree.elements}
    assert not any("src" in attributes for _, attributes in tree.elements)
    assert all(str(link["href"]).startswith("#") for link in tree.all("a"))
    assert "url(" not in DERIVATION + PAGE
    assert "@import" not in DERIVATION + PAGE


def test_a_page_says_its_language_and_forbids_requests() -> None:
    page = html_page(SAMPLE)
    tree = Tree(page)
    assert page.startswith("<!DOCTYPE html>")
    assert tree.all("html") == [{"lang": "en"}]
    policy = next(one for one in tree.all("meta") if "http-equiv" in one)
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_names_of_places_are_unique_and_every_link_has_its_place() -> None:
    tree = Tree(html_page(SAMPLE))
    places = [attributes["id"] for _, attributes in tree.elements if "id" in attributes]
    assert len(places) == len(set(places))
    assert {str(link["href"])[1:] for link in tree.all("a")} <= set(places)


def test_two_fragments_on_a_page_do_not_share_names() -> None:
    other = Explanation(SAMPLE.title, "closed", SAMPLE.steps)
    both = [Tree(html_fragment(one)).elements for one in (SAMPLE, other)]
    places = [{found["id"] for _, found in elements if "id" in found} for elements in both]
    assert places[0]
    assert places[0].isdisjoint(places[1])


def test_a_fragment_styles_nothing_but_itself() -> None:
    plain = re.sub(r"@media[^{]*\{|\{[^{}]*\}", ";", DERIVATION)
    selectors = [one.strip() for one in re.split(r"[;,}]", plain) if one.strip()]
    assert len(selectors) > 20
    assert [one for one in selectors if not one.startswith(".chainrule")] == []


def test_parts_are_headings_that_fold_and_stand_in_the_contents() -> None:
    page = html_page(SAMPLE)
    contents = page.split("<nav")[1].split("</nav>")[0]
    for step in SAMPLE.steps:
        title = {"conventions": "Conventions", "forward": "Forward pass"}.get(step.title.code)  # type: ignore[union-attr]
        assert title is None or f"<summary><h2>{title}</h2></summary>" in page
    assert contents.count("<li>") == len(SAMPLE.steps)


def test_steps_are_open_at_first() -> None:
    folds = Tree(html_page(SAMPLE)).all("details")
    assert len(folds) > len(SAMPLE.steps)
    assert all("open" in fold for fold in folds)


def test_every_formula_is_spoken() -> None:
    formulas = Tree(html_page(SAMPLE)).all("math")
    assert len(formulas) > 20
    assert all(one["aria-label"] for one in formulas)


def test_signs_say_what_is_exact() -> None:
    page = html_page(explained(Step("quantity", what=expression("h"), sides=(
        Equal(numbers("4 1")), Equal(numbers("0.333 1"), "result", is_exact=False)))))  # fmt: skip
    assert page.index("<mo>=</mo>") < page.index("<mn>4</mn>") < page.index("<mo>≈</mo>")
    assert page.index("<mo>≈</mo>") < page.index("<mn>0.333</mn>")


def test_numbers_within_sentences_are_written_as_people_do() -> None:
    said = Sentence("note", (("text", "error 2.5e-12이다, not e1 or 0x1e5"),))
    page = html_page(explained(Step("remark", remarks=(said,))))
    assert "error 2.5×10<sup>−12</sup>이다, not e1 or 0x1e5" in page


def test_a_wide_side_scrolls_by_keyboard_and_is_named() -> None:
    wide, narrow = numbers(" ".join(["-0.1234"] * 12)), numbers("1 2")
    (scrolls,) = [
        found for _, found in Tree(html_page(explained(quantity(wide, narrow)))).elements
        if found.get("class") == "wide"
    ]  # fmt: skip
    assert (scrolls["tabindex"], scrolls["role"]) == ("0", "group")
    assert scrolls["aria-label"]


def test_what_scrolls_is_not_within_what_folds_it() -> None:
    """A control within a control is out of reach for some."""
    page = html_page(SAMPLE)
    for summary in re.findall(r"<summary>.*?</summary>", page, re.DOTALL):
        assert "tabindex" not in summary
        assert "<a " not in summary


def test_a_step_links_to_what_it_rests_on() -> None:
    found = quantity(expression("a"), what="h")
    used = quantity(expression("b"), what="S", rests_on=("h", "given"))
    fragment = html_fragment(explained(found, used))
    (link,) = Tree(fragment).all("a")
    target = str(link["href"])[1:]
    assert f'id="{target}"><span class="eq"><math aria-label="h"' in fragment


def test_a_title_that_names_a_quantity_is_a_formula() -> None:
    said = Sentence("derivative", (("symbol", "h"),))
    found = quantity(expression("a"), what="h")
    page = html_page(explained(Step("part", title=said, steps=(found,))))
    assert re.search(r"<h2><math[^>]*><mi>h</mi></math></h2>", page)


@pytest.mark.parametrize("write", [html_page, html_fragment])
def test_what_a_user_writes_does_nothing(write: Callable[[Explanation], str]) -> None:
    text = "<script>alert(1)</script> \"><img src=x onerror='1'> &amp;"
    said = Sentence("note", (("text", text),))
    name = Expression(text, latex_name(text))
    page = write(
        explained(
            Step("part", title=said, why=said, remarks=(said,)),
            Step("quantity", what=name, rule=said, sides=(Equal(name),)),
            Step("quantity", what=expression("y"), sides=(Equal(name),), rests_on=(text,)),
            title=name,
        )
    )
    tree = Tree(page)
    assert not {"script", "img"} & {tag for tag, _ in tree.elements}
    assert not any("onerror" in found for _, found in tree.elements)
    assert any(text in one for one in tree.text)


def test_the_size_of_a_long_derivation() -> None:
    long = explained(*SAMPLE.steps[1:] * 17)
    assert len(list(long.walk())) > 150
    assert len(html_page(long).encode()) < MOST_BYTES
