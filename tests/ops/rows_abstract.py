"""Functions of which only the shapes are known, by the stand-ins that they are checked with."""

from __future__ import annotations

from tests.ops.row import ONE, Row

from chainrule.graph.node import Node
from chainrule.ops.abstract import abstract_elementwise, abstract_function

g = abstract_elementwise("g")
f = abstract_function("f", inputs=((3,),), output=())
F = abstract_function("F", inputs=((3,),), output=(2,))
M = abstract_function("M", inputs=((2, 3),), output=(2,))
c = abstract_function("c", inputs=((),), output=(3,))
p = abstract_function("p", inputs=((2,), (3,)), output=())


def mixed(x: Node, y: Node) -> Node:
    return p.derivative(1).derivative(0)(x, y)


ROWS: tuple[Row, ...] = (
    Row("g : R -> R", g, ONE),
    Row("g''", abstract_elementwise("g", order=2), ONE),
    Row("f : R^3 -> R", f, (((3,),),)),
    Row("grad f", f.derivative(0), (((3,),),)),
    Row("F : R^3 -> R^2", F, (((3,),),)),
    Row("D F", F.derivative(0), (((3,),),)),
    Row("M : R^(2 x 3) -> R^2", M, (((2, 3),),)),
    Row("c : R -> R^3", c, (((),),)),
    Row("p : R^2, R^3 -> R", p, (((2,), (3,)),)),
    Row("p by both", mixed, (((2,), (3,)),)),
)
