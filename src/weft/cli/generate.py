"""Write text with a language model, shown as it comes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import weft
from weft.cli._console import write, write_json
from weft.cli._options import Device, Json, Run, Seed, Threads


def command(
    run: Run,
    prompt: Annotated[str, typer.Option(help="Text to go on from; it is printed first.")] = "",
    length: Annotated[int, typer.Option(min=1, help="Symbols to write.")] = 400,
    temperature: Annotated[float, typer.Option(help="Below 1: safer; above 1: wilder; 0: always the likeliest.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="Draw from the k likeliest symbols; 0: from all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest symbols that together have this share.")] = 1.0,
    samples: Annotated[int, typer.Option(min=1, help="How many texts; several are parted by an empty line.")] = 1,
    seed: Seed = 1,
    precision: Annotated[
        str, typer.Option(help="Of the weights: float32, or int8: faster and a little less accurate, on a CPU.")
    ] = "float32",
    device: Device = "cpu",
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Sample from a language model. The same seed gives the same text.

    One text streams to standard output while it is written; several are drawn side by side. With --json each text is
    one line: {"prompt", "text"}.
    """
    model = weft.load(run, device=device, threads=threads)
    if samples == 1 and not as_json:
        pieces = model.stream(
            prompt, length=length, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed, precision=precision
        )
        sys.stdout.write(prompt)
        for piece in pieces:
            sys.stdout.write(piece)
            sys.stdout.flush()
        write("")
        return
    texts = model.generate(
        prompt,
        length=length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
        samples=samples,
        precision=precision,
    )
    for number, text in enumerate(texts):
        if as_json:
            write_json({"prompt": prompt, "text": text})
        else:
            write(("\n" if number else "") + prompt + text)
