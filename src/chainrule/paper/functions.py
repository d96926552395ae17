"""Calls: the library's functions, the user's own, F∘G, D(F), grad(f) and new(W1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.errors import PaperError, ShapeError, TooLarge
from chainrule.graph.node import Node, extent_of, fresh
from chainrule.ops import look_up
from chainrule.ops.abstract import AbstractFunction
from chainrule.ops.broadcasting import Reshaped, as_numbers, reshape
from chainrule.ops.contract import show_shape
from chainrule.ops.indexing import take
from chainrule.ops.making import eye, ones, zeros
from chainrule.ops.naming import same
from chainrule.ops.shaping import Stack, concatenate
from chainrule.paper.calls import NO_SIZES, SIZED, call_function, find_function, setting, sizes
from chainrule.paper.closures import Closure, abstract_closure, derivative_of
from chainrule.paper.dependencies import parts
from chainrule.paper.derivatives import Value
from chainrule.paper.limits import MOST_CALLS, MOST_ENTRIES
from chainrule.paper.literals import whole_number
from chainrule.paper.program import Asked, Layout
from chainrule.paper.scope import Local, Scope
from chainrule.paper.suggest import quoted
from chainrule.paper.syntax import (
    Call,
    Composition,
    Derivative,
    Expression,
    FunctionDefinition,
    Index,
    Name,
    Number,
)

__all__ = ["Functions"]

OPERATORS = frozenset({"D", "grad"})


class Functions:
    """Calls within a scope; `value` is the meaning of an argument."""

    def __init__(self, scope: Scope, value: Callable[[Expression, Local], Value]) -> None:
        self.scope = scope
        self.value = value
        self.depth = 0
        self.differentiating: dict[str, bool] = {}
        self.at_points: dict[tuple[str | Node, ...], tuple[Value, list[Asked]]] = {}

    def call(self, call: Call, local: Local) -> Value:
        """The value of `f(a, b)`."""
        function = call.function
        if isinstance(function, Name) and function.name == "new":
            return self._new(call, local)
        if isinstance(function, Name) and function.name in OPERATORS and self._is_misused(call):
            raise PaperError(
                f"{function.name} takes one function, as in {function.name}(f)(1, 2); "
                "the derivative by a quantity is ∂L/∂w."
            )
        if isinstance(function, Name) and not self._is_own(function.name, local):
            return Value(self._library(function.name, call, local))
        closure = self._closure(function, local)
        if call.keywords:
            raise PaperError(f"{closure.name} has no settings.")
        return closure([self.value(argument, local).node for argument in call.arguments])

    # --- the library's functions ------------------------------------------------------------

    def _library(self, name: str, call: Call, local: Local) -> Node:
        if name in SIZED:
            return _sized(name, call, self.scope.sizes)
        scope = self.scope
        function = scope.pinned(call.function.span, find_function, name, {**scope.keyed, **local})
        words = {
            key
            for key, form in zip(function.keywords, function.forms, strict=True)
            if "str" in form
        }
        settings = {
            key: scope.pinned(e.span, setting, e, NO_SIZES if key in words else scope.sizes)
            for key, e in call.keywords
        }
        arguments = call.arguments
        if name == "reshape" and len(arguments) > 1:
            settings["to"] = scope.pinned(call.span, sizes, arguments[1:], scope.sizes)
            arguments = arguments[:1]
        nodes = [self.value(argument, local).node for argument in arguments]
        nodes = [_laid_out(node) for node in nodes] if name == "reshape" else nodes
        try:
            return call_function(function, nodes, settings)
        except ShapeError as problem:
            spans = [argument.span for argument in arguments]
            raise scope.with_shapes(problem, *zip(spans, nodes, strict=True)) from None

    def _is_misused(self, call: Call) -> bool:
        """Whether D or grad is called with anything but a function, or a function and a place."""
        which = call.arguments[1:]
        places = [one for one in which if isinstance(one, Number) and one.text.isdecimal()]
        return not call.arguments or len(which) > 1 or places != [*which] or bool(call.keywords)

    def _is_own(self, name: str, local: Local) -> bool:
        """Whether a called name is the user's; an array that is called is a mistake."""
        is_value = name in local or name in self.scope.values
        if not is_value and abstract_closure(name, self.scope) is not None:
            return True
        if name in self.scope.functions or (name in OPERATORS and not is_value):
            return True
        if is_value and look_up(name) is None:
            raise PaperError(
                f"{quoted(name)} is an array, not a function. Write {name}[...] for an entry, "
                f"{name} * (...) for a product."
            )
        return False

    # --- functions as values ----------------------------------------------------------------

    def _closure(self, expression: Expression, local: Local) -> Closure:
        """What an expression in the place of a function means."""
        if isinstance(expression, Composition):
            return self._composed([self._closure(f, local) for f in expression.functions])
        if isinstance(expression, Name):
            return self._named(expression, local)
        if isinstance(expression, Call) and isinstance(expression.function, Name):
            operator = expression.function.name
            if operator in OPERATORS and not self._is_misused(expression):
                inner = self._closure(expression.arguments[0], local)
                by = [whole_number(place) for place in expression.arguments[1:]]
                return self._differentiated(operator, inner, by[0] if by else None)
        problem = "A function is expected here: its name, F∘G, D(F) or grad(f)."
        raise PaperError(problem).at(self.scope.source, expression.span)

    def _named(self, name: Name, local: Local) -> Closure:
        scope = self.scope
        statement = scope.functions.get(name.name)
        if statement is not None:
            return Closure(name.name, statement.parameters, lambda a: self._unfolded(statement, a))
        abstract = abstract_closure(name.name, scope)
        if abstract is not None:
            return abstract
        if self._is_own(name.name, local):
            problem = f"{name.name}(F) is a function and needs a point: {name.name}(F)(1, 2)."
            raise PaperError(problem).at(scope.source, name.span)
        function = scope.pinned(name.span, find_function, name.name, scope.keyed)
        fixed = function.most if function.fewest == function.most else None
        parameters = None if fixed is None else ("x", "y", "z")[:fixed]
        return Closure(name.name, parameters, lambda a: Value(call_function(function, a, {})))

    def _unfolded(self, statement: FunctionDefinition, arguments: list[Node]) -> Value:
        """The body with nodes for the parameters; the same call is unfolded once."""
        key = statement.name, tuple(arguments)
        known = self.scope.unfolded.get(key)
        if known is None:
            own = self.differentiating.get(statement.name)
            if own is None:  # looked through once, however often the function is called
                own = _differentiates_by_a_parameter(statement)
                self.differentiating[statement.name] = own
            if own:
                arguments = [fresh(same, argument) for argument in arguments]
            values = map(Value, arguments)
            local = dict(zip(statement.parameters, values, strict=True))
            known = self.scope.unfolded[key] = self._body(statement, local)
        return known

    def _body(self, statement: FunctionDefinition, local: Local) -> Value:
        if self.depth >= MOST_CALLS:
            problem = f"Functions call each other more than {MOST_CALLS} deep."
            raise TooLarge(problem).at(self.scope.home, statement.name_span)
        self.depth += 1
        try:
            with self.scope.reading(self.scope.home):
                return self.value(statement.body, local)
        finally:
            self.depth -= 1

    def _composed(self, closures: list[Closure]) -> Closure:
        def build(arguments: list[Node]) -> Value:
            value = closures[-1](arguments)
            for inner, closure in zip(closures[:0:-1], closures[-2::-1], strict=True):
                self.scope.trail.append((inner.name, value.node))
                value = closure([value.node])
            return value

        name = "∘".join(closure.name for closure in closures)
        is_abstract = any(closure.is_abstract for closure in closures)
        return Closure(f"({name})", closures[-1].parameters, build, is_abstract)

    # --- derivatives at a point -------------------------------------------------------------

    def _differentiated(self, operator: str, inner: Closure, by: int | None) -> Closure:
        """D(F) or grad(f) as a function of the point; D(F, 1) by the second argument alone."""
        name = inner.name[1:-1] if inner.name.startswith("(") else inner.name
        own = f"{operator}({name})" if by is None else f"{operator}({name}, {by})"

        def build(arguments: list[Node]) -> Value:
            derivatives = self.scope.derivatives
            key: tuple[str | Node, ...] = (own, *arguments)
            if key in self.at_points:
                value, asked = self.at_points[key]
                derivatives.asked += asked
                return value
            before = len(derivatives.asked)
            value = at_point(arguments)
            self.at_points[key] = value, derivatives.asked[before:]
            return value

        def at_point(arguments: list[Node]) -> Value:
            arguments = as_numbers(tuple(arguments))
            if by is not None and not 0 <= by < len(arguments):
                raise PaperError(
                    f"{own} is by the argument at place {by}, counted from 0; "
                    f"there are {len(arguments)}."
                )
            if by is None and len(arguments) > 1 and all(node.shape == () for node in arguments):
                return self._at_numbers(own, operator, inner, arguments)
            point = [fresh(same, argument) for argument in arguments]
            result, names = self._traced(own, operator, inner, point)
            names = [*zip(inner.parameters or (), point, strict=False), *names]
            derivative = self.scope.derivatives.derivative
            wanted = point if by is None else [point[by]]
            parts = [derivative(result, node, names=tuple(names)) for node in wanted]
            if inner.is_abstract:  # of which only the point is written: f'(x), D(f)(x)
                parts = [_at_arguments(part, point, arguments) for part in parts]
            if own_derivative is not None and len(arguments) == len(own_derivative.takes):
                parts = [_in_matrix_form(own_derivative(*arguments), parts[0])]
            if len(parts) == 1:
                return parts[0]
            if operator == "grad":
                raise ShapeError(f"{own}: a gradient is by one array or by several numbers.")
            return _side_by_side(result, point, parts)

        own_derivative = derivative_of(inner.operation, by)
        return Closure(own, inner.parameters, build, inner.is_abstract, own_derivative)

    def _at_numbers(self, own: str, operator: str, inner: Closure, arguments: list[Node]) -> Value:
        """By several numbers at once: they are the entries of one point, under their names."""
        point = fresh(Stack(), *arguments)
        entries = [take(point, at) for at in range(len(arguments))]
        result, names = self._traced(own, operator, inner, entries)
        parameters = inner.parameters or ()
        aliases = tuple(zip(parameters, entries, strict=False))
        names = [(f"({', '.join(parameters)})", point), *names]
        return self.scope.derivatives.derivative(result, point, names=tuple(names), aliases=aliases)

    def _traced(
        self, own: str, operator: str, inner: Closure, point: list[Node]
    ) -> tuple[Node, list[tuple[str, Node]]]:
        """The function's value at the point, and the names of what lies on the way."""
        outer, self.scope.trail = self.scope.trail, []
        asked = self.scope.derivatives.asked
        before = len(asked)
        result = inner(point).node
        del asked[before:]  # derivatives on the way, as in D(D(f)), are not asked for themselves
        names = [*self.scope.trail, (inner.name, result)]
        self.scope.trail = outer
        if operator == "grad" and result.shape != ():
            raise ShapeError(
                f"{own}: {inner.name} gives {show_shape(result.shape)}, and only a number has a "
                f"gradient; D({inner.name}) is the Jacobian."
            )
        return result, names

    # --- the values after the step ----------------------------------------------------------

    def _new(self, call: Call, local: Local) -> Value:
        """new(W1): the value at the end of the step; of anything else, with every update made."""
        if len(call.arguments) != 1 or not isinstance(call.arguments[0], Name) or call.keywords:
            raise PaperError("new takes one name: new(W1) is W1 after its update.")
        scope = self.scope
        name = call.arguments[0]
        if name.name in scope.new:
            return scope.new[name.name]
        old = self.value(name, local)
        if not scope.new and not any(key.startswith("new ") for key in scope.keyed):
            raise PaperError(f"Nothing is updated in this file, so there is no new({name.name}).")
        changes = {scope.values[key].node: value.node for key, value in scope.new.items()}
        return _replaced(old, changes)


def _laid_out(node: Node) -> Node:
    """D(F)(x) of a function without a formula in its own axes, not as a matrix; else the node."""
    inner = node.inputs[0] if isinstance(node.operation, Reshaped) and not node.distinct else node
    return inner if isinstance(inner.operation, AbstractFunction) else node


def _differentiates_by_a_parameter(statement: FunctionDefinition) -> bool:
    """Whether a body holds ∂…/∂x for a parameter x, which then is a quantity of its own.

    Elsewhere a parameter is its argument, so that equal arguments stay one node.
    """
    for part in parts(statement.body):
        if isinstance(part, Derivative):
            wrt = part.wrt.operand if isinstance(part.wrt, Index) else part.wrt
            if isinstance(wrt, Name) and wrt.name in statement.parameters:
                return True
    return False


def _replaced(value: Value, changes: Mapping[Node, Node]) -> Value:
    """The value computed from other nodes."""
    from chainrule.differentiate.batched import replaced  # loaded where it is needed

    return Value(replaced([value.node], changes)[0], value.layout)


def _at_arguments(value: Value, point: list[Node], arguments: list[Node]) -> Value:
    """The value with the arguments themselves in the place of the point's own nodes."""
    return _replaced(value, dict(zip(point, arguments, strict=True)))


def _in_matrix_form(entries: Node, like: Value) -> Value:
    """The derivative with these entries, laid out as `like`."""
    return Value(reshape(entries, to=like.node.shape), like.layout)


def _side_by_side(result: Node, point: list[Node], parts: list[Value]) -> Value:
    """The columns of all arguments, each flattened row by row."""
    blocks = [
        reshape(part.node, to=(result.size, node.size))
        for part, node in zip(parts, point, strict=True)
    ]
    joined = concatenate(*blocks, axis=1)
    if result.shape == ():
        return Value(reshape(joined, to=joined.shape[1:]), Layout((), joined.shape[1:]))
    return Value(joined, Layout(result.shape, joined.shape[1:]))


def _sized(name: str, call: Call, named: Mapping[str, int]) -> Node:
    """zeros(3, 2), ones(3, 1), eye(3)."""
    shape = sizes(call.arguments, named)
    entries = extent_of(shape * 2 if name == "eye" else shape)
    if entries > MOST_ENTRIES:
        raise TooLarge(f"{name} would hold {entries:,} numbers; at most {MOST_ENTRIES:,} fit.")
    if name != "eye":
        return zeros(shape) if name == "zeros" else ones(shape)
    if len(shape) != 1:
        raise PaperError("eye takes one size: eye(3) is the 3 × 3 identity matrix.")
    return eye(shape[0])
