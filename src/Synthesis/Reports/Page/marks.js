/* Marks (good or bad) of rows: kept in the browser under the run where it allows that, and exported as CSV. */

class Marks {
  constructor(runId) {
    this.place = `xllora-onnx/marks/${runId}`;
    this.marks = new Map();
    this.kept = true;
    try {
      const stored = JSON.parse(localStorage.getItem(this.place) ?? '{}');
      for (const [key, mark] of Object.entries(stored ?? {})) {
        if (mark === 'good' || mark === 'bad') this.marks.set(key, mark);
      }
      this.keep();
    } catch {
      // Storage switched off, full, or holding what this page did not write: the page works without.
      this.kept = false;
    }
  }

  static key(row) {
    return `${row[0]} ${row[1]}`;
  }

  of(row) {
    return this.marks.get(Marks.key(row)) ?? '';
  }

  /** Sets a mark; the same one again takes it away. Returns what holds now. */
  toggle(row, mark) {
    const now = this.of(row) === mark ? '' : mark;
    if (now) this.marks.set(Marks.key(row), now);
    else this.marks.delete(Marks.key(row));
    try {
      this.keep();
    } catch {
      this.kept = false;
    }
    return now;
  }

  keep() {
    localStorage.setItem(this.place, JSON.stringify(Object.fromEntries(this.marks)));
  }

  /** RFC 4180: id,row,mark,sent0,sent1,hard_neg of the marked rows, in the order of the table. */
  toCsv(rows) {
    const lines = ['id,row,mark,sent0,sent1,hard_neg'];
    for (const row of rows) {
      const mark = this.of(row);
      if (mark) lines.push([row[1], String(row[0]), mark, row[3], row[4] ?? '', row[5] ?? ''].map(Marks.field).join(','));
    }
    return lines.join('\r\n') + '\r\n';
  }

  /** A spreadsheet evaluates what begins like a formula, its full-width forms included; an apostrophe makes it text. */
  static field(text) {
    const safe = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
