"""Code for newer processors stays in its own namespace, where only a processor that runs it is sent."""

import shutil
import subprocess

import pytest

from house.imports import SOURCE

BUILT = sorted((SOURCE.parents[1] / "build" / "core").glob("CMakeFiles/weft_*.dir/csrc/isa.cpp.o"))
SHARED = set("VWu")
"""Kinds of symbols of which the linker keeps one copy for all files: weak ones and unique ones."""


@pytest.mark.skipif(not BUILT or not shutil.which("nm"), reason="the core was not built by make core")
@pytest.mark.parametrize("file", BUILT, ids=lambda file: file.parts[-3])
def test_no_function_is_shared_with_files_for_older_processors(file):
    own = f"weft::{file.parts[-3].removeprefix('weft_').removesuffix('.dir')}::"
    listed = subprocess.run(["nm", "--demangle", file], capture_output=True, text=True, check=True).stdout
    symbols = [line[17:].split(" ", 1) for line in listed.splitlines()]
    shared = [name for kind, name in symbols if kind in SHARED and own not in name and not name.startswith("DW.ref.")]
    assert shared == []
