// node speed.mjs PEER FOLDER TEXTS SECONDS: characters per second of a tokenizer, single-threaded, and the number of ids as a check.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

process.env.TOKENIZERS_PARALLELISM = 'false';
const [, , peer, folder, textsFile, seconds] = process.argv;
const texts = readFileSync(textsFile, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line));
const characters = texts.reduce((sum, text) => sum + text.length, 0);

const peers = {
  async transformers() {
    const { AutoTokenizer, env } = await import('@huggingface/transformers');
    env.allowRemoteModels = false;
    env.localModelPath = '';
    const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
    return async () => texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
  },
  async tokenizers() {
    const { Tokenizer } = (await import('tokenizers')).default;
    const tokenizer = Tokenizer.fromFile(join(folder, 'tokenizer.json'));
    return async () => (await tokenizer.encodeBatch(texts)).reduce((sum, encoding) => sum + encoding.getLength(), 0);
  },
};

const run = await peers[peer]();
const ids = await run();
let rounds = 0;
const started = performance.now();
while (performance.now() - started < seconds * 1000) {
  await run();
  rounds++;
}
console.log(JSON.stringify({ speed: characters * rounds / ((performance.now() - started) / 1000), ids }));
