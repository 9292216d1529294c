"""The wheel holds the package, its compiled core and licence, nothing else; without a compiler it has no core."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from weft.version import VERSION

from house.imports import SOURCE

ROOT = SOURCE.parents[1]
CORE = f"weft/kernels/_core{sysconfig.get_config_var('EXT_SUFFIX')}"


def build(folder: Path, *settings: str, **environment: str) -> Path:
    """The wheel that pip builds in a folder, offline and with the tools that are installed."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command += [f"--config-settings={setting}" for setting in settings]
    done = subprocess.run(
        [*command, "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """With the core, which is not optimized here: that takes long. Its build folder is kept for the next run."""
    return build(tmp_path_factory.mktemp("wheel"), "build-dir=build/{wheel_tag}", "cmake.build-type=Debug")


@pytest.fixture(scope="module")
def plain_wheel(tmp_path_factory) -> Path:
    """Of a machine without a compiler."""
    return build(tmp_path_factory.mktemp("plain"), CXX="/nonexistent/compiler")


def names(wheel: Path) -> set[str]:
    """The files in a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def read(wheel: Path, name: str) -> bytes:
    """One file of a wheel's metadata."""
    with zipfile.ZipFile(wheel) as opened:
        return opened.read(f"weft-{VERSION}.dist-info/{name}")


def absence(wheel: Path, folder: Path) -> str:
    """Why an installed wheel has no core, as a Python that finds the package there says it."""
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder)
    script = "from weft.kernels import _extension as it; print(it.__file__); print(it.absence())"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],  # without site, and so without the editable installation
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{sysconfig.get_path('purelib')}"},
    )
    where, reason = done.stdout.splitlines()
    assert Path(where).is_relative_to(folder)
    return reason


def package() -> set[str]:
    """The files that every wheel holds."""
    files = [path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    about = [
        f"weft-{VERSION}.dist-info/{name}"
        for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    ]
    return {path.relative_to(SOURCE.parent).as_posix() for path in files if path.suffix != ".so"} | set(about)


def test_the_contents_are_exactly_the_package_and_the_core(wheel):
    assert names(wheel) == package() | {CORE}
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert wheel.name.startswith(f"weft-{VERSION}-{python}-{python}-")


def test_without_a_compiler_the_package_goes_alone(plain_wheel):
    assert names(plain_wheel) == package()
    assert plain_wheel.name == f"weft-{VERSION}-py3-none-any.whl"


def test_the_core_loads_where_it_is_and_its_lack_is_told(wheel, plain_wheel, tmp_path):
    assert absence(wheel, tmp_path / "core") == ""
    assert absence(plain_wheel, tmp_path / "plain").startswith("the C++ core is not built")


def test_what_must_not_be_forgotten_is_there(wheel):
    found = names(wheel)
    assert {"weft/py.typed", "weft/__init__.py", "weft/recipes/tiny-classify.toml"} <= found
    endings = {Path(name).suffix for name in found if name.startswith("weft/")}
    assert endings <= {".py", ".toml", ".typed", Path(CORE).suffix}
    assert not [name for name in found if "test" in Path(name).parts[0]]


def test_the_metadata_says_the_same_as_the_project(wheel):
    metadata = read(wheel, "METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert read(wheel, "entry_points.txt").decode().split() == [
        "[console_scripts]",
        "weft",
        "=",
        "weft.cli:main",
    ]
    assert read(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_every_dependency_is_pinned_and_argued_for():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, tools = settings["project"], settings["build-system"]["requires"]
    pins = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    reasons = (ROOT / "docs" / "decisions.md").read_text()
    extras = project["optional-dependencies"]
    assert set(tools) <= set(extras["dev"])
    needed = [*project["dependencies"], *extras["images"], *extras["demo"], *extras["dev"][1:]]
    for requirement in needed:
        name = requirement.partition(">")[0].partition("[")[0]
        assert {name.lower(), name.lower().replace("-", "_")} & pins, f"{name} is not pinned in constraints.txt"
        assert f"`{name}`" in reasons, f"docs/decisions.md gives no reason for {name}"
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()
