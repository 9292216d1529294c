"""The C++ core as a module: found, or missed with a reason, which is told once and only where it made a difference."""

import subprocess
import sys

import pytest

from weft import kernels
from weft.kernels import _extension, fused

from recurrences import make_cell, random_input


@pytest.fixture
def fresh(monkeypatch):
    """As in a new process; afterwards too."""
    _extension._load.cache_clear()
    _extension._warn.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    _extension._load.cache_clear()
    _extension._warn.cache_clear()


@pytest.fixture
def core():
    """The core, left with the instruction set that it had."""
    found = _extension.core()
    before = found.instructions()
    yield found
    found.use_instructions(before)


def without_core():
    """Kernels by name, the first of which would run if the core were there."""

    class Waiting:
        @staticmethod
        def refuse(cell, x):
            return _extension.absence()

    return {"core": Waiting, "fused": fused}.__getitem__


def test_it_is_built_and_loads():
    assert _extension.absence() == ""
    assert _extension.core().__name__ == _extension.NAME


def test_switched_off_and_nobody_is_told(fresh, recwarn):
    fresh.setenv("WEFT_CORE", "0")
    assert _extension.absence() == "the C++ core is switched off by WEFT_CORE=0"
    _extension.tell(_extension.absence())
    assert not recwarn


def test_not_built(fresh):
    fresh.setattr(_extension, "NAME", "weft.kernels._nowhere")
    assert _extension.absence().startswith("the C++ core is not built ('make core'")


def test_built_for_something_else(fresh, tmp_path):
    (tmp_path / "_broken_core.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    fresh.syspath_prepend(tmp_path)
    fresh.setattr(_extension, "NAME", "_broken_core")
    assert _extension.absence() == "the C++ core does not load: libgomp.so.1: cannot open shared object file"


def test_auto_tells_once_that_the_core_is_missing(fresh):
    fresh.setattr(_extension, "NAME", "weft.kernels._nowhere")
    fresh.setattr(kernels, "FASTEST_FIRST", ("core", "fused"))
    fresh.setattr(kernels, "_load", without_core())
    cell, x = make_cell(("lstm", {})), random_input(1, 1, 5)
    with pytest.warns(UserWarning, match=r"the C\+\+ core is not built .*; recurrent layers run without it, slower"):
        assert kernels.choose("auto", cell, x)[0] == "fused"
    assert kernels.choose("auto", cell, x)[0] == "fused"  # a second warning would be an error here


def test_other_refusals_are_nobodys_business(fresh):
    fresh.setattr(_extension, "NAME", "weft.kernels._nowhere")
    _extension.tell("cell 'gru' is not linear in its state")
    _extension.tell("")


def test_instruction_sets_are_taken_by_name(core):
    available = core.available_instructions()
    assert core.instructions() == available[0]
    assert available[-1] == "portable"
    for name in reversed(available):
        assert core.use_instructions(name)
        assert core.instructions() == name
    assert not core.use_instructions("avx1024")
    assert core.instructions() == available[0]


@pytest.mark.parametrize(("function", "count"), [("kept_size", 13), ("forward", 30), ("backward", 41)])
def test_a_call_with_too_few_numbers_is_refused(core, function, count):
    with pytest.raises(TypeError, match=f"takes {count} numbers, got 2"):
        getattr(core, function)(1, 2)
    with pytest.raises(TypeError, match="integer"):
        getattr(core, function)(*["x"] * count)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_core_shares_torchs_team_of_threads():
    script = (
        "from weft.kernels import _extension; _extension.core()\n"
        "lines = open('/proc/self/maps').read().split()\n"
        "print(len({path for path in lines if 'libgomp' in path}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
