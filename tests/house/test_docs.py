"""The pages are true: marked blocks run as they stand, the generated page is fresh, links lead somewhere."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from weft.catalog import CELLS, METRICS, RECIPES, TASKS, TOKENIZERS
from weft.config import Training
from weft.version import VERSION

from house.forge import forge
from house.imports import SOURCE
from opinions import write_labelled, write_lines

ROOT = SOURCE.parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROSE = [*PAGES, ROOT / "CHANGELOG.md", *sorted(SOURCE.glob("recipes/*.toml"))]
BLOCK = re.compile(r"<!-- run -->\n```(\w+)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!http)([^)#]+)")
FORBIDDEN = re.compile(r"\b(simply|just|obviously|easy|easily|todo|fixme|xxx)\b", re.IGNORECASE)
COMMANDS = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}


@pytest.fixture(scope="module")
def command():
    """A folder with ``weft``. Not among pytest's: the address of a socket has little room."""
    with tempfile.TemporaryDirectory(prefix="weft-") as folder, forge(Path(folder)) as here:
        yield here


@pytest.mark.parametrize("page", [page for page in PAGES if BLOCK.search(page.read_text())], ids=lambda page: page.name)
def test_marked_blocks_run_in_their_order(page, tmp_path, command, classifier_run, language_model_run):
    write_labelled(tmp_path / "reviews.csv")
    write_lines(tmp_path / "notes.txt")
    if page.name in ("using.md", "verify.md"):
        shutil.copytree(classifier_run, tmp_path / "runs" / "reviews")
        shutil.copytree(language_model_run, tmp_path / "runs" / "notes")
    path = os.pathsep.join([str(command), str(Path(sys.executable).parent), os.environ["PATH"]])
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        done = subprocess.run(
            [*COMMANDS[language], block],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


def test_the_page_of_commands_is_fresh():
    written = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))["page"]()
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == written, "run `make docs`"


def test_the_changelog_knows_the_version():
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_no_page_belittles_its_reader(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [f"{number}: {line}" for number, line in enumerate(lines, 1) if FORBIDDEN.search(line)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "docs"], ids=lambda page: page.name)
def test_every_page_is_in_the_index(page):
    assert page.name == "index.md" or f"({page.name})" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_everything_a_recipe_can_name_is_documented():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    fields = Training.model_fields
    choices = [name for key in ("optimizer", "schedule") for name in fields[key].annotation.__args__]
    names = [*CELLS.names(), *TOKENIZERS.names(), *TASKS.names(), *choices]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert len(RECIPES.names()) > 5
    assert len(METRICS.names()) > 5
