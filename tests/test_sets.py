"""Nothing is done in the order of a set, which is another in each process; names, draws and lines would follow it."""

import ast
from pathlib import Path

KGAN = Path(__file__).parents[1] / "kgan"
CLASHES = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)


def unordered(node):
    """Whether an expression is a set, as far as its own words tell."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, CLASHES):
        return unordered(node.left) or unordered(node.right) or keys(node.left) or keys(node.right)
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    return called or isinstance(node, (ast.Set, ast.SetComp))


def keys(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "keys"


def loops(source):
    """The expressions that `source` loops over and makes something ordered of: a set made of a set is none."""
    tree = ast.parse(source)
    sets = {id(part) for node in ast.walk(tree) if isinstance(node, ast.SetComp) for part in node.generators}
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.comprehension)) and id(node) not in sets:
            yield node.iter


def test_a_loop_over_a_set_is_seen():
    found = [
        "for a in {1} & b: f(a)",
        "[a for a in set(b)]",
        "for a in b.keys() - c: f(a)",
        "for a in {c for c in b}: f()",
    ]
    fine = ["for a in sorted(set(b)): f(a)", "{a for a in set(b)}", "for a in b.keys(): f(a)", "for a in b - c: f(a)"]
    assert [any(map(unordered, loops(source))) for source in found + fine] == [True] * 4 + [False] * 4


def test_no_loop_goes_over_a_set():
    for path in KGAN.rglob("*.py"):
        for node in loops(path.read_text(encoding="utf-8")):
            assert not unordered(node), f"{path.relative_to(KGAN)}:{node.lineno}: sort it"
