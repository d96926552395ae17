"""The contract of an operation: everything the library knows of it, in about ten lines.

An operation states its result's shape, its value, its **local Jacobians** (one structured map
an input, with graph nodes as entries), how it is written and said, and what holds of it.  All
else (reverse and forward mode, full Jacobians, explanations, marking, code) is derived.

A `Composite` states a body instead: its value and its Jacobian are its body's.

An operation of one's own, in full:

>>> class Square(Elementwise):
...     name = "square_of"
...     derivatives = ("2x",)
...     sentence = "The derivative of a square is twice what is squared."
...     def evaluate(self, k, x):
...         return x * x
...     def jacobians(self, y, x):
...         return (Diagonal(2 * x),)
>>> square_of = paper_operation(Square())
>>> from chainrule.graph.node import variable
>>> square_of(variable((3,))).shape
(3,)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, ClassVar, TypeVar

from chainrule.errors import ShapeError
from chainrule.graph.facts import Fact
from chainrule.graph.node import Computation, Node, Shape, size_of, topological, variable
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import Diagonal, Identity, LinearComputation, LinearMap

__all__ = [
    "PAPER",
    "TURN",
    "Composite",
    "Diagonal",
    "Elementwise",
    "LinearOperation",
    "Operation",
    "PaperFunction",
    "body_cost",
    "edges",
    "lower_nodes",
    "paper_function",
    "paper_operation",
    "paper_settings",
    "show_shape",
]


TURN = 2_000  # as many products take the time of one turn of a loop in Python, about


class Operation(Computation):
    """Base of every operation; see the module's first lines.

    Class attributes:
        name, aliases: what the paper language calls it.
        precedence: its level in `notation.precedence` when `text` is an infix form.
        text, latex: how it is written, with `{0}`, `{1}` for the inputs; "" means a call.
        derivatives: how each local derivative is written, `y` the result, `x`, `a`, `b` the inputs.
        sentence: what explains that derivative.
        choice: what is chosen where there is no derivative.
        facts: what holds of every result.
        domain: an interval for each input from which tests draw (the last one repeats).
        stacks: whether leading axes are a stack: it acts on trailing axes, or on those that its
            `axis` counts from the front, and on each part of the stack by itself.
        linear: whether it is linear in all its inputs together, as its local Jacobians are.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    arity: ClassVar[int] = 1
    precedence: ClassVar[str] = "call"
    text: ClassVar[str] = ""
    latex: ClassVar[str] = ""
    derivatives: ClassVar[tuple[str, ...]] = ()
    sentence: ClassVar[str] = ""
    choice: ClassVar[str] = ""
    facts: ClassVar[frozenset[Fact]] = frozenset()
    domain: ClassVar[tuple[tuple[float, float], ...]] = ((-2.0, 2.0),)
    stacks: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        """One map an input: how the result `y` moves with it."""
        raise NotImplementedError

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """How many numbers its evaluation holds besides its result, and how many products it takes.

        An estimate from above, by which work that would exhaust the machine is refused.  A product
        is a unit of time, a nanosecond: what takes longer for each counts as more of them.
        """
        return 0, size_of(self.shape(*shapes)) + sum(map(size_of, shapes))

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        """The fields as they are written after the inputs; a default is left out."""
        return [
            (name, value)
            for name, value in zip(self.fields, self.key(), strict=True)
            if not hasattr(type(self), name) or getattr(type(self), name) != value
        ]


class Elementwise(Operation):
    """Acts on each entry by itself; inputs have one shape (broadcasting is a node of its own)."""

    stacks = True

    def shape(self, *shapes: Shape) -> Shape:
        for shape in shapes[1:]:
            if shape != shapes[0]:
                raise ShapeError(
                    f"{self.name} acts entry by entry, and the shapes "
                    f"{show_shape(shapes[0])} and {show_shape(shape)} differ"
                )
        return shapes[0]


class LinearOperation(Operation, LinearComputation):
    """Linear in some inputs, whose local Jacobian is then `Multilinear(self, inputs, position)`."""


class Composite(Operation):
    """An operation defined by a body over other operations; evaluated and differentiated as it."""

    def body(self, *inputs: Node) -> Node:
        """The node that this one stands for."""
        raise NotImplementedError

    def declared(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...] | None:
        """Shorter local Jacobians than the body's, if there are any; tested against it."""
        return None

    def shape(self, *shapes: Shape) -> Shape:
        return self.body(*[variable(shape) for shape in shapes]).shape


def edges(node: Node) -> tuple[tuple[Node, LinearMap], ...]:
    """The inputs a node varies with, each with its local Jacobian.

    A composite is one edge to its body, through which the identity passes.
    """
    operation = node.operation
    if not node.inputs or node.dtype.kind != "f":
        return ()
    if not isinstance(operation, Operation):
        raise TypeError(f"{operation.name} states no Jacobians")
    if isinstance(operation, Composite):
        maps = operation.declared(node, *node.inputs)
        if maps is None:
            return ((operation.body(*node.inputs), Identity(node.shape)),)
    else:
        maps = operation.jacobians(node, *node.inputs)
    return tuple(
        [edge for edge in zip(node.inputs, maps, strict=True) if edge[0].dtype.kind == "f"]
    )


def lower_nodes(node: Node) -> tuple[Node, ...]:
    """What a node's value is computed from: its inputs, or the body it stands for."""
    operation = node.operation
    return (operation.body(*node.inputs),) if isinstance(operation, Composite) else node.inputs


def body_cost(body: Node, given: Collection[Node] = ()) -> tuple[int, int]:
    """The cost of all that a node is computed from, down to what is given."""
    held = work = 0
    for node in topological([body], lambda one: () if one in given else lower_nodes(one)):
        if node not in given and isinstance(node.operation, Operation):
            more, products = node.operation.cost(*[lower.shape for lower in node.inputs])
            held += node.size + more
            work += products
    return held, work


def show_shape(shape: Shape) -> str:
    """A shape as one says it.

    >>> show_shape(()), show_shape((3,)), show_shape((2, 3))
    ('a number', '(3)', '(2 × 3)')
    """
    return f"({' × '.join(map(str, shape))})" if shape else "a number"


class PaperFunction(Record):
    """A name of the paper language and what it builds: nodes by position, settings by keyword."""

    name: str
    build: Callable[..., Node]
    fewest: int
    most: int | None
    keywords: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()  # keywords without a default
    forms: tuple[str, ...] = ()  # the annotations of the keywords


PAPER: dict[str, PaperFunction] = {}
SomeOperation = TypeVar("SomeOperation", bound=Operation)
Builder = TypeVar("Builder", bound=Callable[..., Node])


def paper_operation(operation: SomeOperation) -> SomeOperation:
    """Make an operation without settings callable by its name in the paper language."""
    names = (operation.name, *operation.aliases)
    for name in names:
        PAPER[name] = PaperFunction(name, operation, operation.arity, operation.arity)
    return operation


def paper_settings(operation: type[Operation]) -> None:
    """Make an operation callable with its fields as settings: `place(u, index=[0], to=[3])`."""

    def build(*inputs: Node, **settings: Any) -> Node:
        return operation(**settings)(*inputs)

    needed = tuple(name for name in operation.fields if not hasattr(operation, name))
    stated: dict[str, Any] = {}
    for base in reversed(operation.__mro__):
        stated |= base.__dict__.get("__annotations__", {})  # noqa: RUF063 (inspect is slow)
    forms = tuple(str(stated.get(name, "Any")) for name in operation.fields)
    PAPER[operation.name] = PaperFunction(
        operation.name, build, operation.arity, operation.arity, operation.fields, needed, forms
    )


def paper_function(*aliases: str) -> Callable[[Builder], Builder]:
    """Make a builder callable in the paper language: positional nodes, keyword-only settings."""

    def register(build: Builder) -> Builder:
        code: Any = build.__code__
        fewest = code.co_argcount - len(build.__defaults__ or ())
        most = None if code.co_flags & 0x04 else code.co_argcount
        keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        needed = tuple(name for name in keywords if name not in (build.__kwdefaults__ or {}))
        forms = tuple(str(build.__annotations__[name]) for name in keywords)
        for name in (build.__name__.strip("_"), *aliases):
            PAPER[name] = PaperFunction(name, build, fewest, most, keywords, needed, forms)
        return build

    return register
