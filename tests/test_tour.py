"""The notebook runs from its first cell to its last, small."""

import base64
from pathlib import Path

import nbclient
import nbformat
import pytest

from tests import PATIENCE

NOTEBOOK = Path(__file__).parents[1] / "examples" / "tour.ipynb"


@pytest.mark.slow
def test_the_tour(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    sizes = "EPOCHS, WIDTH = 12, 32"
    [first] = [cell for cell in notebook.cells if sizes in cell.source]
    first.source = first.source.replace(sizes, "EPOCHS, WIDTH = 4, 4")
    client = nbclient.NotebookClient(notebook, timeout=int(PATIENCE), resources={"metadata": {"path": str(tmp_path)}})
    client.execute()  # a cell that raises ends it
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    [fit] = [cell for cell in code if "LiveView" in cell.source]
    pictures = [output.data["image/png"] for output in fit.outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 2, "two pictures, drawn anew and not one below the other"
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    said = [output.text for cell in code for output in cell.outputs if output.output_type == "stream"]
    assert any("round  100: " in text for text in said), said
    assert code[-1].outputs[-1].data["text/plain"] == "(2, 8, 8, 1)"
    assert code[-2].outputs[-1].data["text/plain"] == "[4.0]"


def test_no_output_is_kept():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
