"""Parts named by strings: "hinge", "r1(gamma=10, interval=16)", "lookahead(alternating, k=5)".

One grammar for `compile` and for the command line: a name, or a name called with literals or with other parts.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kgan.checks import InputError, lookup


def resolve(kind: str, value: Any, table: Mapping[str, Callable], methods: Sequence[str] = ("__call__",)) -> Any:
    """The part that `value` names, or `value` itself if it is an object with `methods`.

    Args:
        kind: what is looked for ("loss"), for the messages.
        value: a string in the grammar above, or an object.
        table: what a name stands for: a class or a function that makes the part.
        methods: what an object must have to be taken as it is.

    Raises:
        InputError: for an unknown name, a spelling that is no call, arguments the part does not take, or an
            object without `methods`.
    """
    if isinstance(value, str):
        return _make(kind, value, table)
    missing = [method for method in methods if not callable(getattr(value, method, None))]
    if missing or isinstance(value, type):
        wanted = ", ".join(methods)
        raise InputError(f"{kind}: wanted a name or an object with {wanted}, got {value!r}")
    return value


def _make(kind: str, text: str, table: Mapping[str, Callable]) -> Any:
    try:
        node = ast.parse(text.strip(), mode="eval").body
        name, args, keywords = _call(node)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{kind}: cannot read {text!r}; wanted NAME or NAME(argument=value, ...)") from error
    factory = lookup(kind, name, table)
    try:
        args = [_argument(kind, arg, table) for arg in args]
        return factory(*args, **{k: _argument(kind, v, table) for k, v in keywords.items()})
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"{kind}: {text!r}: {error}") from error


def _call(node: ast.expr) -> tuple[str, list, dict]:
    if isinstance(node, ast.Name):
        return node.id, [], {}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id, node.args, {keyword.arg: keyword.value for keyword in node.keywords}
    raise ValueError


def _argument(kind: str, node: ast.expr, table: Mapping[str, Callable]) -> Any:
    if isinstance(node, ast.Name | ast.Call):
        return _make(kind, ast.unparse(node), table)
    return ast.literal_eval(node)
