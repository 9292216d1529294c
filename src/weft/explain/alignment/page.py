"""An alignment as one HTML file: point at a word of either text to see what it looked at, or what looked at it."""

from __future__ import annotations

from typing import Any

from weft.alignment.attended import Alignment
from weft.bundle.files import plain
from weft.errors import ConfigError
from weft.explain._page import document
from weft.explain._symbols import one_line, visible

MOST_CELLS = 250_000


def build(alignment: Alignment, answer: dict[str, Any]) -> str:
    """The page.

    Raises:
        ConfigError: more words than a browser can take.
    """
    if alignment.weights.size > MOST_CELLS:
        raise ConfigError(
            f"a page holds at most {MOST_CELLS:,} weights, this alignment has {alignment.weights.size:,}",
            hint="give a shorter text, or take the numbers with --json",
        )
    entropy = alignment.entropy
    return document(
        title=f"Alignment: {one_line(str(answer['translation']), 40)}",
        heading="Alignment",
        about=(
            f"log p {answer['logp']:.3f} nats; attention is spread over {entropy.mean():.2f} bits a word (0: one).",
            "Point at a word, or walk with the arrow keys: the darker a word of the other text, the more it counted.",
        ),
        body=BODY,
        data=plain(_data(alignment)),
        style=STYLE,
        script=SCRIPT,
    )


def _data(alignment: Alignment) -> dict[str, Any]:
    return {
        "symbols": [_word(word, " " if place else "") for place, word in enumerate(alignment.target)],
        "source": [visible(word) for word in alignment.source],
        "weights": [[round(value, 4) for value in row] for row in alignment.weights.tolist()],
    }


def _word(word: str, before: str) -> dict[str, Any]:
    return {"inline": visible(word), "shown": visible(word), "before": before, "breaks": False, "known": True}


BODY = """<h2>Source</h2>
<div id="source" aria-label="Source"></div>
<h2>Answer</h2>
<div id="text" role="listbox" tabindex="0" aria-orientation="horizontal"
 aria-label="Words of the answer; arrow keys move, Home and End go to the ends"></div>
<p id="readout" role="status"></p>
<h2>Attention</h2>
<div class="scroll tall"><table id="map"></table></div>
"""

STYLE = """#source { font-size: 1.15rem; line-height: 2; padding: .3rem; }
#source span { padding: .15rem .1rem; border-radius: .2rem; }
#map td { min-width: 1.6rem; padding: .1rem .3rem; } #map th { font-weight: normal; text-align: left; }
"""

SCRIPT = """function tint(element, weight) {
  element.style.background = 'rgba(var(--high), ' + Math.min(1, Math.max(0, weight)).toFixed(3) + ')';
}

function read(n) {
  const row = data.weights[n];
  row.forEach((weight, s) => tint(find('source-' + s), weight));
  data.symbols.forEach((_, t) => tint(find('symbol-' + t), 0));
  const order = row.map((weight, s) => s).sort((a, b) => row[b] - row[a]).slice(0, 3);
  find('readout').textContent = data.symbols[n].shown + ' looked at '
    + order.map((s) => data.source[s] + ' ' + Math.round(100 * row[s]) + ' %').join(', ');
}

function readSource(s) {
  data.source.forEach((_, other) => tint(find('source-' + other), 0));
  data.weights.forEach((row, t) => tint(find('symbol-' + t), row[s]));
  find('readout').textContent = data.source[s] + ' was looked at by the words that are dark below it';
}

data.source.forEach((word, s) => {
  if (s) find('source').append(' ');
  const one = document.createElement('span');
  one.id = 'source-' + s;
  one.textContent = word;
  one.addEventListener('mouseenter', () => readSource(s));
  find('source').append(one);
});
find('source').addEventListener('mouseleave', () => read(current));
buildText();
const map = find('map');
const top_row = map.insertRow();
top_row.append(document.createElement('th'));
data.source.forEach((word) => {
  const cell = document.createElement('th');
  cell.textContent = word;
  top_row.append(cell);
});
data.weights.forEach((row, t) => {
  const line = map.insertRow();
  const name = document.createElement('th');
  name.textContent = data.symbols[t].shown;
  line.append(name);
  row.forEach((weight) => {
    const cell = line.insertCell();
    cell.textContent = weight < 0.01 ? '' : Math.round(100 * weight);
    tint(cell, weight);
  });
});
move(0);
"""
