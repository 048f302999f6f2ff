"""The notebooks: they run, they store what they show, and the store is small and clean."""

import re
import runpy
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
OF_A_MACHINE = re.compile(r"/(home|root|tmp|usr|work|Users)/|\b0x[0-9a-f]{6,}|\b20\d\d-\d\d-\d\d\b")
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """What a cell shows as text."""
    return "\n".join(output.get("text") or output.data["text/plain"] for output in cell.outputs)


def numbers(cell):
    """The numbers that a cell shows; the order of a formula's terms is left to SymPy."""
    return sorted(re.findall(r"\d+", shown(cell)))


def test_the_five_notebooks_are_there():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.filterwarnings("ignore")  # of Jupyter's own making
@each_notebook
def test_a_notebook_runs_and_shows_the_numbers_that_are_stored(path):
    stored = nbformat.read(path, as_version=4)
    fresh = runpy.run_path(str(FOLDER / "execute.py"))["executed"](path)

    pairs = zip(code(stored), code(fresh), strict=True)
    stale = [old.source for old, new in pairs if numbers(old) != numbers(new)]
    assert not stale, "python notebooks/execute.py stores what these cells show now"


@each_notebook
def test_it_was_run_from_top_to_bottom(path):
    cells = code(nbformat.read(path, as_version=4))

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(out.output_type == "error" for cell in cells for out in cell.outputs)
    assert not any(out.get("name") == "stderr" for cell in cells for out in cell.outputs)


@each_notebook
def test_nothing_in_it_tells_of_a_machine(path):
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text(encoding="utf-8"))

    assert not OF_A_MACHINE.search(text)
    assert path.stat().st_size < 400_000


@each_notebook
def test_it_says_first_what_the_reader_learns_and_shows_pictures(path):
    notebook = nbformat.read(path, as_version=4)
    outputs = [output for cell in code(notebook) for output in cell.outputs]

    assert re.match(r"# .+\n\nYou will ", notebook.cells[0].source)
    assert any("image/png" in output.get("data", ()) for output in outputs)
