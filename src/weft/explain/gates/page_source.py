"""The page of gate traces as it is written out: what it has beside what every page has."""

from weft.explain._page import TEXT

BODY = f"""<form id="choice" aria-label="What to show">
<label>Layer and direction <select id="trace"></select></label>
<label>Gate <select id="gate"></select></label>
<label>Unit <select id="unit"></select></label>
</form>
<section aria-labelledby="text-title">
<h2 id="text-title">The text</h2>
{TEXT}</section>
<section aria-labelledby="map-title">
<h2 id="map-title">All units</h2>
<p>A row a unit, in the order of the table below; a column a symbol. A click chooses both.</p>
<div class="scroll"><canvas id="map" role="img" aria-label="Heat map of all units; the table holds the same units">
</canvas></div>
</section>
<section aria-labelledby="units-title">
<h2 id="units-title">Units</h2>
<p>A column's head sorts by it, a unit's button shows the unit in the text. Variation is the standard deviation over the
symbols.</p>
<div class="scroll tall"><table><thead><tr id="heads"></tr></thead><tbody id="rows"></tbody></table></div>
</section>
"""

STYLE = """form { display: flex; flex-wrap: wrap; gap: 1rem; position: sticky; top: 0; z-index: 1; padding: .6rem 0;
  background: var(--paper); border-bottom: 1px solid var(--line); }
#text .negative { border-bottom-style: dashed; border-bottom-color: rgb(var(--low)); }
canvas { display: block; image-rendering: pixelated; border: 1px solid var(--line); cursor: crosshair; }
tr.chosen td { background: rgba(var(--high), .2); }
"""

SCRIPT = """const steps = 32767;
const heads = { unit: 'unit', variation: 'variation', mean: 'mean', size: 'mean |value|',
  left: 'share < 0.1', right: 'share > 0.9' };
const state = { trace: 0, gate: 0, unit: data.unit, sort: 'variation', up: false };

const gate = () => data.traces[state.trace].gates[state.gate];

function decoded(one) {
  if (!one.decoded) {
    const bytes = Uint8Array.from(atob(one.values), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    one.decoded = Float32Array.from({ length: bytes.length / 2 },
      (_, n) => view.getInt16(2 * n, true) / steps * one.limit);
  }
  return one.decoded;
}

function valueAt(symbol, unit) {
  const one = gate(), values = decoded(one), first = symbol * one.units;
  if (unit >= 0) return values[first + unit];
  let sum = 0;
  for (let n = first; n < first + one.units; n += 1) sum += one.gate ? values[n] : Math.abs(values[n]);
  return sum / one.units;
}

function unitName(unit) {
  if (unit >= 0) return 'unit ' + unit;
  return gate().gate ? 'mean of all units' : 'mean |value| of all units';
}

function option(select, value, text) {
  const one = document.createElement('option');
  one.value = value;
  one.textContent = text;
  select.append(one);
}

function fillSelects() {
  for (const name of ['trace', 'gate', 'unit']) find(name).replaceChildren();
  data.traces.forEach((one, n) => option(find('trace'), n, one.title));
  data.traces[state.trace].gates.forEach((one, n) => option(find('gate'), n, one.name));
  if (state.unit >= gate().units) state.unit = -1;
  for (let n = -1; n < gate().units; n += 1) option(find('unit'), n, unitName(n));
  for (const name of ['trace', 'gate', 'unit']) find(name).value = state[name];
}

function channels() {
  const style = getComputedStyle(document.documentElement);
  return ['--high', '--low'].map((name) => style.getPropertyValue(name).split(',').map(Number));
}

function colorText() {
  const limit = gate().limit;
  data.symbols.forEach((symbol, n) => {
    const value = valueAt(n, state.unit), one = find('symbol-' + n);
    const side = value < 0 ? '--low' : '--high';
    one.style.backgroundColor = 'rgba(var(' + side + '), ' + (0.75 * Math.abs(value) / limit).toFixed(3) + ')';
    one.classList.toggle('negative', value < 0);
    one.setAttribute('aria-label', symbol.shown + ', ' + value.toFixed(3));
  });
  find('legend').textContent = gate().gate
    ? 'The stronger the color, the nearer to 1. Left-saturated: below 0.1; right-saturated: above 0.9.'
    : 'The stronger the color, the nearer to ' + limit.toFixed(2) + ' or, with a dashed line, to -' + limit.toFixed(2) +
      '.';
}

function read(n, unit = state.unit) {
  const symbol = data.symbols[n];
  let line = 'symbol ' + n + ' ' + symbol.shown + (symbol.known ? '' : ' (not in the vocabulary)') + ': ' +
    gate().name + ', ' + unitName(unit) + ' ' + valueAt(n, unit).toFixed(3);
  if (symbol.logp !== null) line += ', log p of the symbol ' + symbol.logp.toFixed(3) + ' nats';
  find('readout').textContent = line;
}

function order() {
  const columns = gate().columns, units = Array.from({ length: gate().units }, (_, n) => n);
  const key = (unit) => (state.sort in columns ? columns[state.sort][unit] : unit);
  return units.sort((a, b) => (state.up ? key(a) - key(b) : key(b) - key(a)) || a - b);
}

function drawTable() {
  const columns = gate().columns, names = ['unit', ...Object.keys(columns)];
  find('heads').replaceChildren(...names.map((name) => {
    const head = document.createElement('th'), button = document.createElement('button');
    head.scope = 'col';
    if (name === state.sort) head.setAttribute('aria-sort', state.up ? 'ascending' : 'descending');
    button.type = 'button';
    button.id = 'sort-' + name;
    button.textContent = heads[name] + (name === state.sort ? (state.up ? ' \\u2191' : ' \\u2193') : '');
    button.addEventListener('click', () => {
      state.up = name === state.sort ? !state.up : name === 'unit';
      state.sort = name;
      drawTable();
      drawMap();
      find('sort-' + name).focus();
    });
    head.append(button);
    return head;
  }));
  find('rows').replaceChildren(...order().map((unit) => {
    const row = document.createElement('tr'), first = document.createElement('td');
    const button = document.createElement('button');
    button.type = 'button';
    button.id = 'unit-' + unit;
    button.textContent = unit;
    button.addEventListener('click', () => chooseUnit(unit));
    first.append(button);
    row.append(first);
    for (const name of Object.keys(columns)) {
      const cell = document.createElement('td');
      cell.textContent = columns[name][unit].toFixed(3);
      row.append(cell);
    }
    return row;
  }));
  markUnit();
}

function markUnit() {
  for (const row of find('rows').children) {
    const chosen = row.firstChild.firstChild.id === 'unit-' + state.unit;
    row.classList.toggle('chosen', chosen);
    row.firstChild.firstChild.setAttribute('aria-pressed', chosen);
  }
}

function drawMap() {
  const map = find('map'), width = data.symbols.length, units = order(), one = gate(), values = decoded(one);
  map.width = width;
  map.height = units.length;
  map.style.width = width * Math.max(2, Math.min(16, Math.floor(960 / width))) + 'px';
  map.style.height = units.length * Math.max(2, Math.min(14, Math.floor(400 / units.length))) + 'px';
  const context = map.getContext('2d'), image = context.createImageData(width, units.length), sides = channels();
  units.forEach((unit, row) => {
    for (let n = 0; n < width; n += 1) {
      const value = values[n * one.units + unit], place = 4 * (row * width + n);
      image.data.set(sides[value < 0 ? 1 : 0], place);
      image.data[place + 3] = Math.round(255 * Math.abs(value) / one.limit);
    }
  });
  context.putImageData(image, 0, 0);
}

function placeOf(event) {
  const box = find('map').getBoundingClientRect(), units = order();
  const share = (at, start, size, count) => Math.max(0, Math.min(count - 1, Math.floor((at - start) / size * count)));
  return [share(event.clientX, box.left, box.width, data.symbols.length),
    units[share(event.clientY, box.top, box.height, units.length)]];
}

function chooseUnit(unit) {
  state.unit = unit;
  find('unit').value = unit;
  markUnit();
  colorText();
  read(current);
}

function show() {
  fillSelects();
  if (state.sort !== 'unit' && !(state.sort in gate().columns)) state.sort = 'variation';
  drawTable();
  drawMap();
  colorText();
  move(current);
}

for (const name of ['trace', 'gate', 'unit']) {
  find(name).addEventListener('change', (event) => {
    state[name] = Number(event.target.value);
    if (name === 'unit') chooseUnit(state.unit); else show();
  });
}
find('choice').addEventListener('submit', (event) => event.preventDefault());
find('map').addEventListener('mousemove', (event) => read(...placeOf(event)));
find('map').addEventListener('mouseleave', () => read(current));
find('map').addEventListener('click', (event) => {
  const [symbol, unit] = placeOf(event);
  chooseUnit(unit);
  move(symbol);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawMap);
buildText();
show();
"""
