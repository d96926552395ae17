"""`chainrule solve|explain|draw|code|train|check`: arguments, files, exit codes.

0: done.  1: `check` found something wrong.  2: something the user can put right, said on standard
error without a traceback.
130: interrupted.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from chainrule import __version__
from chainrule.errors import ChainruleError, DataProblem

__all__ = ["main"]

HOMES = {
    "solve": "commands",
    "explain": "explain",
    "draw": "draw",
    "code": "commands",
    "train": "train",
    "check": "check",
}
EXAMPLES = """\
examples:
  chainrule solve examples/000-C.chain              every value, derivative and update
  chainrule solve examples/002-A.chain --json       the same for machines
  chainrule explain examples/000-C.chain --wrt W1   one derivation, factor by factor
  chainrule explain examples/004-A.chain            a derivation for every question in the file
  chainrule explain examples/000-C.chain --view closed   the gradients as a person writes them
  chainrule draw examples/000-C.chain --output graph.svg   the graph with values and gradients
  chainrule code examples/000-C.chain --wrt W1      the backward pass as NumPy source
  chainrule train examples/002-A.chain --steps 1000   its updates, a thousand times
  chainrule check examples/000-C.chain examples/000-C.corrected.solution   one worked by hand
"""
SOLVE_EXAMPLES = """\
examples:
  chainrule solve examples/000-C.chain
  chainrule solve examples/002-A.chain --digits 12
  chainrule solve examples/002-A.chain --json | python -m json.tool
  chainrule solve examples/network.py:loss --args examples/network.npz
"""
CODE_EXAMPLES = """\
examples:
  chainrule code examples/000-C.chain --wrt W0,W1
  chainrule code examples/002-A.chain --output step.py && python step.py
  chainrule code examples/000-C.chain --of S --wrt O
  chainrule code examples/network.py:loss --args examples/network.npz --wrt W1
"""
EXPLAIN_EXAMPLES = """\
examples:
  chainrule explain examples/000-C.chain --wrt W1
  chainrule explain examples/000-C.chain --of S --wrt W0
  chainrule explain examples/000-C.chain --view closed --wrt W1,W0
  chainrule explain examples/002-A.chain --view backward --wrt W1,b1
  chainrule explain examples/003-1.x1.chain --view scalar --wrt v
  chainrule explain examples/002-A.chain --by-hand --decimals 2 --wrt W3
  chainrule explain examples/000-C.chain --to html --lang ko --output lecture.html
  chainrule explain examples/003-1.x1.chain --json
  chainrule explain examples/network.py:loss --args examples/network.npz --wrt W1
"""
DRAW_EXAMPLES = """\
examples:
  chainrule draw examples/000-C.chain
  chainrule draw examples/000-C.chain --output graph.svg
  chainrule draw examples/003-1.x1.chain --output graph.png
  chainrule draw examples/002-A.chain --to html --lang ko --output graph.html
  chainrule draw examples/002-A.chain --wrt W1 --layers backward
  chainrule draw examples/network.py:loss --args examples/network.npz --output graph.svg
"""
TRAIN_EXAMPLES = """\
examples:
  chainrule train examples/002-A.chain
  chainrule train examples/002-A.chain --steps 100 --every 10
  chainrule train examples/002-A.chain --steps 10000 --json | python -m json.tool
  chainrule train net.chain --of L --output trained.txt
"""
CHECK_EXAMPLES = """\
examples:
  chainrule check examples/000-C.chain examples/000-C.solution
  chainrule check examples/000-C.chain examples/000-C.solution --json
  chainrule check examples/000-C.chain examples/000-C.solution --to html --output report.html
  chainrule check examples/000-C.chain --class examples/000-C.answers.csv --output report.csv
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    try:
        _open_streams()
        return _run(_parser().parse_args(arguments))
    except ChainruleError as problem:
        print(_harmless(str(problem)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as in `chainrule ... | head`
        _drop_output()
        return 0
    except OSError as problem:  # a full disk, for one
        _drop_output()
        reason = os.strerror(problem.errno or 0)
        print(f"The output cannot be written: {reason}.", file=sys.stderr)
        return 2


def _harmless(text: str) -> str:
    """A text without what would steer a terminal: file names may hold anything."""
    return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)


def _run(options: argparse.Namespace) -> int:
    gc.disable()  # a command is short and keeps what it builds: collecting takes a third of it
    home = import_module(f"chainrule.cli.{HOMES[options.command]}")
    code: int | None = getattr(home, f"run_{options.command}")(options)
    sys.stdout.flush()
    return code or 0


def _drop_output() -> None:
    """What is still buffered goes nowhere, so that nothing fails once more at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_streams() -> None:
    """Formulas hold ∂ and ᵀ whatever the terminal's locale says; a closed stream takes anything."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise DataProblem(f"{self.prog}: {message}. See {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="chainrule",
        description="Back-propagation as a product of local Jacobians: read, check and run it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"chainrule {__version__}")
    # `prog` is given because working it out loads modules that nobody needs
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="chainrule"
    )
    solve = _command(commands, "solve", "every named value, question and update", SOLVE_EXAMPLES)
    _digits(solve)
    _add_explain(commands)
    _add_draw(commands)
    code = _command(
        commands, "code", "forward and backward as source that runs by itself", CODE_EXAMPLES
    )
    code.add_argument(
        "--wrt",
        metavar="NAMES",
        help="by what to differentiate, with commas between (default: all that the file asks for)",
    )
    code.add_argument("--of", metavar="NAME", help="what to differentiate (default: the loss)")
    code.add_argument("--to", choices=("numpy",), default="numpy", help="the library to write for")
    code.add_argument("--output", metavar="FILE", help="write the source to a file")
    _add_train(commands)
    _add_check(commands)
    return parser


def _add_explain(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(
        commands, "explain", "a derivation, local Jacobian by local Jacobian", EXPLAIN_EXAMPLES
    )
    parser.add_argument(
        "--wrt", metavar="NAMES", help="by what to differentiate; several with commas between"
    )
    parser.add_argument("--of", metavar="NAME", help="what to differentiate (default: the loss)")
    parser.add_argument(
        "--view",
        choices=("chain", "backward", "scalar", "closed"),
        default="chain",
        help="chain: factor by factor (default); backward: delta by delta, from the loss to the "
        "inputs; scalar: number by number, path by path; closed: the closed form, rule by rule",
    )
    parser.add_argument(
        "--to",
        choices=("text", "md", "latex", "latex-fragment", "html", "pdf"),
        help="default: as the file's name ends, else text; pdf needs chainrule[pdf]",
    )
    parser.add_argument("--output", metavar="FILE", help="write the derivation to a file")
    parser.add_argument("--digits", type=int, metavar="N", help="significant digits (default 4)")
    parser.add_argument("--decimals", type=int, metavar="N", help="decimals instead of digits")
    parser.add_argument(
        "--by-hand", action="store_true", help="go on from the displayed numbers, as on paper"
    )
    parser.add_argument("--layout", choices=("numerator", "denominator"), default="numerator")
    parser.add_argument("--flatten", choices=("rows", "columns"), default="rows")
    parser.add_argument("--lang", default="en", metavar="LANGUAGE", help="en (default), ko")


def _add_draw(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(
        commands, "draw", "the computation graph with its values and derivatives", DRAW_EXAMPLES
    )
    parser.add_argument(
        "--to",
        choices=("text", "svg", "png", "html"),
        help="default: as the output file's name ends, else text; png needs chainrule[pdf]",
    )
    parser.add_argument("--output", metavar="FILE", help="write the drawing to a file")
    parser.add_argument("--of", metavar="NAME", help="draw what this is computed from")
    parser.add_argument(
        "--wrt",
        metavar="NAMES",
        help="draw the paths from these, with commas between; all else is constant",
    )
    parser.add_argument(
        "--layers",
        choices=("both", "forward", "backward"),
        default="both",
        help="forward: formulas and values; backward: local derivatives and gradients",
    )
    parser.add_argument("--digits", type=int, metavar="N", help="significant digits (default 4)")
    parser.add_argument("--decimals", type=int, metavar="N", help="decimals instead of digits")
    parser.add_argument("--lang", default="en", metavar="LANGUAGE", help="en (default), ko")


def _add_train(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "train",
        help="the updates of a file, again and again",
        description="The updates of a file in the paper language, W := W - 0.1 * ∂L/∂W, again and "
        "again; in each step all act together, from the old values (docs/training.md). "
        "Ctrl-C stops it and shows what there is; then the exit code is 130.",
        epilog=TRAIN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="a .chain file, or - for standard input")
    parser.add_argument(
        "--steps",
        type=int,
        default=1000,
        metavar="N",
        help="how many steps (default 1000, at most 10,000,000)",
    )
    parser.add_argument(
        "--every", type=int, metavar="N", help="steps from one loss that is shown to the next"
    )
    parser.add_argument(
        "--of", metavar="NAME", help="the number to report (default: what the updates descend on)"
    )
    _digits(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, format 1 (docs/json.md)")
    parser.add_argument("--output", metavar="FILE", help="write what is found to a file")


def _add_check(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "check",
        help="a hand-worked solution, marked line by line",
        description="A hand-worked solution, marked line by line; rounding and earlier mistakes "
        "are carried forward, and the likely mistake is named (docs/checking.md). "
        "Exit code 0 when nothing is wrong, 1 when something is.",
        epilog=CHECK_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file",
        metavar="PROBLEM",
        help="a .chain file, or a Markdown file with fenced chain and solution blocks",
    )
    parser.add_argument(
        "solution", metavar="SOLUTION", nargs="?", help="a text file, or - for standard input"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="JSON, format 1 (docs/json.md)")
    form.add_argument("--to", choices=("text", "md", "html"), default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", help="write the report to a file")
    parser.add_argument("--reveal", action="store_true", help="show the true value of every line")
    parser.add_argument("--lang", default="en", metavar="LANGUAGE", help="en (default), ko")
    school = parser.add_argument_group("a whole class")
    school.add_argument(
        "--class",
        dest="answers",
        metavar="ANSWERS",
        help="a CSV file with the columns student, line, target, value; needs --output",
    )
    school.add_argument(
        "--json-lines", action="store_true", help="write one JSON object for each student"
    )
    school.add_argument(
        "--jobs", type=int, metavar="N", help="processes at a time (default: one for each core)"
    )


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, summary: str, examples: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}, of a file in the paper language or of a "
        "Python function. A Python file is run as it is: name only code that you trust.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a .chain file, - for standard input, or a Python function, module.py:function",
    )
    parser.add_argument(
        "--args", metavar="DATA", help="the Python function's arguments by name, an .npz file"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, format 1 (docs/json.md)")
    return parser


def _digits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--digits", type=int, default=6, metavar="N", help="significant digits (default 6)"
    )


if __name__ == "__main__":
    sys.exit(main())
