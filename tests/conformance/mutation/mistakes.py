"""Mistakes, as a programmer makes them: one at each place of a module's syntax tree.

A comparison is inverted or moved by one, a condition is dropped or negated, `and` becomes `or`, a statement, a row of a
table or an argument is left out, a number is another.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Site(NamedTuple):
    """A place where a mistake can be made.

    Attributes:
        place: The class and function.
        what: The mistake.
        lines: What has to be reached.
        change: Makes it.
    """

    place: str
    what: str
    lines: tuple[int, int]
    change: Callable[[], None]


Changes = Iterator[tuple[str, Callable[[], None]]]


_EVERYWHERE = (0, 0)
"""The lines of what stands outside of all functions: every verdict needs it."""


def sites(tree: ast.Module) -> Iterator[Site]:
    """List the places of a module where a mistake can be made, in the order of its text."""
    for node in tree.body:
        yield from _walk(node, "", _EVERYWHERE)


def _walk(node: ast.AST, place: str, lines: tuple[int, int]) -> Iterator[Site]:
    if _is_skipped(node):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        lines = (node.lineno, node.end_lineno or node.lineno)
    elif isinstance(node, ast.stmt) and lines != _EVERYWHERE:
        lines = _head(node)
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        place = f"{place}.{node.name}".lstrip(".")
    tables = () if place else _TABLES
    for kinds, changes in (*_CHANGES, *tables):
        if isinstance(node, kinds):
            yield from (Site(place, what, lines, change) for what, change in changes(node))
    for child in _children(node):
        yield from _walk(child, place, lines)


def _head(node: ast.stmt) -> tuple[int, int]:
    """Give the lines of a statement, without those that stand inside it."""
    inside: list[ast.AST] = [*getattr(node, "body", ()), *getattr(node, "cases", ())]
    ends = (getattr(first, "lineno", 0) - 1 for first in inside[:1] if isinstance(first, ast.stmt))
    return node.lineno, max(next(ends, node.end_lineno or 0), node.lineno)


def _is_skipped(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.JoinedStr():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.Subscript(value=ast.Name(id="Literal" | "Callable" | "Mapping" | "tuple" | "Sequence")):
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case _:
            return False


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """List what is run: no annotations, no decorators, no bases of classes."""
    if isinstance(node, ast.ClassDef):
        yield from node.body
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body)
    elif isinstance(node, ast.AnnAssign):
        yield from () if node.value is None else (node.value,)
    else:
        yield from ast.iter_child_nodes(node)


# -- what can go wrong -------------------------------------------------------------------------------------------------


def _compared(node: Any) -> Changes:
    for n, op in enumerate(node.ops):
        for table in (_INVERSE, _SHIFTED):
            if type(op) in table:
                other = table[type(op)]()
                at = f" at {n + 1}" if len(node.ops) > 1 else ""
                yield f"`{_word(other)}` in `{_text(node)}`{at}", _item(node.ops, n, other)


def _joined(node: Any) -> Changes:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield f"`{_word(other)}` in `{_text(node)}`", _member(node, "op", other)
    for n, value in enumerate(node.values):
        nothing = ast.Constant(value=isinstance(node.op, ast.And))
        yield f"without `{_text(value)}` in `{_text(node)}`", _item(node.values, n, nothing)


def _negated(node: Any) -> Changes:
    if isinstance(node.op, ast.Not):
        # `not x` becomes `not not x`, which stays true or false
        yield f"no `not` in `{_text(node)}`", _member(node, "operand", ast.UnaryOp(op=ast.Not(), operand=node.operand))


def _tested(node: Any) -> Changes:
    has_own = isinstance(node.test, ast.Compare | ast.BoolOp) or (
        isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
    )
    if not has_own:
        inverse = ast.UnaryOp(op=ast.Not(), operand=node.test)
        yield f"`not {_text(node.test)}` as a test", _member(node, "test", inverse)


def _counted(node: Any) -> Changes:
    match node.value:
        case bool():
            yield f"{not node.value} for {node.value}", _member(node, "value", not node.value)
        case int():
            yield f"{node.value + 1} for {node.value}", _member(node, "value", node.value + 1)
        case float():
            yield f"{node.value * 2} for {node.value}", _member(node, "value", node.value * 2)
        case _:
            pass


def _added(node: Any) -> Changes:
    if isinstance(node.op, ast.Add | ast.Sub):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield f"`{_word(other)}` in `{_text(node)}`", _member(node, "op", other)


def _called(node: Any) -> Changes:
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield f"without `{_text(keyword)}` in `{_text(node.func)}()`", _less(node.keywords, keyword)


def _chosen(node: Any) -> Changes:
    for test in node.ifs:
        yield f"without `if {_text(test)}`", _less(node.ifs, test)


def _done(node: Any) -> Changes:
    """Leave statements out that only do something, and those that end something early."""
    for name in ("body", "orelse", "finalbody"):
        held = getattr(node, name, None)
        body: list[Any] = held if isinstance(held, list) else []
        for n, statement in enumerate(body):
            does = isinstance(statement, ast.AugAssign | ast.Continue | ast.Break)
            does = does or (isinstance(statement, ast.Delete) and not isinstance(statement.targets[0], ast.Name))
            does = does or (isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant))
            ends = isinstance(statement, ast.Return) and n == len(body) - 1 and isinstance(node, ast.If)
            if does or ends:
                yield f"without `{_text(statement)}`", _item(body, n, ast.Pass())


def _listed(node: Any) -> Changes:
    if len(node.elts) > 1:
        for element in node.elts:
            yield f"without the row `{_text(element)}`", _less(node.elts, element)


def _keyed(node: Any) -> Changes:
    for n, key in enumerate(node.keys):
        if key is not None:
            yield f"without the row `{_text(key)}`", _unkeyed(node, n)


_INVERSE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SHIFTED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}

Rows = Sequence[tuple[tuple[type[ast.AST], ...], Callable[[Any], Changes]]]

_CHANGES: Rows = (
    ((ast.If, ast.While, ast.For, ast.FunctionDef, ast.With, ast.Try, ast.match_case, ast.ExceptHandler), _done),
    ((ast.If, ast.While, ast.IfExp), _tested),
    ((ast.Compare,), _compared),
    ((ast.BoolOp,), _joined),
    ((ast.UnaryOp,), _negated),
    ((ast.Constant,), _counted),
    ((ast.BinOp,), _added),
    ((ast.Call,), _called),
    ((ast.comprehension,), _chosen),
)
"""What can go wrong anywhere."""

_TABLES: Rows = (((ast.Set, ast.Tuple), _listed), ((ast.Dict,), _keyed))
"""What can go wrong in a table, outside of all functions."""


# -- making it ---------------------------------------------------------------------------------------------------------


def _member(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _item(held: list[Any], n: int, value: object) -> Callable[[], None]:
    def change() -> None:
        held[n] = value

    return change


def _less(held: list[Any], element: object) -> Callable[[], None]:
    return lambda: held.remove(element)


def _unkeyed(node: ast.Dict, n: int) -> Callable[[], None]:
    def change() -> None:
        del node.keys[n], node.values[n]

    return change


_WORDS: Mapping[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.And: "and",
    ast.Or: "or",
    ast.Add: "+",
    ast.Sub: "-",
}


def _word(op: ast.AST) -> str:
    return _WORDS[type(op)]


def _text(node: ast.AST) -> str:
    if any(isinstance(inner, ast.JoinedStr) for inner in ast.walk(node)):
        node = _Plain().visit(copy.deepcopy(node))
    return " ".join(ast.unparse(node).split())


class _Plain(ast.NodeTransformer):
    """Leaves formatted texts out, which each version of Python writes in another way."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.copy_location(ast.Constant(value="..."), node)
