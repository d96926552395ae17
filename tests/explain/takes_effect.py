"""What would take effect in a format, if a name got there as it is: checks that nothing does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from unicodedata import category

from chainrule.explain.printers.latex import FIT

__all__ = ["check_latex", "check_markdown", "check_page", "check_text", "steers"]


def steers(text: str) -> list[str]:
    """Characters that move a terminal's cursor or turn the direction of reading."""
    turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return [one for one in text if (category(one) == "Cc" and one != "\n") or one in turning]


class Elements(HTMLParser):
    """The elements and attributes of a page, its text, comments and declarations."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.shown = ""
        self.others: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


ACTIVE = {"script", "img", "iframe", "object", "embed", "link", "form", "base", "audio", "video"}


def check_page(html: str) -> Elements:
    """A page in which nothing runs and nothing is loaded."""
    found = Elements(html)
    assert found.tags & ACTIVE == set()
    assert [name for name, _ in found.attributes if name.startswith("on")] == []
    links = [value for name, value in found.attributes if name in ("href", "src", "xlink:href")]
    assert [value for value in links if not value.startswith("#")] == []
    assert [one for one in found.others if one != "DOCTYPE html"] == []
    assert steers(html) == []
    return found


COMMAND = re.compile(r"\\([a-zA-Z]+)\*?")
NEVER = {"def", "input", "include", "write", "eval", "csname", "catcode", "openout", "immediate"}


def check_latex(latex: str) -> None:
    """LaTeX in which only what was meant to be a command is one."""
    body = latex.rpartition(r"\begin{document}")[2].replace(FIT.strip(), "")
    body, _, rest = body.partition(r"\end{document}")
    assert rest.strip() == ""
    assert set(COMMAND.findall(body)) & NEVER == set()
    assert steers(latex) == []
    assert "^^" not in body
    bare = re.sub(r"\\.", "", body)  # without what is escaped, and the letters of commands
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert re.findall(r"[%#]", re.sub(r"(?m)^%.*$", "", bare)) == []


TAG = re.compile(r"(?<!\\)<(?!/?span>)[a-zA-Z/!?]")


def check_markdown(markdown: str) -> None:
    """Markdown in which nothing that is said begins markup."""
    assert TAG.findall(markdown) == []
    assert steers(markdown) == []
    markdown = markdown.replace(r"<span>\$</span>", "")
    formulas = re.compile(r"\$\$.*?\$\$|\$(?:\\.|[^$\\\n])+\$", re.DOTALL)
    said = formulas.sub("", markdown)
    assert re.findall(r"(?<!\\)`|(?<!\\)\]\(", said) == []
    assert re.findall(r"^#+ .*\$$|^#+ ", said, re.MULTILINE)  # the headings are ours
    assert all(one.count("{") == one.count("}") for one in unescaped(formulas.findall(markdown)))


def unescaped(formulas: list[str]) -> list[str]:
    """Without what a backslash stands before."""
    return [re.sub(r"\\.", "", one) for one in formulas]


def check_text(text: str) -> None:
    assert steers(text) == []
