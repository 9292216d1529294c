"""What a text goes on from: its symbols, those the model does not know, and text that joins on to it."""

from __future__ import annotations

import numpy as np

from weft.data.codec import Codec, Streamer


def encode_prompt(codec: Codec, prompt: str) -> np.ndarray:
    """The symbols of a prompt, int64 [N], with the end-of-line symbol behind every line but the last."""
    lines = list(codec.encode_lines(prompt.split("\n"), end=True))
    return np.concatenate(lines)[:-1].astype(np.int64)


def unknown_symbols(codec: Codec, prompt: str) -> list[str]:
    """What stands in a prompt and not in the vocabulary, in its order and as often as it stands there."""
    return [symbol for line in prompt.split("\n") for symbol in codec.unknown_in(line)]


def streamer_behind(codec: Codec, prompt: str) -> Streamer:
    """Shows symbols as text that joins on to a prompt: with the space between two words where one belongs."""
    streamer = codec.streamer()
    last = prompt.rpartition("\n")[2]
    if last and not (last[-1].isspace() and not codec.tokenizer.keeps_text):
        for number in codec.encode(last):
            streamer.feed(int(number))
    return streamer
