"""Run notebooks and keep what they show: ``python notebooks/execute.py [FILE ...]``.

A notebook is stored with its outputs, so that it can be read where nothing runs.  Times, paths
and versions are left out, and pictures get a palette, which makes them a third as large.
"""

import sys
from base64 import b64decode, encodebytes
from io import BytesIO
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def executed(path):
    """The notebook at *path*, run anew from top to bottom."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=120, record_timing=False, resources=place).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", ()):
                output.data["image/png"] = with_palette(output.data["image/png"])
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return notebook


def with_palette(png):
    """The picture, base64 in and out, in 64 colours."""
    kept = BytesIO()
    Image.open(BytesIO(b64decode(png))).convert("RGB").quantize(64).save(kept, "png", optimize=True)
    return encodebytes(kept.getvalue()).decode()


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(executed(path), path)
        print(f"{path.stem}: {path.stat().st_size / 1000:.0f} kB")
