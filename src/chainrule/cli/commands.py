"""What each command does, once its arguments are read."""

from __future__ import annotations

import sys
from argparse import Namespace
from itertools import islice

from chainrule.cli.files import read_source, write_text
from chainrule.cli.screen import show_lines
from chainrule.errors import DataProblem, NameProblem, ShapeError
from chainrule.explain.plain_solution import solution_lines
from chainrule.explain.solution import explainable, solve
from chainrule.explain.source import forward_steps
from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Asked, Defined, Paper, Question, Updated

__all__ = ["load", "run_code", "run_explain", "run_solve"]

MOST_EXPLAINED = 50  # derivations at once: nobody reads more, and each costs a check


class Topic(Record):
    """Derivatives to explain, and the question they lead to if it asks for more than the last."""

    question: Question | None
    asked: tuple[Asked, ...]


def run_solve(options: Namespace) -> None:
    """`chainrule solve FILE`."""
    digits = _digits(options)
    paper = load(options.file, options.args)
    solution = solve(paper)
    if options.json:
        from chainrule.explain.schema import solution_json

        _print_json(solution_json(solution, forward_steps(explainable(paper))))
    else:
        show_lines(solution_lines(solution, digits))


def run_explain(options: Namespace) -> None:
    """`chainrule explain FILE`."""
    if options.view == "closed":
        run_closed(options)
        return
    from chainrule.explain.derive import derive_all
    from chainrule.explain.plain import explanation_lines

    digits = _digits(options)
    paper = load(options.file, options.args)
    topics = _topics(paper, options)
    solution = solve(paper)
    derivations = derive_all(paper, [one for topic in topics for one in topic.asked], digits)
    if options.json:
        from chainrule.explain.schema import explanation_json

        _print_json(explanation_json(solution, forward_steps(explainable(paper)), derivations))
        return
    answers = solution.by_question
    rest = iter(derivations)
    explained = [
        (
            list(islice(rest, len(topic.asked))),
            answers[topic.question.text] if topic.question else None,
        )
        for topic in topics
    ]
    show_lines(explanation_lines(explained, digits))
    show_lines(f"Note: {note}" for note in solution.notes)


def run_closed(options: Namespace) -> None:
    """`chainrule explain FILE --view closed`."""
    from chainrule.explain.closed_json import closed_json
    from chainrule.explain.closed_view import closed_views
    from chainrule.explain.plain_closed import closed_lines

    digits = _digits(options)
    paper = load(options.file, options.args)
    views = closed_views(paper, [one for topic in _topics(paper, options) for one in topic.asked])
    if options.json:
        _print_json(closed_json(views))
    else:
        show_lines(closed_lines(views, digits))


def run_code(options: Namespace) -> None:
    """`chainrule code FILE`."""
    from chainrule.export.numpy_source import numpy_code

    paper = load(options.file, options.args)
    of = _node(paper, options.of) if options.of else _last_asked(paper)
    if options.wrt is not None:
        wrt = [_node(paper, name) for name in _names(options.wrt)]
        updates = [update for update in paper.updates if update.old in wrt]
    else:
        wrt = list(dict.fromkeys(one.wrt for one in _asked(paper) if one.of is of))
        updates = [one for one in paper.updates if any(asked.of is of for asked in one.asked)]
        if not wrt:
            name = paper.graph.name_of(of)
            raise DataProblem(f"The file asks for no derivative of {name}; name one: --wrt W.")
    code = numpy_code(paper, of, wrt, updates)
    if options.output is not None:
        write_text(options.output, code.source)
    if options.json:
        from chainrule.export.schema import code_json

        _print_json(code_json(code))
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


def _topics(paper: Paper, options: Namespace) -> list[Topic]:
    """What to explain: the derivatives named on the command line, else all that the file asks for.

    A derivative is explained where it is first asked for.
    """
    if options.wrt is not None:
        of = _node(paper, options.of) if options.of else _loss(paper)
        return [Topic(None, tuple(Asked(of, _node(paper, name)) for name in _names(options.wrt)))]
    written: list[Question | Defined | Updated]
    written = [*paper.questions, *paper.definitions, *paper.updates]
    written.sort(key=lambda one: one.span.start)
    topics = [Topic(_open_question(one), one.asked) for one in written]
    if options.of is not None:
        of = _node(paper, options.of)
        topics = [Topic(None, tuple(a for a in topic.asked if a.of is of)) for topic in topics]
    known: set[Asked] = set()
    found = []
    for topic in topics:
        new = tuple(one for one in dict.fromkeys(topic.asked) if one not in known)
        known.update(new)
        if topic.asked:
            found.append(Topic(topic.question, new))
    if not known:
        of_what = (
            f" of {options.of}; add --wrt NAME" if options.of else "; name one: --of l --wrt W"
        )
        raise DataProblem(f"The file asks for no derivative{of_what}.")
    if len(known) > MOST_EXPLAINED:
        raise DataProblem(
            f"The file asks for {len(known):,} derivatives, and at most {MOST_EXPLAINED} are "
            "explained at once; name one with --wrt."
        )
    return found


def _open_question(written: Question | Defined | Updated) -> Question | None:
    """A question that its derivatives lead to, but do not answer as they stand."""
    return written if isinstance(written, Question) and not written.is_plain else None


def _names(text: str) -> list[str]:
    """Names with commas between them."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise DataProblem(f"--wrt takes names with commas between them, not {text!r}.")
    return list(dict.fromkeys(names))


def _node(paper: Paper, name: str) -> Node:
    if name not in paper.graph:
        from chainrule.paper.suggest import did_you_mean, quoted

        nearest = did_you_mean(name, paper.graph.names)
        raise NameProblem(f"{quoted(name)} is not defined in {paper.source.path}.{nearest}")
    return paper.graph[name]


def _loss(paper: Paper) -> Node:
    """The number that the file differentiates; else the last number it defines."""
    asked = [one for question in paper.questions for one in question.asked]
    asked += [one for update in paper.updates for one in update.asked]
    for one in asked:
        if one.of.shape == () and paper.graph.name_of(one.of) is not None:
            return one.of
    for defined in reversed(paper.definitions):
        if defined.node.shape == ():
            return defined.node
    raise ShapeError("The file defines no single number to differentiate; name one with --of.")


def _asked(paper: Paper) -> list[Asked]:
    """The derivatives in questions and updates."""
    asked = [one for question in paper.questions for one in question.asked]
    return asked + [one for update in paper.updates for one in update.asked]


def _last_asked(paper: Paper) -> Node:
    """Of what the file differentiates the last named number, else the first named quantity."""
    asked = dict.fromkeys(one.of for one in _asked(paper))
    named = [paper.graph[name] for name in paper.graph.names if paper.graph[name] in asked]
    numbers = [node for node in named if node.shape == ()]
    return numbers[-1] if numbers else named[0] if named else _loss(paper)


def _digits(options: Namespace) -> int:
    if not 1 <= options.digits <= 17:
        raise DataProblem(f"--digits takes a number from 1 to 17, not {options.digits}.")
    return int(options.digits)


def _print_json(found: object) -> None:
    import json

    sys.stdout.write(json.dumps(found, ensure_ascii=False, allow_nan=False))
    sys.stdout.write("\n")
