"""Writes src/Tokenizers/Unicode/tables.txt: normalisation as the tokenizers library has it, whose tables are older than ours.

Run where `npm install tokenizers@0.23.2` was run. Lines: `D code to…` canonical decomposition, `K` compatibility decomposition, `P code pair`
primary composite, `C class first last` combining class, `M`/`N` marks / non-spacing marks that its StripAccents / BertNormalizer remove,
`T` punctuation of today that it does not know.
"""
import json, subprocess, sys, unicodedata

NODE = """
const t = require('tokenizers'), out = {D: {}, K: {}, M: [], N: [], T: []};
const d = t.nfdNormalizer(), k = t.nfkdNormalizer(), m = t.stripAccentsNormalizer();
const n = t.bertNormalizer({cleanText: false, handleChineseChars: false, stripAccents: true, lowercase: false});
const p = t.bertPreTokenizer();
for (let c = 128; c < 0x110000; c++) {
  if (c >= 0xAC00 && c < 0xE000) continue;
  const s = String.fromCodePoint(c), a = d.normalizeString(s), b = k.normalizeString(s);
  if (a !== s) out.D[c] = a;
  if (b !== a) out.K[c] = b;
  if (/\\p{P}/u.test(s) && p.preTokenizeString('a' + s).length === 1) out.T.push(c);
  if (m.normalizeString(s) === '') out.M.push(c);
  if (n.normalizeString(s) === '') out.N.push(c);
}
console.log(JSON.stringify(out));
"""


def ranges(codes):
    result = []
    for c in codes:
        if result and result[-1][1] == c - 1:
            result[-1][1] = c
        else:
            result.append([c, c])
    return [f"{a:X} {b:X}" for a, b in result]


def main(path):
    tables = json.loads(subprocess.run(["node", "-e", NODE], capture_output=True, text=True, check=True).stdout)
    lines = [f"{kind} {int(c):X} " + " ".join(f"{ord(x):X}" for x in to) for kind in "DK" for c, to in tables[kind].items()]
    for c in map(int, tables["D"]):
        raw = unicodedata.decomposition(chr(c)).split()
        if len(raw) == 2 and unicodedata.normalize("NFC", tables["D"][str(c)]) == chr(c):
            lines.append(f"P {c:X} " + " ".join(f"{int(x, 16):X}" for x in raw))
    classes = {}
    for c in tables["M"]:
        if unicodedata.combining(chr(c)):
            classes.setdefault(unicodedata.combining(chr(c)), []).append(c)
    lines += [f"C {k} {r}" for k, codes in sorted(classes.items()) for r in ranges(codes)]
    lines += [f"{kind} {r}" for kind in "MNT" for r in ranges(tables[kind])]
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


main(sys.argv[1])
