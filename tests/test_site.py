"""The site builds without a warning, and everything public is in its reference."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
QUIET = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", f"--site-dir={folder}"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **QUIET}, capture_output=True, text=True)
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr[-3000:]
    return folder


def defined():
    """Dotted names of what kgan's modules define for others, the command line's apart."""
    for path in sorted((ROOT / "kgan").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not path.name.startswith("__main__") and not module.startswith("kgan.commands") and module != "kgan":
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                    yield f"{module}.{node.name}"


@pytest.mark.slow
def test_every_public_name_is_in_the_reference(site):
    pages = [path.read_text() for path in (site / "reference").rglob("*.html")]
    known = {name for page in pages for name in re.findall(r'id="(kgan\.[\w.]+)"', page)}
    names = set(defined())
    assert len(names) > 300 and names - known == set()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("pictures/", "--dataset=images:photos"),  # train on my folder of photographs
        ("curves/", 'id="the-discriminator-wins"'),  # my discriminator wins, what now
        ("serving/", "kgan export"),  # serve it
    ],
)
def test_what_newcomers_look_for_is_one_click_away(site, page, said):
    assert said in (site / page / "index.html").read_text()
    body = (site / "index.html").read_text().partition("<article")[2]
    assert f'href="{page}"' in body, "in the text, beside the menu"
