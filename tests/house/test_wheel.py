"""The wheel holds the package, its recipes and its licence, and nothing else; its version is the package's."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from weft.version import VERSION

from house.imports import SOURCE

ROOT = SOURCE.parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*command, "--wheel-dir", folder, ROOT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = Path(folder).glob("*.whl")
    assert path.name == f"weft-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_contents_are_exactly_the_package(wheel):
    package = {
        path.relative_to(SOURCE.parent).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = f"weft-{VERSION}.dist-info"
    extra = {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")}
    assert set(wheel.namelist()) == package | extra


def test_what_must_not_be_forgotten_is_there(wheel):
    names = wheel.namelist()
    assert {"weft/py.typed", "weft/__init__.py", "weft/recipes/tiny-classify.toml"} <= set(names)
    endings = {Path(name).suffix for name in names if name.startswith("weft/")}
    assert endings <= {".py", ".toml", ".typed"}
    assert not [name for name in names if "test" in Path(name).parts[0]]


def test_the_metadata_says_the_same_as_the_project(wheel):
    about = f"weft-{VERSION}.dist-info"
    metadata = wheel.read(f"{about}/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert wheel.read(f"{about}/entry_points.txt").decode().split() == [
        "[console_scripts]",
        "weft",
        "=",
        "weft.cli:main",
    ]
    assert wheel.read(f"{about}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_every_dependency_is_pinned_and_argued_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    reasons = (ROOT / "docs" / "decisions.md").read_text()
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *extras["images"], *extras["demo"], *extras["dev"][1:]]
    for requirement in needed:
        name = requirement.partition(">")[0].partition("[")[0]
        assert {name.lower(), name.lower().replace("-", "_")} & pins, f"{name} is not pinned in constraints.txt"
        assert f"`{name}`" in reasons, f"docs/decisions.md gives no reason for {name}"
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()
