"""A function and its derivatives as a NumPy file that runs by itself.

>>> from chainrule.graph.source import Source
>>> from chainrule.paper.elaborate import elaborate
>>> from chainrule.paper.parser import parse
>>> text = "x = [1, 2]\\nt = [0, 1]\\ny = 2 * x\\nl = sum((y - t)^2)\\ndl/dx"
>>> paper = elaborate(parse(Source(text)))
>>> code = numpy_code(paper, paper.graph["l"], [paper.graph["x"]])
>>> print(code.source.partition("Array]:")[2].partition("if __")[0].strip())
# forward
    y = 2 * x
    l = np.sum((y - t) ** 2)
<BLANKLINE>
    # backward
    dy = 2 * (y - t)  # ∂l/∂y = 2 * (y - t)
    dx = 2 * dy  # ∂y/∂x
    return l, dx
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from chainrule.errors import ChainruleError, DataProblem
from chainrule.export.comments import joined
from chainrule.export.identifiers import Names
from chainrule.export.layout import assignment, commented, fits, is_clear, signature
from chainrule.export.program import Line, Program, program_of
from chainrule.export.sharing import part_name, shared_lines
from chainrule.export.types import annotation, element_type
from chainrule.export.verification import Verified, verified
from chainrule.graph.node import Constant, Input, Node, constant, topological
from chainrule.graph.record import Record
from chainrule.graph.sizes import Size
from chainrule.notation.numpy import NumpyWriter
from chainrule.notation.numpy_text import constant_source
from chainrule.paper.program import Paper, Updated
from chainrule.run.fusion import stand_in

__all__ = ["NumpyCode", "numpy_code"]

FUNCTION = "forward_and_backward"
# What a person writes; else 0 · log 0 and saturated shares taken care of; else nothing cancelled.
ATTEMPTS = ((False, True), (True, True), (True, False))
WORTH_A_NAME = 12  # characters of a part that is taken out of a long line
FLOATING = re.compile(r"np\.(mean|var|std|linalg\.norm)\(")  # typed as numbers of any precision
MOST_NUMBERS = 400  # more given numbers are not written into a file


class NumpyCode(Record):
    """The source, what its function is called, and how it was verified."""

    source: str
    functions: tuple[str, ...]
    verified: Verified


def numpy_code(
    paper: Paper, of: Node, wrt: Sequence[Node], updates: Sequence[Updated] = ()
) -> NumpyCode:
    """The source of `of`, its derivatives by `wrt` and the updates; executed and compared first.

    Raises:
        DataProblem: an operation has no source in NumPy.
        ChainruleError: the source does not give what the interpreter gives: an internal error.
    """
    if isinstance(of.operation, Input):
        name = paper.graph.name_of(of)
        raise DataProblem(f"{name} is given: code is written for what is computed.")
    for careful, simplified in ATTEMPTS:
        program = program_of(paper, of, wrt, updates, simplified)
        writing = _Writing(paper, program, careful)
        source = writing.source()
        found = verified(source, FUNCTION, paper, writing.parameters, program.truth)
        if found.agrees:
            functions = (*writing.functions, FUNCTION)
            return NumpyCode(source, functions, found)
    if not found.worst:
        raise DataProblem(
            "at these numbers the code divides by 0, or leaves the range of numbers, which Python "
            "refuses; give others"
        )
    raise ChainruleError(
        f"internal error: the written code gives {found.worst} otherwise than the interpreter "
        f"(relative error {found.relative_error:.1e}); nothing is printed. Please report this"
    )


class _Writing:
    """One function on its way to text."""

    def __init__(self, paper: Paper, program: Program, careful: bool) -> None:
        self.paper = paper
        self.program = program
        self.writer = NumpyWriter(careful, stand_in if careful else lambda _: None)
        self.adjoints = {line.symbol for line in program.backward}
        self.lines = self._needed()
        self.parameters = self._parameters()
        self.names = Names()
        self.called: dict[Node, str] = {}
        self._name_all()

    def source(self) -> str:
        """The whole file."""
        body = self._body()
        helpers = self._helpers()
        parts = [self._head([*helpers, *body]), *helpers, "\n".join(body)]
        self._check_sizes("\n".join(helpers), "\n".join(body))
        example = self._example()
        return "\n\n\n".join([*parts, *([example] if example else [])]) + "\n"

    @property
    def functions(self) -> list[str]:
        """The names of the functions that are taken along."""
        return [*self.writer.library, *self.writer.helpers]

    # --- what is there -----------------------------------------------------------------------

    def _needed(self) -> list[Line]:
        """The lines that a result depends on, in order; each after those it reads."""
        by_symbol = {line.symbol: line for line in self.program.lines}

        def below(symbol: Node) -> list[Node]:
            read = self._read_by(by_symbol[symbol], by_symbol)
            return [one for one in read if one in by_symbol and one is not symbol]

        order = topological(self.program.results, below)
        wanted = dict.fromkeys(by_symbol[symbol] for symbol in order)
        sections = (self.program.forward, self.program.backward, self.program.updates)
        return [line for section in sections for line in wanted if line in section]

    def _read_by(self, line: Line, symbols: Container[Node]) -> set[Node]:
        """The nodes that a line is written from, down to symbols."""

        def below(node: Node) -> Iterable[Node]:
            ends = node in symbols and node is not line.symbol
            return () if ends else self.writer.below(node)

        return set(topological([line.node], below))

    def _parameters(self) -> list[Node]:
        """The inputs that the lines read, in the order of the file."""
        symbols = {line.symbol for line in self.lines}
        read: set[Node] = set()
        for line in self.lines:
            read |= self._read_by(line, symbols)
        nodes = [self.paper.graph[name] for name in self.paper.graph.names]
        inputs = [node for node in nodes if isinstance(node.operation, Input) and node in read]
        unnamed = [n for n in read if isinstance(n.operation, Input) and n not in inputs]
        if unnamed:
            raise DataProblem(
                "this derivative is taken at a point without a name; name the quantities: "
                "x = 2, y = f(x), and ask for --of y --wrt x"
            )
        return inputs

    def _name_all(self) -> None:
        """Identifiers for parameters and lines; texts are written once to see what they call."""
        symbols = [*self.parameters, *[line.symbol for line in self.lines]]
        self.called = dict.fromkeys(symbols, "_")
        for _ in self._texts():
            pass
        self.called = {}
        self.names = Names([*self.functions, *self.paper.sizes])
        graph = self.paper.graph
        for node in self.parameters:
            self.called[node] = self.names.new(graph.name_of(node) or "x")
        for line in self.lines:
            self.called[line.symbol] = self.names.new(line.name)
        self.writer.helpers.clear()
        self.writer.library.clear()

    # --- text --------------------------------------------------------------------------------

    def _head(self, rest: Sequence[str]) -> str:
        text = "\n".join(rest)
        imports = ["import math"] if "math." in text else []
        imports += ["from typing import Any"] if re.search(r"\bAny\b", text) else []
        used = ["import numpy as np", "import numpy.typing as npt"]
        title = f'"""{self._title()}"""'
        known = [node.dtype for node in self.parameters]
        kind = element_type(known)
        blocks = [title]
        blocks += ["\n".join(imports)] if imports else []
        blocks += ["\n".join(used), f"Array = npt.NDArray[np.{kind}]"]
        return "\n\n".join(blocks)

    def _title(self) -> str:
        """`l and its gradients by W0 and W1.`"""
        program = self.program
        of = self.called[program.of.symbol]
        graph = self.paper.graph
        by = [self.called.get(node) or graph.name_of(node) or "?" for node in program.by]
        kind = "gradient" if program.of.symbol.shape == () else "Jacobian"
        parts = [f"its {kind}{'s' * (len(by) > 1)} by {joined(by)}"] if by else []
        steps = [line.name.removeprefix("new_") for line in program.updates]
        parts += [f"one step of {joined(steps)}"] if steps else []
        text = f"{joined([of, *parts])}."
        return text if len(text) < 80 else f"{of}, its {kind}s and what follows from them."

    def _body(self) -> list[str]:
        program = self.program
        known = [node.dtype for node in self.parameters]
        parameters = [(self.called[node], annotation(node, known)) for node in self.parameters]
        written = self._texts()
        kinds = [annotation(node, known) for node in program.truth]
        if any("np.linalg." in row for _, rows in written for row in rows):  # typed less closely
            kinds = ["npt.NDArray[Any]" if kind == "Array" else kind for kind in kinds]
        out = signature(FUNCTION, parameters, kinds)
        if program.assumed:
            out += [f'    """Where {joined(program.assumed)}."""']
        sections = (
            ("forward", program.forward),
            ("backward", program.backward),
            ("updates", program.updates),
        )
        first = True
        for title, section in sections:
            lines = [text for line, text in written if line in section]
            if lines:
                out += ([] if first else [""]) + [f"    # {title}"]
                out += [row for rows in lines for row in rows]
                first = False
        names = [self.called[node] for node in program.results]
        returned = [f"    return {', '.join(names)}"]
        if not fits(returned[0]):
            returned = ["    return (", *[f"        {name}," for name in names], "    )"]
        return [*self._with_sizes(out), *returned]

    def _texts(self) -> list[tuple[Line, list[str]]]:
        """Each line's text; what several lines compute has a line of its own before them."""
        found: list[tuple[Line, list[str]]] = []
        for line, owner in shared_lines(
            self.lines, self.adjoints, self.writer, self.called, self.names
        ):
            for one in self._short(line):
                comment = line.comment if one is line else ""
                found.append((owner, commented(self._rows(one), comment)))
            self.called.setdefault(line.node, self.called[line.symbol])
        return found

    def _rows(self, line: Line) -> list[str]:
        text = self.writer.write(line.node, self._name_below(line))
        if line.node.shape == () and FLOATING.search(text):
            text = f"float({text})"
        return assignment(self.called[line.symbol], text)

    def _short(self, line: Line) -> Iterator[Line]:
        """The line, and before it parts of it that get names, so that each fits."""
        while not is_clear(self._rows(line)):
            lengths = {
                node: len(self.writer.write(node, self.called.get))
                for node in self.writer.below(line.node)
                if node not in self.called
            }
            longest = max(lengths, key=lambda node: lengths[node], default=None)
            if longest is None or lengths[longest] < WORTH_A_NAME:
                break
            name = part_name(longest, line, self.adjoints, self.writer, self.called)
            self.called[longest] = self.names.new(name)
            yield from self._short(Line(name, longest, longest))
        yield line

    def _name_below(self, line: Line) -> Callable[[Node], str | None]:
        return lambda node: None if node is line.symbol else self.called.get(node)

    def _with_sizes(self, out: list[str]) -> list[str]:
        """`n = W.shape[0]` for each size that a line reads by its name."""
        text = "\n".join(out)
        lines = [
            self._size(name)
            for name in self.paper.sizes
            if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)
        ]
        at = next(at for at, row in enumerate(out) if row.startswith("    # "))
        return [*out[: at + 1], *lines, *out[at + 1 :]]

    def _check_sizes(self, helpers: str, body: str) -> None:
        """Refuse what would hold for one number only, by which a size is represented here."""
        lines = [line.node for line in self.lines]
        stand_ins = {
            str(int(length))
            for node in topological(lines, self.writer.below)
            for length in node.shape
            if isinstance(length, Size)
        }
        numbers = set(re.findall(r"(?<![\w.])\d+(?![\w.])", f"{helpers}\n{body}"))
        numbers -= set(re.findall(r"\d+", self.paper.source.text))
        named = [one for one in self.paper.sizes if re.search(rf"\b{re.escape(one)}\b", helpers)]
        if stand_ins & numbers or named:
            raise DataProblem(
                f"a line needs a size ({', '.join(self.paper.sizes)}) as a number: "
                "write the shapes with numbers, R^(3 x 2)"
            )

    def _size(self, name: str) -> str:
        for node in self.parameters:
            for axis, length in enumerate(node.shape):
                if str(length) == name:
                    return f"    {name} = {self.called[node]}.shape[{axis}]"
        raise DataProblem(f"the size {name} is no length of an argument")

    def _helpers(self) -> list[str]:
        from chainrule.export.helpers import library_source, made_source

        known = [node.dtype for node in self.parameters]
        made = [made_source(one, known) for one in self.writer.helpers.values()]
        return [*library_source(self.writer.library), *made]

    def _example(self) -> str:
        """The file's own numbers, the call, and what it gives."""
        values = self.paper.values
        if not self.parameters or any(node not in values for node in self.parameters):
            return ""
        if sum(values[node].size for node in self.parameters) > MOST_NUMBERS:
            return ""
        texts = {given.node: given.texts for given in self.paper.givens}
        out = ['if __name__ == "__main__":']
        for node in self.parameters:
            number = constant(values[node], values[node].dtype, texts[node] or None)
            assert isinstance(number.operation, Constant)
            out += assignment(self.called[node], constant_source(number.operation))
        names = [self.called[node] for node in self.program.results]
        arguments = ", ".join(self.called[node] for node in self.parameters)
        target = ", ".join(names)
        if len(target) > 40:
            out += assignment("results", f"{FUNCTION}({arguments})")
            listed = ", ".join(f'"{name}"' for name in names)
            out += assignment("names", f"[{listed}]")
            out += ["    for name, value in zip(names, results, strict=True):"]
            return "\n".join([*out, '        print(f"{name} =", value, sep="\\n")'])
        out += assignment(target, f"{FUNCTION}({arguments})")
        for name, node in zip(names, self.program.results, strict=True):
            apart = ', sep="\\n"' if node.ndim > 1 else ""
            out.append(f'    print("{name} =", {name}{apart})')
        return "\n".join(out)
