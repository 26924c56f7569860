"""The house's rules that no linter knows: a game is one short file, and nobody who looks at games asks which it is."""

import ast
from pathlib import Path

import pytest

KGAN = Path(__file__).parents[1] / "kgan"
LONGEST = 150  # lines of a game's file
SHARED = ("base.py", "presets.py")  # what all games have in common; papers' settings of one game


def classes():
    """The games' classes by name, with their files: what derives from `GameModel`, by whatever way round."""
    found = {"GameModel": KGAN / "models" / "base.py"}
    defined = [
        (node, path)
        for path in sorted((KGAN / "models").glob("*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    ]
    for _ in defined:  # as deep as it may be
        found |= {n.name: path for n, path in defined if any(getattr(b, "id", None) in found for b in n.bases)}
    return found


GAMES = classes()


def test_a_games_file_is_one_screen_or_two():
    assert {"GAN", "ConditionalGAN", "ACGAN", "CycleGAN", "Pix2Pix", "R3GAN", "WGANGP"} <= set(GAMES)
    lengths = {path.name: len(path.read_text().splitlines()) for path in GAMES.values()}
    assert {name: n for name, n in lengths.items() if n > LONGEST and name not in SHARED} == {}


@pytest.mark.parametrize("folder", ["commands", "callbacks", "export", "report"])
def test_nobody_asks_which_game_it_is(folder):
    for path in sorted((KGAN / folder).glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", None) in ("isinstance", "issubclass"):
                asked = {getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(call.args[1])}
                assert not asked & set(GAMES), f"{path}:{call.lineno}"
