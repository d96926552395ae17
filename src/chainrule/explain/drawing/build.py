"""The drawing of a program: what is read by what, with values, local derivatives and gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chainrule.differentiate.jacobian import derivative, jacobian
from chainrule.differentiate.walk import adjoints
from chainrule.errors import TooLarge
from chainrule.explain.closed_form import closed_derivative
from chainrule.explain.drawing.blocks import block, is_small, shape_block
from chainrule.explain.drawing.graph import Block, Constant, Drawing, Edge, Gradient, Quantity
from chainrule.explain.drawing.local import ARRANGED, Local, local
from chainrule.explain.drawing.measure import cells, clean, clipped
from chainrule.explain.drawing.scenes import Scene, scenes
from chainrule.explain.explanation import Sentence
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.options import USUAL, Options
from chainrule.graph.node import Node, node_budget, topological
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.making import zeros
from chainrule.paper.program import Paper

__all__ = ["drawing_of"]

MOST_NODES = 60_000  # that local derivatives and gradients may take
MOST_WRITTEN = 20_000  # the same, to be written in symbols
MOST_BELOW = 300  # nodes below what a closed form is looked for of
MOST_JACOBIAN = 20  # entries of a derivative that is no gradient, under a node
WIDEST_NAME = 24
WIDEST_CONSTANT = 30
WIDEST_FORMULA = 34  # of a gradient without numbers


def drawing_of(
    paper: Paper,
    of: Node | None = None,
    wrt: Sequence[Node] = (),
    options: Options = USUAL,
    layers: str = "both",
) -> Drawing:
    """The computation graph of a program, or of what lies between `wrt` and `of`.

    Raises:
        DataProblem: there is nothing to draw, or `of` does not depend on `wrt`.
        TooLarge: there are more quantities than anybody reads, or too much to be computed.
    """
    quantities: list[Quantity] = []
    edges: list[Edge] = []
    aside: list[Constant] = []
    found = scenes(paper, of, wrt)
    with node_budget(MOST_NODES):
        for scene in found:
            _Drawn(scene, Evaluation(scene.source, options)).add_to(quantities, edges, aside)
    first = found[0]
    name = first.source.name(first.ofs[0]) if first.ofs else quantities[-1].name
    title = Sentence("drawing:title", (("of", clipped(clean(name), WIDEST_NAME)),))
    return Drawing(title, tuple(quantities), tuple(edges), tuple(aside), layers, options.language)


class _Drawn:
    """One scene, computed in one run and written down."""

    def __init__(self, scene: Scene, evaluation: Evaluation) -> None:
        self.scene = scene
        self.source = scene.source
        self.evaluation = evaluation
        self.of_what = _of_what(scene)
        self.slopes = _slopes(scene, self.of_what)
        self.maps = _maps(scene, self.of_what)
        with node_budget(MOST_WRITTEN):
            self.locals = {
                pair: local(self.source, *pair, map_) for pair, map_ in self.maps.items()
            }
            self.closed = dict(self._closed_forms())
        self.blocks = self._evaluated()

    def _evaluated(self) -> Mapping[Node, Block]:
        """All that is written out in numbers, from one run."""
        scene = self.scene
        wanted = [*scene.quantities, *scene.constants, *scene.aside, *self.slopes.values()]
        wanted += [one.number for one in self.locals.values() if one.number is not None]
        small = [node for node in dict.fromkeys(wanted) if is_small(node.shape)]
        values = zip(small, self.evaluation.values(small), strict=True)
        return {node: block(self.evaluation, one) for node, one in values if one is not None}

    def add_to(self, quantities: list[Quantity], edges: list[Edge], aside: list[Constant]) -> None:
        """Put the scene behind what is drawn already."""
        scene = self.scene
        place = {node: at for at, node in enumerate(scene.quantities, len(quantities))}
        quantities += map(self._quantity, scene.quantities)
        edges += [
            self._edge(place, upper, lower)
            for upper in scene.quantities
            for lower in scene.reads[upper]
            if lower in place
        ]
        aside += map(self._constant, scene.aside)

    def _quantity(self, node: Node) -> Quantity:
        formula = clean(self.source.formulas.get(self.source.name(node), ""))
        value = self.blocks.get(node) or shape_block(node.shape)
        reads = self.scene.reads[node]
        return Quantity(
            self._short(node),
            "defined" if node.inputs else "given" if node in self.source.values else "declared",
            "" if f"= {formula}" == value.text else formula,
            node.shape,
            value,
            self._gradient(node),
            tuple(self._constant(lower) for lower in reads if lower in self.scene.constants),
        )

    def _constant(self, node: Node) -> Constant:
        name = self._short(node)
        found = Constant(name, node.shape, self.blocks.get(node) or shape_block(node.shape))
        if cells(found.text) > WIDEST_CONSTANT:
            return Constant(name, node.shape, shape_block(node.shape))
        return found

    def _gradient(self, node: Node) -> Gradient | None:
        of = self.of_what.get(node)
        if of is None or (of is node and of.shape != ()):
            return None
        symbol = f"∂{self._short(of)}/∂{self._short(node)}"
        slope = self.slopes.get(node)
        shape = node.shape if of.shape == () else (of.size, node.size)
        if slope is not None and slope in self.blocks:
            return Gradient(symbol, self.blocks[slope])
        text = self.closed.get(node)
        return Gradient(symbol, Block("=", (text,)) if text else shape_block(shape))

    def _closed_forms(self) -> Iterator[tuple[Node, str]]:
        """Short closed forms of the gradients that have no numbers, while the budget lasts."""
        unknown = self.source.unknown(self.scene.quantities)
        try:
            short = {of for of in self.scene.ofs if len(topological([of])) <= MOST_BELOW}
            for node, of in self.of_what.items():
                if node is of or of not in unknown & short:
                    continue
                text = clean(closed_derivative(self.source, of, node).text)
                if cells(text) <= WIDEST_FORMULA and not any(word in text for word in ARRANGED):
                    yield node, text
        except TooLarge:
            return

    def _edge(self, place: Mapping[Node, int], upper: Node, lower: Node) -> Edge:
        symbol = f"∂{self._short(upper)}/∂{self._short(lower)}"
        found = self.locals.get((upper, lower), Local(()))
        number = None if found.number is None else self.blocks.get(found.number)
        if number is not None and number.rows[0] == found.lines[-1].rpartition("= ")[2]:
            number = None  # ∂d/∂a = 1 is a number already
        shape = upper.size, lower.size
        return Edge(place[lower], place[upper], symbol, shape, found.lines, number)

    def _short(self, node: Node) -> str:
        return clipped(clean(self.source.name(node)), WIDEST_NAME)


def _of_what(scene: Scene) -> Mapping[Node, Node]:
    """Of what each quantity shows the derivative: the first that depends on it."""
    found: dict[Node, Node] = {}
    drawn = set(scene.quantities)
    for of in scene.ofs:
        for node in topological([of], scene.reads.__getitem__):
            if node in drawn and node.dtype.kind == "f":
                found.setdefault(node, of)
    return found


def _slopes(scene: Scene, of_what: Mapping[Node, Node]) -> Mapping[Node, Node]:
    """The derivatives' nodes; none of a large Jacobian."""
    found: dict[Node, Node] = {}
    for of in scene.ofs:
        targets = [node for node in scene.quantities if of_what.get(node) is of]
        if of.shape == ():
            slopes = adjoints(of, targets) if targets else {}
            found |= {node: slopes.get(node, zeros(node.shape, node.dtype)) for node in targets}
        else:
            small = [node for node in targets if of.size * node.size <= MOST_JACOBIAN]
            found |= {node: derivative(of, node) for node in small if node is not of}
    return found


def _maps(scene: Scene, of_what: Mapping[Node, Node]) -> Mapping[tuple[Node, Node], LinearMap]:
    """The local Jacobians, where a derivative is passed on."""
    named = scene.source.graph.named_nodes
    return {
        (upper, lower): jacobian(upper, lower, named)
        for upper in scene.quantities
        if upper in of_what
        for lower in scene.reads[upper]
        if lower in of_what
    }
