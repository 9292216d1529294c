"""What every page of an explanation is made of: one HTML file with data, style and script, and a text to walk through.

The script sets text by ``textContent`` alone, so that nothing of a text or a label is ever read as markup. It expects a
function ``read(n)``, which says what there is to say of symbol n.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from typing import Any

from weft.explain._symbols import Symbol, visible


def document(
    *, title: str, heading: str, about: Iterable[str], body: str, data: Any, style: str = "", script: str = ""
) -> str:
    """The whole page.

    Args:
        title: of the window; heading: of the page; about: paragraphs below it. All three are plain text.
        body: markup behind them.
        data: plain values, what the script reads as ``data``.
        style, script: added to those of every page.
    """
    paragraphs = "\n".join(f"<p>{html.escape(line)}</p>" for line in about)
    return (
        f"{HEAD}<title>{html.escape(title)}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{html.escape(heading)}</h1>\n{paragraphs}\n{NOSCRIPT}{body}</main>\n"
        f'<script type="application/json" id="data">{_safe(data)}</script>\n'
        f"<script>\n{SCRIPT}{script}</script>\n</body>\n</html>\n"
    )


def symbol_values(symbol: Symbol) -> dict[str, Any]:
    """What the script needs of a symbol: ``inline`` is how it stands in the text, ``shown`` how it is named alone."""
    shown = visible(symbol.text)
    return {
        "inline": symbol.text if len(shown) == len(symbol.text) and symbol.text.isprintable() else shown,
        "shown": shown,
        "before": symbol.before,
        "breaks": symbol.text == "\n",
        "known": symbol.known,
        "logp": None if symbol.logp is None else round(symbol.logp, 4),
    }


def _safe(values: Any) -> str:
    """JSON that cannot end the element it stands in, nor begin another."""
    text = json.dumps(values, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
"""

NOSCRIPT = "<noscript><p>Switch JavaScript on to see it; the page asks no network for anything.</p></noscript>\n"

TEXT = """<div id="text" role="listbox" tabindex="0" aria-orientation="horizontal"
 aria-label="Symbols; arrow keys move, Home and End go to the ends"></div>
<p id="readout" role="status"></p>
<p id="legend"></p>
"""
"""Where the text stands, what is read of a symbol, and how its colors are to be read."""

STYLE = """:root { color-scheme: light dark; --high: 37, 99, 235; --low: 217, 119, 6;
  --ink: #1a1a1a; --paper: #ffffff; --line: #c8c8c8; --quiet: #5c5c5c; }
@media (prefers-color-scheme: dark) {
  :root { --high: 96, 150, 255; --low: 240, 160, 60;
    --ink: #ececec; --paper: #161616; --line: #444444; --quiet: #a8a8a8; }
}
body { margin: 0; color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .3rem; } p { margin: .3rem 0; }
select, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
  border-radius: .25rem; padding: .1rem .4rem; }
:focus-visible { outline: 2px solid rgb(var(--high)); outline-offset: 2px; }
#text { font-size: 1.15rem; line-height: 2; white-space: pre-wrap; padding: .3rem; }
#text .symbol { cursor: pointer; padding: .1rem 0; border-bottom: 2px solid transparent; }
#text .unknown { text-decoration: underline wavy; }
#text .current { outline: 2px solid var(--ink); }
#readout { min-height: 1.5em; font-variant-numeric: tabular-nums; }
#legend, noscript { color: var(--quiet); }
.scroll { overflow: auto; max-width: 100%; } .tall { max-height: 26rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; background: var(--paper); }
th, td { padding: .1rem .6rem; text-align: right; }
"""

SCRIPT = """'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const find = (id) => document.getElementById(id);
let current = 0;

function buildText() {
  data.symbols.forEach((symbol, n) => {
    if (symbol.before) find('text').append(symbol.before);
    const one = document.createElement('span');
    one.className = symbol.known ? 'symbol' : 'symbol unknown';
    one.id = 'symbol-' + n;
    one.setAttribute('role', 'option');
    one.textContent = symbol.inline;
    one.addEventListener('mouseenter', () => read(n));
    one.addEventListener('click', () => move(n));
    find('text').append(one);
    if (symbol.breaks) find('text').append('\\n');
  });
}

function move(n) {
  const old = find('symbol-' + current);
  old.classList.remove('current');
  old.setAttribute('aria-selected', 'false');
  current = Math.max(0, Math.min(data.symbols.length - 1, n));
  const now = find('symbol-' + current);
  now.classList.add('current');
  now.setAttribute('aria-selected', 'true');
  find('text').setAttribute('aria-activedescendant', now.id);
  read(current);
}

find('text').addEventListener('mouseleave', () => read(current));
find('text').addEventListener('keydown', (event) => {
  const to = { ArrowRight: current + 1, ArrowLeft: current - 1, ArrowDown: current + 10,
    ArrowUp: current - 10, Home: 0, End: data.symbols.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  move(to);
  find('symbol-' + current).scrollIntoView({ block: 'nearest' });
});
"""
