// node embed.mjs FOLDER [DTYPE]: embeds with transformers.js; a line {"texts": [...], "batch": n} in, a line {"seconds": s, "peakBytes": b,
// "vectors": [[...]]} (of the first hundred texts) or one with "error" out. FOLDER holds config.json, tokenizer files and
// onnx/model[_DTYPE].onnx with an output sentence_embedding, or last_hidden_state, whose mean is taken then.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { AutoModel, AutoTokenizer, env, mean_pooling } from '@huggingface/transformers';

env.allowRemoteModels = false;
env.localModelPath = '';
const [folder, dtype = 'fp32'] = process.argv.slice(2);
let tokenizer, model;

async function embed({ texts, batch }) {
  tokenizer ??= await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
  model ??= await AutoModel.from_pretrained(folder, { local_files_only: true, dtype });
  const started = performance.now();
  const vectors = [];
  for (let i = 0; i < texts.length; i += batch) {
    const inputs = tokenizer(texts.slice(i, i + batch), { padding: true, truncation: true, max_length: 256 });
    const { sentence_embedding, last_hidden_state } = await model(inputs);
    const pooled = sentence_embedding ?? mean_pooling(last_hidden_state, inputs.attention_mask).normalize(2, -1);
    if (vectors.length < 100)
      vectors.push(...pooled.tolist());
  }
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  return { seconds: (performance.now() - started) / 1000, peakBytes: peak * 1024, vectors: vectors.slice(0, 100) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let result;
  try {
    result = await embed(JSON.parse(line));
  } catch (error) {
    result = { seconds: 0, peakBytes: 0, vectors: [], error: `${error.message}` };
  }
  console.log(JSON.stringify(result));
}
