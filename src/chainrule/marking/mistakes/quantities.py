"""The wrong quantity: another layer's value, the weights after the step, an index off by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as all_pairs

from chainrule.graph.node import Node
from chainrule.marking.mistakes.matrices import turned
from chainrule.marking.mistakes.scene import Change, Scene
from chainrule.ops.indexing import Take

__all__ = ["MUTATORS"]

MOST_OTHERS = 24  # quantities tried in the place of one
MOST_ENTRIES = 16


def others(node: Node, scene: Scene) -> Iterator[Change]:
    """Another quantity of the same shape, or one whose transpose has it."""
    if scene.depth[node] > 0 or not scene.is_quantity(node) or node is scene.target:
        return
    known = [*scene.names, *scene.labels, *scene.stops, *scene.others]
    found = 0
    for other in dict.fromkeys(known):
        is_new = scene.names.get(other, "").startswith("new(")
        if other in (node, scene.target) or is_new or other.dtype != node.dtype:
            continue
        if found == MOST_OTHERS:
            return
        details = (("other", scene.where(other)),)
        if other.shape == node.shape:
            found += 1
            yield Change("wrong-quantity", scene.where(node), ((node, other),), details)
        elif node.ndim == 2 and other.shape == node.shape[::-1]:
            found += 1
            yield Change("wrong-quantity", scene.where(node), ((node, turned(other)),), details)


def updates(node: Node, scene: Scene) -> Iterator[Change]:
    """A weight's new value used where its old one belongs, or the other way round."""
    for one in scene.paper.updates:
        place = scene.names[one.old]
        if node is one.old and scene.target is not one.new:
            users = [user for user in scene.users[node] if scene.depth[user] == 0]
            changes = []
            for user in users:
                inputs = [one.new if lower is node else lower for lower in user.inputs]
                changes.append((user, user.operation(*inputs)))
            if changes:
                yield Change("updated-too-early", place, tuple(changes))
        elif node is one.new and node is not scene.target:
            yield Change("not-updated", place, ((node, one.old),))


def entries(node: Node, scene: Scene) -> Iterator[Change]:
    """Another entry of the array than the one that is asked for."""
    if scene.is_known(node) or not isinstance(node.operation, Take):
        return
    index, array = node.operation.index, node.inputs[0]
    axes = [at for at, entry in enumerate(index) if isinstance(entry, int)]
    lengths = [range(array.shape[at]) for at in axes]
    base = scene.paper.index_base
    for count, places in enumerate(all_pairs(*lengths)):
        if count == MOST_ENTRIES:
            return
        other = list(index)
        for at, place in zip(axes, places, strict=True):
            other[at] = place
        if tuple(other) != index:
            made = Take(tuple(other), node.shape)(array)
            shown = ", ".join(str(place + base) for place in places)
            name = scene.where(array)
            name = name if scene.is_quantity(array) else f"({name})"
            details = (("other", f"{name}[{shown}]"),)
            yield Change("wrong-index", scene.where(node), ((node, made),), details)


MUTATORS = others, updates, entries
