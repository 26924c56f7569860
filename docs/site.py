"""The pages of the site that are made: README.md as the first, the examples, the studies' list, and the API reference.

mkdocs runs it (`mkdocs.yml`, plugin gen-files). The reference is read from the docstrings, kgan not imported: a page
for each package or module right under `kgan`, with every module in it that has something public.
"""

import ast
import re
from pathlib import Path

import mkdocs_gen_files

ROOT = Path(__file__).parents[1]
KGAN = ROOT / "kgan"
EXAMPLES = [
    path for folder in ("", "distributed", "ports") for path in sorted((ROOT / "examples" / folder).glob("*.py"))
]
OTHERS = sorted(path for path in (ROOT / "examples/distributed").iterdir() if path.suffix in (".sh", ".yaml"))


def write(page: str, text: str) -> None:
    with mkdocs_gen_files.open(page, "w") as file:
        file.write(text)


def public(path: Path) -> list[str]:
    """The names of what a module defines for others."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds)]
    return [name for name in names if not name.startswith("_")]


def summary(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def modules(part: Path) -> list[Path]:
    """The files of a package, or the one of a module."""
    files = sorted(part.rglob("*.py")) if part.is_dir() else [part]
    return [path for path in files if public(path)]


def dotted(path: Path) -> str:
    """The name by which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def parts() -> list[Path]:
    """What lies right under kgan, but for the command line, which has --help."""
    found = [path for path in KGAN.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    return sorted(path for path in found if not path.name.startswith("_") and path.name != "commands" and modules(path))


def reference() -> None:
    nav, rows = ["* [All parts](index.md)\n"], []
    for part in parts():
        name = f"kgan.{part.stem}"
        about = summary(part / "__init__.py" if part.is_dir() else part)
        write(
            f"reference/{part.stem}.md",
            f"# {name}\n\n{about}\n\n"
            + "\n".join(f"::: {dotted(path)}\n    options: {{show_root_toc_entry: false}}\n" for path in modules(part)),
        )
        nav.append(f"* [{name}]({part.stem}.md)\n")
        rows.append(f"| [`{name}`]({part.stem}.md) | {about} |")
    write("reference/SUMMARY.md", "".join(nav))
    write("reference/index.md", "\n".join(["# Reference\n", "| | |", "| --- | --- |", *rows, ""]))


def studies() -> None:
    found = sorted(path.parent.name for path in (ROOT / "docs/studies").glob("*/README.md"))
    titles = {name: (ROOT / f"docs/studies/{name}/README.md").read_text().partition("\n")[0][2:] for name in found}
    lines = [f"* [{title}]({name}/README.md)" for name, title in titles.items()]
    about = "Questions, each answered by one command: `kgan study NAME`.\n\n"
    write("studies/index.md", "# Studies\n\n" + about + "\n".join(lines) + "\n")
    write("studies/SUMMARY.md", "* [All studies](index.md)\n" + "\n".join(lines) + "\n")


def examples() -> None:
    shown = [f"## {path.name}\n\n{summary(path)}\n\n```python\n{path.read_text()}```\n" for path in EXAMPLES]
    shown += [f"## {path.name}\n\n```{path.suffix[1:]}\n{path.read_text()}```\n" for path in OTHERS]
    write("examples.md", "# Examples\n\nEach is run by the tests.\n\n" + "\n".join(shown))


NOTEBOOK = ("](examples/tour.ipynb)", "](tour.ipynb)")  # a file to take away


def first() -> None:
    """README.md, with its links as they are seen from docs/."""
    text = (ROOT / "README.md").read_text().replace("](docs/studies)", "](studies/index.md)")
    write("index.md", text.replace("](docs/", "](").replace("](examples)", "](examples.md)").replace(*NOTEBOOK))
    write("tour.ipynb", (ROOT / "examples/tour.ipynb").read_text())


def sources() -> None:
    """Links from docs/ to a source file lead to its place in the reference, those to an example to the page of them."""

    def place(match: re.Match) -> str:
        file = ROOT / "kgan" / match[1]
        return f"](reference/{Path(match[1]).parts[0].removesuffix('.py')}.md#{dotted(file)})"

    for page in sorted((ROOT / "docs").glob("*.md")):
        text = page.read_text()
        linked = re.sub(r"\]\(\.\./kgan/([\w/]+\.py)\)", place, text)
        linked = re.sub(
            r"\]\(\.\./examples/(?:ports/|distributed/)?(\w+)\.(py|sh|yaml)\)", r"](examples.md#\1\2)", linked
        )
        linked = re.sub(r"\]\(\.\./examples/(ports|distributed)\)", "](examples.md)", linked)
        if linked != text:
            write(page.name, linked)


reference(), studies(), examples(), first(), sources()
