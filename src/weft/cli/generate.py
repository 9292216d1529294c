"""Write text with a language model, shown as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import weft
from weft.cli import _writing_options as options
from weft.cli._console import counted, say, write, write_json
from weft.cli._copies import CopyCheck
from weft.cli._options import Device, Json, Run, Seed, Threads
from weft.cli._verse import Verses, check_words, form_of
from weft.errors import ConfigError
from weft.search.settings import Sampling
from weft.writing import Author

SHOWN = 10
"""Unknown symbols of a prompt that are named."""


def command(
    run: Run,
    prompt: options.Prompt = "",
    length: options.Length = 400,
    temperature: options.Temperature = 1.0,
    top_k: options.TopK = 0,
    top_p: options.TopP = 1.0,
    typical: options.Typical = 1.0,
    repetition_penalty: options.Repetition = 1.0,
    penalty_window: options.Window = 64,
    stop: options.Stop = None,
    show_stop: options.ShowStop = False,
    samples: options.Samples = 1,
    seed: Seed = 1,
    rhyme: options.Rhyme = "",
    syllables: options.Syllables = "",
    stress: options.Stress = "",
    lines: options.Lines = 0,
    sounds: options.Sounds = None,
    only: options.Only = None,
    without: options.Without = None,
    tries: options.Tries = 2000,
    strict: options.StrictVerse = False,
    copied_from: options.CopiedFrom = None,
    beside: options.Beside = None,
    precision: options.Precision = "float32",
    device: Device = "cpu",
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Sample from a language model. The same seed gives the same text.

    One text streams to standard output while it is written; several are drawn side by side. With --json each text is
    one line: {"prompt", "text"}, with "lines" for verse and "copied" with --copied-from.
    """
    sampling = Sampling(temperature, top_k, top_p, typical, repetition_penalty, penalty_window)
    wanted = {"rhyme": rhyme, "syllables": syllables, "stress": stress, "lines": lines}
    form = form_of(wanted, sounds=sounds, only=only, without=without, tries=tries, strict=strict)
    if form is not None and stop:
        raise ConfigError("--stop ends a text anywhere, verse ends after its lines", hint="leave one of them out")
    if beside is not None and not copied_from:
        raise ConfigError("--beside is looked up in training text, and none was given", hint="add --copied-from FILE")
    author = weft.load(run, device=device, threads=threads).author(precision=precision)
    check = CopyCheck(author, copied_from, beside) if copied_from else None
    _tell_unknown(author, prompt)
    if form is None:
        wish = {"sampling": sampling, "length": length, "seed": seed, "stop": stop or (), "show_stop": show_stop}
        rows = _prose(author, prompt, samples, wish, quiet=as_json)
        finish = None
    else:
        check_words(author, form, run, only=only, without=without)
        verses = Verses(author, form, sampling, length=length, seed=seed, quiet=as_json)
        rows = verses.write(prompt, samples)
        finish = verses.finish
    copied = check.report([row["text"] for row in rows]) if check else []
    for row, found in zip_longest(rows, copied) if as_json else ():
        write_json({"prompt": prompt, **row} | ({"copied": found.to_json()} if found else {}))
    if finish is not None:
        finish(strict=strict)


def _prose(author: Author, prompt: str, samples: int, wish: Mapping[str, Any], *, quiet: bool) -> list[dict[str, Any]]:
    """Texts as they come: one as it is written, several one below the other."""
    if samples > 1 or quiet:
        texts = author.generate(prompt, samples=samples, **wish)
        for number, text in enumerate(() if quiet else texts):
            write(("\n" if number else "") + prompt + text)
        return [{"text": text} for text in texts]
    pieces = []
    stream = author.stream(prompt, **wish)
    write(prompt, end="")
    for piece in stream:
        write(piece, end="")
        pieces.append(piece)
    write("")
    return [{"text": "".join(pieces)}]


def _tell_unknown(author: Author, prompt: str) -> None:
    unknown = author.unknown_in(prompt)
    if unknown:
        which = ", ".join(map(repr, dict.fromkeys(unknown[:SHOWN]))) + (", …" if len(unknown) > SHOWN else "")
        symbols = counted(len(unknown), "symbol")
        say(f"note: {symbols} of the prompt never seen in training, read as unknown: {which}")
