/* Puts the data of the page into its places. */

const report = JSON.parse(byId('report-data').textContent);
const sideNames = { positive: 'sent1', negative: 'hard_neg' };

function facts(id, entries) {
  byId(id).append(...entries.filter(([, value]) => value !== null && value !== undefined).flatMap(([name, value, mono]) =>
    [element('dt', {}, name), element('dd', { dir: 'auto', class: mono && 'mono' }, visible(String(value)))]));
}

function drawTiles({ anchors, distinctAnchors, rows, triplets, rejected, open, attempts, tokens, seconds }) {
  const decided = triplets + rejected;
  const each = (label, value, note) => element('div', {}, element('dt', {}, label),
    element('dd', { class: 'value' }, value), element('dd', { class: 'note' }, note));
  byId('tiles').append(
    each('Triplets', numbers.format(triplets), `of ${numbers.format(rows)} asked for`),
    each('Rows accepted', percent(triplets, decided),
      `${numbers.format(rejected)} given up${open > 0 ? `, ${numbers.format(open)} open` : ''}`),
    each('Anchors', numbers.format(anchors), `${numbers.format(distinctAnchors)} different`),
    each('Answers generated', numbers.format(attempts), decided > 0 ? `${(attempts / decided).toFixed(2)} for each row decided` : ''),
    each('Time worked', duration(seconds), seconds > 0 ? `${decimals.format(decided / seconds)} rows/s` : ''),
    each('Tokens', compact.format(tokens), seconds > 0 ? `${decimals.format(tokens / seconds)} tokens/s` : ''));
}

function drawQuality() {
  byId('acceptance').append(barList(report.acceptance.map(a => ({
    label: `${sideNames[a.side]} · ${a.adapter === null ? 'no adapter' : visible(a.adapter)}`,
    share: a.accepted / a.answers, value: percent(a.accepted, a.answers),
    note: `${numbers.format(a.accepted)} of ${numbers.format(a.answers)}`
      + (a.repaired > 0 ? `, ${numbers.format(a.repaired)} repaired` : ''),
  }))));
  const most = Math.max(1, ...report.rejections.map(r => r.answers));
  byId('rejections').append(report.rejections.length === 0 ? nothing('Nothing was rejected.')
    : barList([...report.rejections].sort((a, b) => b.answers - a.answers).map(r => ({
      label: r.side === null ? r.reason : `${r.reason} · ${sideNames[r.side]}`, share: r.answers / most,
      value: numbers.format(r.answers), note: r.rows > 0 ? `${numbers.format(r.rows)} rows given up` : '',
    }))));
  const mostRepairs = Math.max(1, ...report.repairs.map(r => r.count));
  byId('repairs').append(report.repairs.length === 0 ? nothing('Nothing was repaired.')
    : barList([...report.repairs].sort((a, b) => b.count - a.count).map(r =>
      ({ label: visible(r.name), share: r.count / mostRepairs, value: numbers.format(r.count) }))));
  byId('languages').append(report.languages.length === 0 ? nothing('No language is known.')
    : barList([...report.languages].sort((a, b) => b.anchors - a.anchors).map(l => ({
      label: `${visible(l.name || l.code)} (${visible(l.code)})`, share: l.triplets / l.anchors, value: numbers.format(l.triplets),
      note: `${numbers.format(l.anchors)} anchors`,
    }))));
  if (report.truth) drawTruth(report.truth);
  byId('throughput').append(lineChart('rows/s', report.throughput.map(p => [p.seconds, p.rowsPerSecond])),
    lineChart('tokens/s', report.throughput.map(p => [p.seconds, p.tokensPerSecond])));
}

function drawTruth({ raw, accepted }) {
  const line = (label, right, count) => ({
    label, share: right / count, value: percent(right, count), note: `${numbers.format(right)} of ${numbers.format(count)}`,
  });
  byId('truth-card').hidden = false;
  byId('truth').append(barList([
    line('entailments, raw', raw.entailments, raw.count), line('entailments, accepted', accepted.entailments, accepted.count),
    line('contradictions, raw', raw.contradictions, raw.count), line('contradictions, accepted', accepted.contradictions, accepted.count),
  ]));
}

function drawTexts() {
  byId('lengths').append(...report.lengths.map(l => element('article', { class: 'card' }, element('h3', {}, `Lengths of ${l.column}`),
    histogram('characters', 'characters', l.characterCounts), l.tokenCounts && histogram('tokens', 'tokens', l.tokenCounts))));
  byId('duplicates').append(...report.duplicates.map(d => histogram(`${sideNames[d.side]}: occurrences`, 'times', d.occurrences, true)));
  if (report.duplicates.length === 0) byId('duplicates').append(nothing('Not counted.'));
  if (report.nearDuplicates !== null) {
    byId('duplicates').append(element('p', {}, `${numbers.format(report.nearDuplicates)} accepted answers nearly equal an earlier one.`));
  }
  const most = Math.max(1, ...report.frequentOutputs.map(f => f.count));
  byId('frequent').append(report.frequentOutputs.length === 0 ? nothing('No answer occurs twice.')
    : barList(report.frequentOutputs.map(f => ({
      label: visible(f.text.length > 200 ? `${f.text.slice(0, 200)}…` : f.text), share: f.count / most,
      value: numbers.format(f.count), note: sideNames[f.side],
    }))));
}

function drawOrigin() {
  facts('run', [['Run', report.runId, true], ['Input', report.input], ['Command', report.command, true], ['Started', report.started],
    ['Finished', report.finished ?? 'not yet: rows are open'], ['Made by', `xllora-onnx ${report.toolVersion}`],
    ['Licence', report.license ?? 'not stated']]);
  facts('model', [['Name', report.model.name], ['Family', report.model.family], ['Precision', report.model.precision],
    ['Base fingerprint', report.model.baseFingerprint, true], ['Strategy', report.strategy]]);
  facts('sampling', [...report.sampling.map(f => [f.name, f.value]), ['seed', report.seed]]);
  byId('devices').append(...report.devices.map(d => element('p', {},
    element('strong', {}, element('bdi', {}, visible(d.name))), ` · ${visible(d.engine)} `,
    element('span', { class: 'quiet' }, visible(d.why)))));
  for (const [side, name] of Object.entries(sideNames)) {
    if (report[side]) byId('prompts').append(drawPrompt(name, report[side]));
  }
}

function drawPrompt(column, side) {
  const adapter = side.adapter === null ? [nothing('No adapter: the base model alone.')]
    : [element('p', {}, 'Adapter ', element('bdi', {}, visible(side.adapter.name)), ' ',
      element('span', { class: 'mono quiet' }, side.adapter.fingerprint))];
  return element('article', { class: 'card' }, element('h3', {}, `Prompt of ${column}`), ...adapter,
    element('pre', { dir: 'auto' }, visible(side.prompt)), element('p', { class: 'mono quiet' }, side.promptHash));
}

function drawReport() {
  document.title = `${report.title} · synthesis report`;
  byId('title').textContent = visible(report.title);
  byId('subtitle').textContent = `${visible(report.model.name)} · ${visible(report.input)} · started ${report.started.slice(0, 10)}`
    + (report.finished ? '' : ' · not finished');
  byId('footer').textContent =
    `Made by xllora-onnx ${report.toolVersion}. This page holds everything it shows and asks no server for anything.`;
  drawTiles(report.counts);
  drawQuality();
  drawTexts();
  drawOrigin();
  const { rows } = report.counts;
  byId('sample').textContent = report.rows.length < rows
    ? `A sample of ${numbers.format(report.rows.length)} of the run's ${numbers.format(rows)} rows.`
    : `All ${numbers.format(rows)} rows of the run.`;
  new Triplets(report, new Marks(report.runId));
}

drawReport();
