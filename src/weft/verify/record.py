"""The certificate in the run folder: ``certificate.json``, and one line in the model card."""

from __future__ import annotations

import hashlib
from pathlib import Path

from weft import bundle
from weft.verify.certificate import Certificate

FORMAT = 1


def write(run: Path, certificate: Certificate) -> None:
    """Write the certificate, with the sha256 of the weights it holds for; then the card's line, if there is a card.

    Raises:
        RunError: a file cannot be written; each is the old one or the new one.
    """
    with (run / bundle.WEIGHTS).open("rb") as file:
        weights = hashlib.file_digest(file, "sha256").hexdigest()
    bundle.write_json(run / bundle.CERTIFICATE, {"format": FORMAT, "weights": weights, **certificate.to_json()})
    card = run / bundle.CARD
    if card.is_file():
        bundle.write_text(card, _with_line(card.read_text(encoding="utf-8"), certificate, weights))


def _with_line(card: str, certificate: Certificate, weights: str) -> str:
    """The card with one line that begins with the mark: in the old one's place, else at its end."""
    line = f"{bundle.CERTIFICATE_MARK} {certificate.sentence()} (weights `{weights[:12]}`, `{bundle.CERTIFICATE}`)."
    lines = card.splitlines()
    places = [place for place, text in enumerate(lines) if text.startswith(bundle.CERTIFICATE_MARK)]
    if places:
        lines[places[0]] = line
    else:
        lines += ["", line]
    return "\n".join(text for place, text in enumerate(lines) if place not in places[1:]) + "\n"
