"""BLEU of translators on Multi30k, with attention and without (hours on a core; --full: both languages, all recipes).

The parts are the data set's own: train, val (which chooses the best epoch) and test2016, measured once, as raw text:
cased, detokenised, sacrebleu's BLEU; and lower-cased, to compare with papers. With ``--out`` it goes on where it was
stopped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from weft import bundle
from weft.benches._contract import BenchOptions, BenchReport, data_file, working_folder
from weft.benches._training import train_or_stop
from weft.model import Model

RECIPES = ("bahdanau2015", "cho2014")
MORE = ("luong2015", "sutskever2014", "gehring2017", "vaswani2017")
LANGUAGES = ("de",)
ALL_LANGUAGES = ("de", "fr")
SHOWN = ("bleu", "bleu-lowercased", "chrf", "nats-per-symbol")


def run(options: BenchOptions) -> BenchReport:
    """Train and measure."""
    recipes, languages = ((*RECIPES, *MORE), ALL_LANGUAGES) if options.full else (RECIPES, LANGUAGES)
    with working_folder(options) as folder:
        rows = [_measure(recipe, language, folder, options) for language in languages for recipe in recipes]
    return BenchReport(
        title="Multi30k, English to German or French, test2016",
        columns=("to", "recipe", *SHOWN, "95 % of BLEU", "minutes of training"),
        rows=rows,
        notes=(f"seed {options.seed}, {options.threads or 'all'} threads",),
    )


def trained(recipe: str, language: str, folder: Path, options: BenchOptions) -> tuple[Model, float]:
    """The model, trained in ``folder`` where it is not yet, and how many minutes that took."""
    out = folder / f"{recipe}-en-{language}"
    model = train_or_stop(
        recipe,
        train=pair(options, "train", language, ".gz"),
        valid=pair(options, "val", language),
        out=out,
        settings=[f"training.threads={options.threads}"],
        seed=options.seed,
        resume=True,
    )
    return model, bundle.read_metrics(out)["seconds"] / 60


def _measure(recipe: str, language: str, folder: Path, options: BenchOptions) -> tuple[Any, ...]:
    model, minutes = trained(recipe, language, folder, options)
    found = model.evaluate(pair(options, "test2016", language), leaks=False).scores
    scores = {score.name: score for score in found}
    bleu = scores["bleu"]
    options.progress(f"{recipe}, en-{language}: BLEU {bleu.value:.2f} in {minutes:.0f} minutes")
    values = (round(scores[name].value, 3 if name == "nats-per-symbol" else 2) for name in SHOWN)
    return (language, recipe, *values, f"{bleu.low:.1f}-{bleu.high:.1f}", round(minutes, 1))


def pair(options: BenchOptions, part: str, language: str, ending: str = "") -> Path:
    """The two aligned files of a part."""
    sides = (data_file(options, f"multi30k/{part}.{side}{ending}") for side in ("en", language))
    return Path(":".join(map(str, sides)))
