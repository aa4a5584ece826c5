'use strict';
/* Builders of the page's parts. Text goes into the page only as text nodes: nothing here parses markup. */

const numbers = new Intl.NumberFormat('en');
const decimals = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const byId = id => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined && child !== false && child !== ''));
  return node;
}

/** Share as a percentage; a dash where there is nothing to divide by. */
function percent(part, whole) {
  return whole > 0 ? `${(100 * part / whole).toFixed(1)} %` : '–';
}

function duration(seconds) {
  if (seconds < 60) return `${decimals.format(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${numbers.format(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function nothing(text) {
  return element('p', { class: 'empty' }, text);
}

/** A list of { label, share (0 to 1), value, note }: words and numbers, with a bar for who looks; a long one is folded after its head. */
function barList(entries) {
  const list = part => element('ul', { class: 'bars' }, ...part.map(barEntry));
  if (entries.length <= 12) return list(entries);
  return element('div', {}, list(entries.slice(0, 10)),
    element('details', {}, element('summary', {}, `${numbers.format(entries.length - 10)} more`), list(entries.slice(10))));
}

function barEntry({ label, share, value, note }) {
  const fill = element('span');
  fill.style.width = `${100 * Math.min(1, Math.max(0, share || 0))}%`;
  return element('li', {}, element('span', { class: 'line' }, element('bdi', { class: 'label' }, label), ' ', element('strong', {}, value)),
    element('span', { class: 'bar', 'aria-hidden': 'true' }, fill), note && element('span', { class: 'quiet' }, note));
}

let charts = 0;
const chart = { width: 380, height: 150, left: 36, right: 10, top: 10, bottom: 22 };

/** An empty chart with two rules and their numbers; title and description are what a screen reader says. */
function frame(title, description, most, log) {
  const id = `chart-${++charts}`;
  const svg = drawn('svg', { viewBox: `0 0 ${chart.width} ${chart.height}`, role: 'img', 'aria-labelledby': `${id}-t ${id}-d` },
    drawn('title', { id: `${id}-t` }, title), drawn('desc', { id: `${id}-d` }, description));
  for (const value of [0, log ? 10 ** Math.floor(Math.log10(Math.max(1, most)) / 2) : most / 2, most]) {
    const y = heightOf(value, most, log);
    svg.append(drawn('line', { class: 'rule', x1: chart.left, x2: chart.width - chart.right, y1: y, y2: y }),
      drawn('text', { x: chart.left - 5, y: y + 3.5, 'text-anchor': 'end' }, compact.format(value)));
  }
  return svg;
}

function heightOf(value, most, log) {
  const space = chart.height - chart.top - chart.bottom;
  const scale = log ? v => Math.log10(1 + v) : v => v;
  return chart.height - chart.bottom - (most > 0 ? space * scale(value) / scale(most) : 0);
}

/** Bars of a histogram's bins up to the last that holds something; on a logarithmic scale where few are many times the others. */
function histogram(name, unit, data, log = false) {
  const last = data.counts.reduce((at, count, i) => count > 0 ? i : at, -1);
  const caption = element('figcaption', {}, name);
  if (last < 0) return element('figure', {}, caption, nothing('No texts.'));
  const counts = data.counts.slice(0, last + 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const most = Math.max(...counts);
  const facts = `${numbers.format(data.least)} to ${numbers.format(data.most)} ${unit}, ${decimals.format(data.mean)} on average`;
  const svg = frame(name, facts, most, log);
  const step = (chart.width - chart.left - chart.right) / counts.length;
  const every = Math.ceil(counts.length / 8);
  counts.forEach((count, i) => {
    const x = chart.left + i * step;
    const y = heightOf(count, most, log);
    const label = binLabel(data.edges, i);
    svg.append(drawn('rect', { class: 'fill', x: x + step * .06, y, width: step * .88, height: chart.height - chart.bottom - y, rx: 1 },
      drawn('title', {}, `${label} ${unit}: ${numbers.format(count)} (${percent(count, total)})`)));
    if (i % every === 0) {
      svg.append(drawn('text', { x: x + step / 2, y: chart.height - 7, 'text-anchor': 'middle' },
        counts.length <= 8 ? label : numbers.format(data.edges[i])));
    }
  });
  caption.append(element('span', { class: 'quiet' }, ` · ${facts}${log ? '; logarithmic' : ''}`));
  return element('figure', {}, caption, svg);
}

function binLabel(edges, i) {
  if (i === edges.length - 1) return `≥ ${numbers.format(edges[i])}`;
  const to = edges[i + 1] - 1;
  return to > edges[i] ? `${numbers.format(edges[i])}–${numbers.format(to)}` : numbers.format(edges[i]);
}

/** Points of [seconds, value]. */
function lineChart(name, points) {
  const usable = points.filter(([, value]) => Number.isFinite(value));
  const caption = element('figcaption', {}, name);
  if (usable.length === 0) return element('figure', {}, caption, nothing('Nothing was measured.'));
  const values = usable.map(([, value]) => value);
  const most = Math.max(...values);
  const end = usable[usable.length - 1][0];
  const facts = `${decimals.format(Math.min(...values))} to ${decimals.format(most)} over ${duration(end)}`;
  const svg = frame(name, facts, most);
  const at = ([seconds, value]) => {
    const x = chart.left + (chart.width - chart.left - chart.right) * (end > 0 ? seconds / end : 0);
    return `${x.toFixed(1)},${heightOf(value, most).toFixed(1)}`;
  };
  const line = [[0, usable[0][1]], ...usable].map(at).join(' ');
  const floor = chart.height - chart.bottom;
  svg.append(drawn('polygon', { class: 'area', points: `${chart.left},${floor} ${line} ${chart.width - chart.right},${floor}` }),
    drawn('polyline', { class: 'curve', points: line }),
    drawn('text', { x: chart.left, y: chart.height - 7 }, '0'),
    drawn('text', { x: chart.width - chart.right, y: chart.height - 7, 'text-anchor': 'end' }, duration(end)));
  caption.append(element('span', { class: 'quiet' }, ` · ${facts}`));
  return element('figure', {}, caption, svg);
}
