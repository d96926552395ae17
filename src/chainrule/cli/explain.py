"""`chainrule explain`: a derivation in a view, printed in a format."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from chainrule.cli.commands import json_text, load, print_json
from chainrule.cli.files import write_bytes, write_text
from chainrule.cli.style import form_of, style_of
from chainrule.errors import DataProblem
from chainrule.explain.explain import Explained, explained, explanation
from chainrule.explain.explanation import Explanation
from chainrule.explain.options import Options
from chainrule.explain.solution import solution_of
from chainrule.explain.topics import names_in_list, topics_of
from chainrule.paper.program import Paper

__all__ = ["run_explain"]

ENDINGS = {"txt": "text", "md": "md", "tex": "latex", "html": "html", "pdf": "pdf"}


def run_explain(options: Namespace) -> None:
    """`chainrule explain FILE`."""
    form = form_of(options, ENDINGS) if not options.json else "json"
    style = style_of(options)
    how = Options(
        style.digits,
        style.decimals,
        options.by_hand,
        options.layout,
        options.flatten,
        style.language,
    )
    paper = load(options.file, options.args)
    wrt = None if options.wrt is None else names_in_list(options.wrt)
    topics = topics_of(paper, options.of, wrt)
    if options.json:
        _print_json(_json(paper, explained(paper, topics, options.view, how)), options.output)
    else:
        _print(explanation(paper, topics, options.view, how), form, options.output)


def _print_json(found: dict[str, Any], output: str | None) -> None:
    if output is None:
        print_json(found)
    else:
        write_text(output, json_text(found))


def _print(found: Explanation, form: str, output: str | None) -> None:
    if form == "pdf":
        from chainrule.explain.printers.pdf import pdf

        if output is None and sys.stdout.isatty():
            raise DataProblem("A PDF is not for a terminal; name a file: --output derivation.pdf.")
        data = pdf(found)
        if output is None:
            sys.stdout.buffer.write(data)
        else:
            write_bytes(output, data)
    elif output is not None:
        write_text(output, found.to(form) + "\n")
    elif form == "text":
        from chainrule.explain.printers.terminal import show

        show(found)
    else:
        print(found.to(form))


def _json(paper: Paper, found: Explained) -> dict[str, Any]:
    """The tree of steps; of the chain and the closed view also what they are made from."""
    from chainrule.explain.schema import tree_json

    return _details(paper, found) | {"explanation": tree_json(found.explanation)}


def _details(paper: Paper, found: Explained) -> dict[str, Any]:
    view = found.explanation.view
    if view == "closed":
        from chainrule.explain.closed_json import closed_json

        return closed_json(found.own.closed_views)
    from chainrule.explain.forward import forward_lines
    from chainrule.explain.schema import explanation_json, solution_json

    solution = solution_of(paper, found.values)
    forward = forward_lines(found.evaluation.source, found.evaluation)
    if view == "chain":
        return explanation_json(solution, forward, found.own.derivations)
    return solution_json(solution, forward) | {"view": view}
