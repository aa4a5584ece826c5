// node generate.mjs FOLDER TYPE: generates with node-llama-cpp; a line {"rows": [{"prompt": [ids], "adapter": "pos", "maxNewTokens": n}],
// "size": n, "sharedTokens": n} in, a line {"seconds": s, "peakBytes": b, "tokens": [[ids]]} or one with "error" out. FOLDER holds
// TYPE.gguf and pos.gguf, neg.gguf. Each sequence keeps the beginning that all rows share, and takes the next row when one has ended.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [folder, type] = process.argv.slice(2);
const threads = availableParallelism();
let model, lanes = [], shape;

async function load() {
  const { getLlama } = await import('node-llama-cpp');
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
  return await llama.loadModel({ modelPath: join(folder, `${type}.gguf`) });
}

// an adapter is of a context, so that each has its own and a share of the rows
async function open(adapters, size) {
  const wanted = `${adapters} ${size}`;
  if (shape === wanted)
    return;
  for (const lane of lanes)
    await lane.context.dispose();
  lanes = [];
  const sequences = size / adapters.length;
  for (const adapter of adapters) {
    const context = await model.createContext({
      sequences, contextSize: 256, batchSize: 2048, threads, flashAttention: 'auto', swaFullCache: true,
      lora: { adapters: [{ filePath: join(folder, `${adapter}.gguf`) }] },
    });
    lanes.push({ adapter, context, sequences: Array.from({ length: sequences }, () => context.getSequence()) });
  }
  shape = wanted;
}

async function generate(sequence, { prompt, maxNewTokens }, shared) {
  const kept = sequence.contextTokens.slice(0, shared);
  const start = kept.length === shared && kept.every((token, i) => token === prompt[i]) ? shared : 0;
  if (sequence.nextTokenIndex > start)
    await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
  const tokens = [];
  for await (const token of sequence.evaluate(prompt.slice(start), { temperature: 0, yieldEogToken: true })) {
    tokens.push(token);
    if (tokens.length === maxNewTokens)
      break;
  }
  return tokens;
}

async function answer({ rows, size, sharedTokens }) {
  model ??= await load();
  await open([...new Set(rows.map(row => row.adapter))], size);
  const tokens = [];
  const work = lanes.flatMap(lane => {
    const waiting = rows.map((row, i) => [row, i]).filter(([row]) => row.adapter === lane.adapter);
    return lane.sequences.map(async sequence => {
      for (let next; (next = waiting.shift());)
        tokens[next[1]] = await generate(sequence, next[0], sharedTokens);
    });
  });
  await Promise.all(work);
  return tokens;
}

for await (const line of createInterface({ input: process.stdin })) {
  const started = performance.now();
  let result;
  try {
    const tokens = await answer(JSON.parse(line));
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
    result = { seconds: (performance.now() - started) / 1000, peakBytes: peak * 1024, tokens };
  } catch (error) {
    result = { seconds: 0, peakBytes: 0, tokens: [], error: `${error.message}` };
  }
  console.log(JSON.stringify(result));
}
process.exit();
