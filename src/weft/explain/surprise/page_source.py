"""The page of surprise as it is written out: what it has beside what every page has."""

from weft.explain._page import TEXT

BODY = f"""<section aria-labelledby="text-title">
<h2 id="text-title">The text</h2>
{TEXT}</section>
<section aria-labelledby="expected-title">
<h2 id="expected-title">What was expected</h2>
<p id="expected"></p>
<div class="scroll"><table><thead><tr><th scope="col">symbol</th><th scope="col">probability</th><th></th></tr></thead>
<tbody id="alternatives"></tbody></table></div>
</section>
<section aria-labelledby="curve-title">
<h2 id="curve-title">How far back it looks</h2>
<p>Mean surprise in bits when the model is given the last so many symbols alone.</p>
%CURVE%
%REACH%
</section>
"""

STYLE = """#alternatives td { font-variant-numeric: tabular-nums; } #alternatives .came { font-weight: bold; }
#alternatives .bar { min-width: 12rem; text-align: left; }
#alternatives .bar span { display: inline-block; height: .8rem; background: rgba(var(--high), .7); }
#curve { max-width: 40rem; width: 100%; font-size: 13px; }
#curve path { fill: none; stroke: var(--line); } #curve text { fill: var(--ink); }
#curve polyline { fill: none; stroke: rgb(var(--high)); stroke-width: 2; } #curve circle { fill: rgb(var(--high)); }
"""

SCRIPT = """
function colorText() {
  data.symbols.forEach((symbol, n) => {
    const one = find('symbol-' + n), share = data.blind ? Math.min(1, symbol.bits / data.blind) : 0;
    one.style.backgroundColor = 'rgba(var(--low), ' + (0.85 * share).toFixed(3) + ')';
    one.setAttribute('aria-label', symbol.shown + ', ' + symbol.bits.toFixed(2) + ' bits');
  });
  find('legend').textContent = 'The stronger the color, the more surprising: from 0 to ' + data.blind.toFixed(2) +
    ' bits or more. Point at a symbol, or walk with the arrow keys.';
}

function read(n) {
  const symbol = data.symbols[n];
  find('readout').textContent = 'symbol ' + (n + 1) + ' ' + symbol.shown +
    (symbol.known ? '' : ' (not in the vocabulary)') + ': ' + symbol.bits.toFixed(2) + ' bits, ' +
    (symbol.rank === 1 ? 'the likeliest' : 'number ' + symbol.rank + ' of the likeliest');
  find('expected').textContent = 'Before it came, ' + symbol.entropy.toFixed(2) + ' bits were expected.';
  find('alternatives').replaceChildren(...symbol.alternatives.map(([shown, p], place) => {
    const row = document.createElement('tr'), bar = document.createElement('span');
    for (const text of [shown, (100 * p).toPrecision(3) + ' %', '']) {
      const cell = document.createElement('td');
      cell.textContent = text;
      row.append(cell);
    }
    if (place + 1 === symbol.rank) row.className = 'came';
    row.lastChild.className = 'bar';
    bar.style.width = (10 * p).toFixed(2) + 'rem';
    row.lastChild.append(bar);
    return row;
  }));
}

buildText();
colorText();
move(0);
"""
