"""What each command does, once its arguments are read."""

from __future__ import annotations

import sys
from argparse import Namespace

from chainrule.cli.files import read_source, write_text
from chainrule.cli.screen import show_lines
from chainrule.errors import DataProblem
from chainrule.explain.plain_solution import solution_lines
from chainrule.explain.solution import explainable, solve
from chainrule.explain.topics import asked_in, loss_of, names_in_list, node_named
from chainrule.graph.node import Node
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper

__all__ = ["json_text", "load", "print_json", "run_code", "run_solve"]


def run_solve(options: Namespace) -> None:
    """`chainrule solve FILE`."""
    digits = _digits(options)
    paper = load(options.file, options.args)
    solution = solve(paper)
    if options.json:
        from chainrule.explain.forward import forward_lines
        from chainrule.explain.numbers.evaluation import Evaluation
        from chainrule.explain.options import Options
        from chainrule.explain.schema import solution_json

        source = explainable(paper)
        evaluation = Evaluation(source, Options(digits=digits))
        print_json(solution_json(solution, forward_lines(source, evaluation)))
    else:
        show_lines(solution_lines(solution, digits))


def run_code(options: Namespace) -> None:
    """`chainrule code FILE`."""
    from chainrule.export.numpy_source import numpy_code

    paper = load(options.file, options.args)
    of = node_named(paper, options.of) if options.of else _last_asked(paper)
    if options.wrt is not None:
        wrt = [node_named(paper, name) for name in names_in_list(options.wrt)]
        updates = [update for update in paper.updates if update.old in wrt]
    else:
        wrt = list(dict.fromkeys(one.wrt for one in asked_in(paper) if one.of is of))
        updates = [one for one in paper.updates if any(asked.of is of for asked in one.asked)]
        if not wrt:
            name = paper.graph.name_of(of)
            raise DataProblem(f"The file asks for no derivative of {name}; name one: --wrt W.")
    code = numpy_code(paper, of, wrt, updates)
    if options.output is not None:
        write_text(options.output, code.source)
    if options.json:
        from chainrule.export.schema import code_json

        print_json(code_json(code))
    elif options.output is None:
        sys.stdout.write(code.source)


def load(path: str, arguments: str | None = None) -> Paper:
    """The program in a file, or the one that a Python function is.

    Raises:
        ChainruleError: the file cannot be read, or the program is wrong.
    """
    if ".py:" in path:
        from chainrule.cli.functions import load_function

        return load_function(path, arguments)
    if arguments is not None:
        raise DataProblem("--args is for a Python function, module.py:function.")
    return elaborate(parse(read_source(path)))


def _last_asked(paper: Paper) -> Node:
    """Of what the file differentiates the last named number, else the first named quantity."""
    asked = dict.fromkeys(one.of for one in asked_in(paper))
    named = [paper.graph[name] for name in paper.graph.names if paper.graph[name] in asked]
    numbers = [node for node in named if node.shape == ()]
    return numbers[-1] if numbers else named[0] if named else loss_of(paper)


def _digits(options: Namespace) -> int:
    if not 1 <= options.digits <= 17:
        raise DataProblem(f"--digits takes a number from 1 to 17, not {options.digits}.")
    return int(options.digits)


def print_json(found: object) -> None:
    """An object as one line of JSON."""
    sys.stdout.write(json_text(found))


def json_text(found: object) -> str:
    """An object as one line of JSON, with its newline."""
    import json

    return json.dumps(found, ensure_ascii=False, allow_nan=False) + "\n"
