"""Parts named by strings: "hinge", "r1(gamma=10, interval=16)", "lookahead(alternating, k=5)".

One grammar for `compile` and for the command line: a name, or a name called with literals or with other parts. White
space, line breaks too, means nothing but within a literal.
"""

import ast
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kgan.checks import InputError, lookup

LONGEST, DEEPEST = 1000, 24  # characters, levels of the syntax tree: a dozen calls within each other


def resolve(kind: str, value: Any, table: Mapping[str, Callable], methods: Sequence[str] = ("__call__",)) -> Any:
    """The part that `value` names, or `value` itself if it is an object with `methods`.

    Args:
        kind: what is looked for ("loss"), for the messages.
        value: a string in the grammar above, of at most `LONGEST` characters, or an object.
        table: what a name stands for: a class or a function that makes the part.
        methods: what an object must have to be taken as it is.

    Raises:
        InputError: for an unknown name, a spelling that is no call or too deep, arguments the part does not take or
            that are given twice, numbers that are not finite, or an object without `methods`.
    """
    if isinstance(value, str):
        return _make(kind, _parsed(kind, value), table)
    missing = [method for method in methods if not callable(getattr(value, method, None))]
    if missing or isinstance(value, type):
        wanted = ", ".join(methods)
        raise InputError(f"{kind}: wanted a name or an object with {wanted}, got {value!r}")
    return value


def same(first: Any, second: Any) -> bool:
    """Whether two values of a flag, part strings or lists of them among others, mean the same.

    Spaces, the order of keyword arguments and the spelling of numbers do not count: "r1(gamma=1, interval=2)" is
    "r1(interval=2,gamma=1.0)".
    """
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if not isinstance(first, str) or not isinstance(second, str):
        return first == second
    try:
        return first == second or _meaning(_parsed("", first)) == _meaning(_parsed("", second))
    except ValueError:  # they are no parts
        return False


def _parsed(kind: str, text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise InputError(f"{kind}: wanted at most {LONGEST} characters, got {len(text)}")
    try:
        with warnings.catch_warnings():  # of how a number or an escape is spelt: what it says goes to no line of ours
            warnings.simplefilter("ignore", SyntaxWarning)
            node = ast.parse(" ".join(text.splitlines()).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(kind, text) from error
    level = [node]
    for _ in range(DEEPEST):
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    if level:
        raise InputError(f"{kind}: wanted a dozen calls within each other at most, got {text!r}")
    return node


def _make(kind: str, node: ast.expr, table: Mapping[str, Callable]) -> Any:
    text = ast.unparse(node)
    try:
        name, args, keywords = _call(node)
    except ValueError as error:
        raise _unreadable(kind, text) from error
    factory = lookup(kind, name, table)
    names = [keyword.arg for keyword in keywords]
    for argument in names:
        if names.count(argument) > 1:
            raise InputError(f"{kind}: {text!r}: the argument {argument!r} is given twice")
    args = [_argument(kind, arg, table) for arg in args]
    keywords = {keyword.arg: _argument(kind, keyword.value, table) for keyword in keywords}
    try:
        return factory(*args, **keywords)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"{kind}: {text!r}: {error}") from error


def _call(node: ast.expr) -> tuple[str, list[ast.expr], list[ast.keyword]]:
    """A part's name, arguments and keyword arguments."""
    if isinstance(node, ast.Name):
        return node.id, [], []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and all(k.arg for k in node.keywords):
        return node.func.id, node.args, node.keywords
    raise ValueError


def _argument(kind: str, node: ast.expr, table: Mapping[str, Callable]) -> Any:
    if isinstance(node, ast.Name | ast.Call):
        return _make(kind, node, table)
    text = ast.unparse(node)
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise _unreadable(kind, text) from error
    for literal in ast.walk(node):
        if isinstance(literal, ast.Constant) and isinstance(literal.value, float) and not math.isfinite(literal.value):
            raise InputError(f"{kind}: wanted finite numbers, got {text!r}")
    return value


def _meaning(node: ast.expr) -> Any:
    """What a part string says, to be compared."""
    if isinstance(node, ast.Name | ast.Call):
        name, args, keywords = _call(node)
        return name, [_meaning(arg) for arg in args], sorted((k.arg, repr(_meaning(k.value))) for k in keywords)
    if isinstance(node, ast.Tuple):  # color, translation
        return [_meaning(part) for part in node.elts]
    value = ast.literal_eval(node)
    return float(value) if isinstance(value, int) and abs(value) < 2**53 else value


def _unreadable(kind: str, text: str) -> InputError:
    return InputError(f"{kind}: cannot read {text!r}; wanted NAME or NAME(argument=value, ...)")
