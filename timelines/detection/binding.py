"""Rules bound to a shape: field names become columns, and what the shape cannot satisfy falls away before any row is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from timelines.detection.board import AllOf, Always, AnyOf, Node, NoneOf, Pair, Slot
from timelines.detection.expressions import And, Constant, Expression, Not, Or, Predicate, Present, SameAs, Test
from timelines.detection.logsources import Column, LogSource, Shape
from timelines.detection.questions import late


def bind(expression: Expression, shape: Shape, source: LogSource) -> Node | None:
    """The condition over this shape's columns; None when no row of the shape can satisfy it."""
    bound = _bind(expression, shape, source)
    if isinstance(bound, bool):
        return Always() if bound else None
    return bound


def _bind(expression: Expression, shape: Shape, source: LogSource) -> Node | bool:
    match expression:
        case Test():
            return _bind_test(expression, shape, source)
        case SameAs(name, other, place):
            left, right = shape.columns(source, name), shape.columns(source, other)
            return _any(Pair(a, b, place, expression) for a in left for b in right)
        case And(args):
            return _all(_bind(arg, shape, source) for arg in args)
        case Or(args):
            return _any(_bind(arg, shape, source) for arg in args)
        case Not(arg):
            bound = _bind(arg, shape, source)
            return not bound if isinstance(bound, bool) else NoneOf(bound)
        case Constant(value):
            return value


def _bind_test(test: Test, shape: Shape, source: LogSource) -> Node | bool:
    columns = shape.every(source) if test.field is None else shape.columns(source, test.field)
    absent = isinstance(test.predicate, Present) and not test.predicate.wanted
    if not columns:
        return absent  # vacuous where the shape has no such column
    putting_off = late(test.predicate)
    if len(columns) == 1:
        return Slot(columns[0], test.predicate, test, putting_off)
    slots = [Slot(column, test.predicate, test, putting_off) for column in columns]
    return _all(slots) if absent else _any(slots)  # absent: none of the columns has a value


def _all(parts: Iterable[Node | bool]) -> Node | bool:
    """All of the parts: those behind one that cannot hold are not even bound."""
    nodes: list[Node] = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            nodes.append(part)
    return True if not nodes else nodes[0] if len(nodes) == 1 else AllOf(tuple(nodes), tuple(sorted(nodes, key=_cost)))


def _any(parts: Iterable[Node | bool]) -> Node | bool:
    nodes: list[Node] = []
    for part in parts:
        if part is True:
            return True
        if part is not False:
            nodes.append(part)
    return False if not nodes else nodes[0] if len(nodes) == 1 else AnyOf(tuple(nodes))


def _cost(node: Node) -> int:
    """0 for what is answered with the rest of its column, more for what needs a pass of its own."""
    match node:
        case Slot():
            return 2 if node.late else 0
        case AllOf(args=args) | AnyOf(args=args):
            return max(map(_cost, args))
        case NoneOf(arg):
            return max(1, _cost(arg))
        case _:
            return 3


def leaves(node: Node) -> Iterator[Slot | Pair]:
    """The leaves of a bound condition, in the order written."""
    left = [node]  # a rule may name thousands of values: one loop is several times as fast as a generator a node
    while left:
        match one := left.pop():
            case Slot() | Pair():
                yield one
            case AllOf(args=args) | AnyOf(args=args):
                left.extend(reversed(args))
            case NoneOf(arg):
                left.append(arg)


def witnesses(node: Node) -> tuple[Slot, ...] | None:
    """Slots of which one at least has to hold for any row to satisfy the condition; None where it can hold without.

    Of several such sets the smallest: a rule is looked at only when a value of one of its witnesses occurs.
    """
    match node:
        case Slot():
            return (node,) if node.answered else None
        case AllOf(args=args):
            found = [slots for arg in args if (slots := witnesses(arg)) is not None]
            return min(found, key=len, default=None)
        case AnyOf(args=args):
            every: list[Slot] = []
            for arg in args:
                if (part := witnesses(arg)) is None:
                    return None
                every += part
            return tuple(every)
        case _:
            return None


def asked(nodes: Iterable[Node]) -> dict[Column, dict[Predicate, None]]:
    """Every column that the conditions look at, with the predicates they ask of it."""
    out: dict[Column, dict[Predicate, None]] = {}
    for node in nodes:
        for leaf in leaves(node):
            if isinstance(leaf, Slot):
                out.setdefault(leaf.column, {})[leaf.predicate] = None
            else:
                out.setdefault(leaf.left, {})
                out.setdefault(leaf.right, {})
    return out
