"""Which texts are held out when a person gives no validation file."""

from __future__ import annotations

from hashlib import blake2b


def held_out(text: str, fraction: float, *, seed: int) -> bool:
    """Whether a text belongs to the held-out part.

    Decided by the text alone, so that equal texts stand on one side, no pass over the file has to remember a draw, and
    rows added later move none of the earlier ones.
    """
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=seed.to_bytes(8, "little")).digest()
    return int.from_bytes(digest, "little") < fraction * 2**64
