// node embed.mjs FOLDER: embeds with transformers.js; a line {"texts": [...], "batch": n} in, a line {"seconds": s, "first": [...]} out.
// FOLDER holds config.json, tokenizer files and onnx/model.onnx with an output sentence_embedding.
import { createInterface } from 'node:readline';
import { AutoModel, AutoTokenizer, env } from '@huggingface/transformers';

env.allowRemoteModels = false;
env.localModelPath = '';
const folder = process.argv[2];
const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
const model = await AutoModel.from_pretrained(folder, { local_files_only: true, dtype: 'fp32' });

for await (const line of createInterface({ input: process.stdin })) {
  const { texts, batch } = JSON.parse(line);
  const started = performance.now();
  let first;
  for (let i = 0; i < texts.length; i += batch) {
    const inputs = tokenizer(texts.slice(i, i + batch), { padding: true, truncation: true, max_length: 256 });
    const { sentence_embedding } = await model(inputs);
    first ??= Array.from(sentence_embedding.data.slice(0, sentence_embedding.dims[1]));
  }
  console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, first }));
}
