"""What is traced is what is written: AutoGraph, which reads source files anew while a run goes on, rewrites nothing."""

import ast
from pathlib import Path

KGAN = Path(__file__).parents[1] / "kgan"


def test_no_function_is_rewritten():
    for path in KGAN.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "tf.function":
                line = path.read_text().splitlines()[node.lineno - 1]
                assert "autograph=False" in line, f"{path.relative_to(KGAN)}:{node.lineno}"
