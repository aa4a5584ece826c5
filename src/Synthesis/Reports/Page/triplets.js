/* The table of triplets: only the rows of the page that is shown are in the document. */

const longText = 600;
const sizes = [10, 25, 50, 100];

/** Controls as pictures and turns of direction by name, so that no text hides what it holds. */
function visible(text) {
  return text
    .replace(/[\u0000-\u0008\u000B-\u001F]/g, c => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\u007F/g, '\u2421')
    .replace(/[\u202A-\u202E\u2066-\u2069]/g, c => `⟨${directions[c]}⟩`);
}
const directions = {
  '\u202A': 'LRE', '\u202B': 'RLE', '\u202C': 'PDF', '\u202D': 'LRO', '\u202E': 'RLO',
  '\u2066': 'LRI', '\u2067': 'RLI', '\u2068': 'FSI', '\u2069': 'PDI',
};

/** A language as an attribute, or nothing where the code is none (a name, or "undetermined"). */
function languageTag(code) {
  return /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(code ?? '') && !/^und/i.test(code) ? code : null;
}

class Triplets {
  constructor(report, marks) {
    this.report = report;
    this.rows = report.rows;
    this.marks = marks;
    this.matches = this.rows;
    this.page = 0;
    this.current = -1;
    this.columns = [
      { name: 'sent0', title: 'anchor', at: 3 },
      ...(report.positive ? [{ name: 'sent1', title: 'positive', at: 4 }] : []),
      ...(report.negative ? [{ name: 'hard_neg', title: 'hard negative', at: 5 }] : []),
    ];
    this.fillFilters();
    this.drawHead();
    for (const pager of document.querySelectorAll('[data-pager]')) this.drawPager(pager);
    this.listen();
    this.filter();
  }

  fillFilters() {
    const count = (test) => this.rows.reduce((sum, row) => sum + (test(row) ? 1 : 0), 0);
    const options = (id, entries) => byId(id).replaceChildren(...entries.map(([value, label, rows]) =>
      element('option', { value }, rows === undefined ? label : `${label} (${numbers.format(rows)})`)));
    const tally = at => [...this.rows.reduce((all, row) => row[at] ? all.set(row[at], (all.get(row[at]) ?? 0) + 1) : all, new Map())]
      .sort((a, b) => b[1] - a[1]);
    const names = new Map(this.report.languages.map(l => [l.code, l.name]));
    options('reason', [['', 'all'], ['accepted', 'accepted', count(r => !r[6])], ['repaired', 'repaired', count(r => r[8].length > 0)],
      ['flagged', 'flagged by the judge', count(r => r[9])], ['rejected', 'rejected', count(r => r[6])],
      ...tally(6).map(([reason, n]) => [`=${reason}`, `– ${reason}`, n])]);
    options('language', [['', 'all'], ...tally(2).map(([code, n]) => [code, names.get(code) || code, n])]);
    options('mark', [['', 'all'], ['none', 'unmarked'], ['good', 'good'], ['bad', 'bad'], ['any', 'marked']]);
    options('size', sizes.map(n => [n, n]));
    byId('size').value = '25';
  }

  drawHead() {
    const head = (name, title, style) =>
      element('th', { scope: 'col', role: 'columnheader', class: style }, name, title && ` · ${title}`);
    byId('rows').tHead.append(element('tr', { role: 'row' }, head('row', '', 'about'),
      ...this.columns.map(c => head(c.name, c.title)), head('mark', '', 'choice')));
  }

  drawPager(pager) {
    const button = (label, name, go) => {
      const node = element('button', { type: 'button', 'aria-label': name, 'data-go': name }, label);
      node.addEventListener('click', go);
      return node;
    };
    const field = element('input', { type: 'number', min: 1, 'aria-label': 'Page' });
    field.addEventListener('change', () => this.turnTo(Number(field.value) - 1));
    pager.append(button('«', 'First page', () => this.turnTo(0)), button('‹', 'Previous page', () => this.turnTo(this.page - 1)),
      element('label', {}, 'Page ', field, element('span', { 'data-of': true })),
      button('›', 'Next page', () => this.turnTo(this.page + 1)), button('»', 'Last page', () => this.turnTo(this.pages - 1)),
      element('span', { class: 'status', 'data-status': true }));
  }

  listen() {
    let waiting;
    byId('search').addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.filter(), 120);
    });
    for (const id of ['reason', 'language', 'mark', 'size']) byId(id).addEventListener('change', () => this.filter());
    byId('export').addEventListener('click', () =>
      download(`marks-${this.report.runId.replace(/[^\w.-]+/g, '-').slice(0, 60)}.csv`, this.marks.toCsv(this.rows)));
    document.addEventListener('keydown', event => this.onKey(event));
  }

  get size() {
    return Number(byId('size').value);
  }

  get pages() {
    return Math.max(1, Math.ceil(this.matches.length / this.size));
  }

  filter() {
    const [reason, language, mark] = ['reason', 'language', 'mark'].map(id => byId(id).value);
    const search = Triplets.folded(byId('search').value.trim());
    this.matches = this.rows.filter((row, i) => Triplets.hasVerdict(row, reason) && (!language || row[2] === language)
      && this.hasMark(row, mark) && (!search || this.searchable(i).includes(search)));
    this.current = -1;
    this.turnTo(0);
  }

  static hasVerdict(row, verdict) {
    switch (verdict) {
      case '': return true;
      case 'accepted': return !row[6];
      case 'rejected': return !!row[6];
      case 'repaired': return row[8].length > 0;
      case 'flagged': return row[9];
      default: return row[6] === verdict.slice(1);
    }
  }

  hasMark(row, mark) {
    const has = this.marks.of(row);
    return !mark || (mark === 'none' ? !has : mark === 'any' ? !!has : has === mark);
  }

  /** What a search looks through; made at the first search, since most pages are opened without one. */
  searchable(i) {
    this.folded ??= this.rows.map(row => Triplets.folded([row[1], ...this.columns.map(c => row[c.at] ?? '')].join('\n')));
    return this.folded[i];
  }

  static folded(text) {
    return text.normalize('NFC').toLowerCase();
  }

  turnTo(page) {
    this.page = Math.min(Math.max(0, Number.isFinite(page) ? Math.trunc(page) : 0), this.pages - 1);
    const first = this.page * this.size;
    const shown = this.matches.slice(first, first + this.size);
    if (this.current < first || this.current >= first + shown.length) this.current = -1;
    byId('rows').tBodies[0].replaceChildren(...shown.map((row, i) => this.drawRow(row, first + i)));
    byId('rows').hidden = shown.length === 0;
    byId('none').hidden = shown.length > 0;
    for (const pager of document.querySelectorAll('[data-pager]')) this.showPosition(pager, first, shown.length);
    this.showTally();
  }

  showPosition(pager, first, shown) {
    const [start, previous, next, end] = pager.querySelectorAll('button');
    start.disabled = previous.disabled = this.page === 0;
    end.disabled = next.disabled = this.page === this.pages - 1;
    const field = pager.querySelector('input');
    field.value = this.page + 1;
    field.max = this.pages;
    pager.querySelector('[data-of]').textContent = ` of ${numbers.format(this.pages)}`;
    const of = this.matches.length === this.rows.length ? '' : ` (of ${numbers.format(this.rows.length)})`;
    pager.querySelector('[data-status]').textContent = shown === 0 ? `0 rows${of}`
      : `rows ${numbers.format(first + 1)} to ${numbers.format(first + shown)} of ${numbers.format(this.matches.length)}${of}`;
  }

  showTally(said = '') {
    let good = 0, bad = 0;
    for (const row of this.rows) {
      const mark = this.marks.of(row);
      if (mark === 'good') good++;
      else if (mark === 'bad') bad++;
    }
    const share = good + bad > 0 ? ` · ${percent(good, good + bad)} of the marked rows are good` : '';
    byId('tally').replaceChildren(`${numbers.format(good)} good, ${numbers.format(bad)} bad${share}`,
      said && element('span', { class: 'hidden' }, `. ${said}`));
    byId('export').disabled = good + bad === 0;
    byId('storage').hidden = this.marks.kept;
  }

  drawRow(row, index) {
    const [number, id, language, , , , reason, detail, repairs, flagged] = row;
    const about = element('td', { role: 'cell' }, element('div', {}, element('strong', {}, `#${numbers.format(number)}`), ' ',
      element('span', { class: 'pill' }, element('bdi', {}, visible(language)))),
      element('span', { class: `pill ${reason ? 'rejected' : 'accepted'}` }, reason ? visible(reason) : 'accepted'),
      flagged && element('span', { class: 'pill flagged' }, 'flagged'),
      ...repairs.map(repair => element('span', { class: 'pill' }, `repaired: ${visible(repair)}`)),
      detail && element('div', { class: 'detail', dir: 'auto' }, visible(detail)),
      element('span', { class: 'id mono', title: id }, id));
    const texts = this.columns.map(column => this.drawText(row, column));
    const line = element('tr', { role: 'row', tabindex: -1, 'data-index': index, 'data-mark': this.marks.of(row) || null,
      'aria-current': index === this.current ? 'true' : null }, about, ...texts, this.drawChoice(row, index));
    line.addEventListener('click', () => this.select(index, false));
    return line;
  }

  drawText(row, column) {
    const text = row[column.at];
    const cell = element('td', { role: 'cell', 'data-label': `${column.name} · ${column.title}`, 'data-column': column.name });
    if (text === null) {
      cell.append(element('span', { class: 'empty' }, 'none'));
      return cell;
    }
    const language = languageTag(column.at === 3 ? row[2] : this.report.answerLanguage ?? row[2]);
    // A surrogate pair is not cut in two.
    const cut = /[\uD800-\uDBFF]/.test(text[longText - 1] ?? '') ? longText - 1 : longText;
    const body = element('div', { class: 'text', dir: 'auto', lang: language },
      visible(text.length > longText ? text.slice(0, cut) + '…' : text));
    cell.append(body);
    if (text.length > longText) {
      const more = element('button', { type: 'button', class: 'more' }, `Show all ${numbers.format(text.length)} characters`);
      more.addEventListener('click', () => {
        body.textContent = visible(text);
        more.remove();
      });
      cell.append(more);
    }
    return cell;
  }

  drawChoice(row, index) {
    const mark = this.marks.of(row);
    return element('td', { role: 'cell', class: 'choice' }, ...['good', 'bad'].map(choice => {
      const button = element('button', { type: 'button', 'data-mark': choice, 'aria-pressed': String(mark === choice),
        'aria-label': `Mark row ${row[0]} ${choice}` }, choice === 'good' ? '✓ good' : '✗ bad');
      button.addEventListener('click', event => {
        event.stopPropagation();
        this.select(index, false);
        this.mark(index, choice);
      });
      return button;
    }));
  }

  select(index, focus) {
    this.current = index;
    for (const line of byId('rows').tBodies[0].rows) {
      if (Number(line.dataset.index) !== index) line.removeAttribute('aria-current');
      else {
        line.setAttribute('aria-current', 'true');
        if (focus) line.focus({ preventScroll: true });
        if (focus) line.scrollIntoView({ block: 'nearest', behavior: 'instant' });
      }
    }
  }

  mark(index, choice) {
    const now = this.marks.toggle(this.matches[index], choice);
    const line = byId('rows').querySelector(`tr[data-index="${index}"]`);
    if (now) line.dataset.mark = now;
    else delete line.dataset.mark;
    for (const button of line.querySelectorAll('button[data-mark]')) {
      button.setAttribute('aria-pressed', String(button.dataset.mark === now));
    }
    this.showTally(`Row ${this.matches[index][0]}: ${now || 'no mark'}`);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea')) {
      if (event.key === 'Escape' && event.target.id === 'search') event.target.blur();
      return;
    }
    const action = byId('shortcuts').checked && this.keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  keys = {
    j: () => this.step(1),
    k: () => this.step(-1),
    g: () => this.current >= 0 && this.mark(this.current, 'good'),
    b: () => this.current >= 0 && this.mark(this.current, 'bad'),
    n: () => this.turnTo(this.page + 1),
    p: () => this.turnTo(this.page - 1),
    '/': () => byId('search').focus(),
  };

  step(by) {
    const from = this.current >= 0 ? this.current + by : this.page * this.size;
    if (this.matches.length === 0 || from < 0 || from >= this.matches.length) return;
    const page = Math.floor(from / this.size);
    if (page !== this.page) this.turnTo(page);
    this.select(from, true);
  }
}
