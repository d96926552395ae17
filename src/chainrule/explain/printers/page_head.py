"""How pages begin that stand by themselves: nothing is loaded, nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

__all__ = ["page_head"]

# The policy lets nothing be loaded, should anything ever slip through the escaping.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_head(title: str, language: str, style: str) -> Iterator[str]:
    """The lines of an HTML page before its body, in UTF-8; the title is plain text.

    >>> *_, title, _, _ = page_head("∂l/∂<x>", "en", "p { margin: 0; }")
    >>> title
    '<title>∂l/∂&lt;x&gt;</title>'
    """
    yield "<!DOCTYPE html>"
    yield f'<html lang="{escape(language)}">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>"
    yield f"<style>\n{style}</style>"
    yield "</head>"
