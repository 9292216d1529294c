"""Show versions, device, threads and kernels of this machine."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from weft.catalog import CELLS
from weft.cli._console import shown, table, write_json
from weft.cli._options import Json
from weft.version import VERSION

PACKAGES = ("torch", "numpy", "safetensors", "pydantic", "tokenizers", "pyarrow", "scikit-learn", "matplotlib")
EXTRAS = {"images": ("PIL",), "demo": ("babel", "num2words"), "tensorboard": ("tensorboard",)}
"""Extras of the package and the modules they bring."""


def command(as_json: Json = False) -> None:
    """Show what weft finds here, and which kernel runs each cell and why.

    Ends with 0 also where something optional is absent.
    """
    report: dict[str, Any] = {
        "weft": VERSION,
        "python": sys.version.split()[0],
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "device": _device(),
        "cpu": {"cores": os.cpu_count(), "caches": _caches()},
        "core": _core(),
        "kernels": [_kernels(name) for name in CELLS.names()],
        "extras": {name: all(find_spec(module) for module in modules) for name, modules in EXTRAS.items()},
    }
    if as_json:
        write_json(report, indent=2)
        return
    table(("what", "here"), list(_rows(report)))
    table(("cell", "kernel", "refused"), [(row["cell"], row["auto"], _reasons(row)) for row in report["kernels"]])


def _rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [(name, report[name]) for name in ("weft", "python", "machine")]
    rows += list(report["packages"].items())
    rows += list(report["device"].items())
    rows += [("CPU cores", shown(report["cpu"]["cores"]))]
    rows += [(f"CPU cache {name}", size) for name, size in report["cpu"]["caches"].items()]
    rows += _core_rows(report["core"])
    for name, present in report["extras"].items():
        rows += [(f"extra {name}", "installed" if present else f"absent: pip install 'weft[{name}]'")]
    return rows


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _device() -> dict[str, str]:
    import torch

    found = {"device": "cpu", "threads": str(torch.get_num_threads())}
    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        found["device"] = f"cuda: {torch.cuda.get_device_name(0)}, {memory:.0f} GiB"
    return found


def _caches() -> dict[str, str]:
    """Sizes of the first core's data caches; empty where the system does not tell."""
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            found[f"L{level}"] = size
    return found


def _core() -> dict[str, Any]:
    """Why there is no C++ core, or what it runs with; OpenMP's threads are 0 when it was built without."""
    from weft.kernels import _extension

    absent = _extension.absence()
    if absent:
        return {"absent": absent, "instructions": None, "available": [], "openmp_threads": 0}
    core = _extension.core()
    return {
        "absent": "",
        "instructions": core.instructions(),
        "available": core.available_instructions(),
        "openmp_threads": core.openmp_threads(),
    }


def _core_rows(core: dict[str, Any]) -> list[tuple[str, str]]:
    if core["absent"]:
        return [("C++ core", core["absent"])]
    threads = core["openmp_threads"]
    return [
        ("C++ core", "built"),
        ("C++ core instructions", f"{core['instructions']} (here: {', '.join(core['available'])})"),
        ("C++ core threads", f"{threads} (OpenMP)" if threads else "1 (built without OpenMP)"),
    ]


def _kernels(cell: str) -> dict[str, Any]:
    """Which kernel "auto" takes for a cell on this machine, and why the others do not."""
    import torch

    from weft.catalog import KERNELS
    from weft.kernels import FASTEST_FIRST

    made = CELLS.load(cell).make(4, 4)
    x = torch.zeros(1, 2, 4)
    reasons = {name: KERNELS.load(name).refuse(made, x) for name in KERNELS.names()}
    return {
        "cell": cell,
        "auto": next(name for name in FASTEST_FIRST if not reasons[name]),
        "refused": {name: reason for name, reason in reasons.items() if reason},
    }


def _reasons(row: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in row["refused"].items()) or "none"
