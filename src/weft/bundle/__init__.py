"""The run folder: recipe, vocabulary, weights, measures and log on disk, whole at every moment. Knows no task.

    recipe.toml          the resolved recipe, ``format = 1``
    vocabulary.json      what turns a person's data into numbers and back
    model.safetensors    the best weights so far (the latest while nothing was validated)
    metrics.json         scores, why training stopped, notes; written last
    log.jsonl            a line an event
    certificate.json     what `weft verify` found, and for which weights
    curves.png, README.md
    checkpoints/         what ``--resume`` needs; gone once training has finished

Every file but the log is written beside itself, synced and renamed over the old one; the log only grows, a line at
a time, and a half line left by a crash is cut when training goes on. Nothing is a pickle and nothing in a run is
executed.
"""

from weft.bundle.files import remove_leftovers, write_bytes, write_json, write_text, writing
from weft.bundle.folder import (
    CARD,
    CERTIFICATE,
    CERTIFICATE_MARK,
    CHECKPOINTS,
    CURVES,
    FORMAT,
    LOG,
    METRICS,
    RECIPE,
    VOCABULARY,
    WEIGHTS,
    check_free,
    check_run,
    create,
    is_run,
    read_document,
    read_metrics,
    read_recipe,
    read_vocabulary,
    save,
)
from weft.bundle.locking import alone_in, lock
from weft.bundle.log import append_log, cut_log, read_log, sync_log
from weft.bundle.origin import Origin
from weft.bundle.tensors import copy_tensors, load_module, module_tensors, read_metadata, read_tensors, write_tensors

__all__ = [
    "CARD",
    "CERTIFICATE",
    "CERTIFICATE_MARK",
    "CHECKPOINTS",
    "CURVES",
    "FORMAT",
    "LOG",
    "METRICS",
    "RECIPE",
    "VOCABULARY",
    "WEIGHTS",
    "Origin",
    "alone_in",
    "append_log",
    "check_free",
    "check_run",
    "copy_tensors",
    "create",
    "cut_log",
    "is_run",
    "load_module",
    "lock",
    "module_tensors",
    "read_document",
    "read_log",
    "read_metadata",
    "read_metrics",
    "read_recipe",
    "read_tensors",
    "read_vocabulary",
    "remove_leftovers",
    "save",
    "sync_log",
    "write_bytes",
    "write_json",
    "write_tensors",
    "write_text",
    "writing",
]
