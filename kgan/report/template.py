"""How the pages are made of their templates, which lie beside this file."""

from pathlib import Path
from typing import Any

import jinja2


def rendered(name: str, **values: Any) -> str:
    """The template `name` with values, escaped; a value that is missing is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template(name).render(**values)
