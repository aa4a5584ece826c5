// node translate.mjs FOLDER: translates with transformers.js; a line {"sentences": [[ids]], "language": id, "batch": n,
// "maxTokens": n} in, a line {"seconds": s, "processor": s, "tokens": [[ids]]} out. Each batch is padded to its longest sentence and runs until its longest answer, which has as many
// tokens as its sentence; nothing ends before. FOLDER holds config.json and onnx/{encoder_model,decoder_model_merged}.onnx.
import { createInterface } from 'node:readline';
import { AutoModelForSeq2SeqLM, Tensor, env } from '@huggingface/transformers';

env.allowRemoteModels = false;
env.localModelPath = '';
const model = await AutoModelForSeq2SeqLM.from_pretrained(process.argv[2], {
  local_files_only: true, dtype: 'fp32', use_external_data_format: true,
});

for await (const line of createInterface({ input: process.stdin })) {
  const { sentences, language, batch, maxTokens } = JSON.parse(line);
  const [started, used] = [performance.now(), process.cpuUsage()];
  const tokens = [];
  for (let i = 0; i < sentences.length; i += batch) {
    const part = sentences.slice(i, i + batch);
    const width = Math.max(...part.map(ids => ids.length));
    const ids = part.flatMap(row => [...row, ...Array(width - row.length).fill(1)]);
    const mask = part.flatMap(row => row.map(() => 1).concat(Array(width - row.length).fill(0)));
    const dims = [part.length, width];
    const output = await model.generate({
      inputs: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims),
      attention_mask: new Tensor('int64', BigInt64Array.from(mask, BigInt), dims),
      forced_bos_token_id: language,
      max_new_tokens: Math.min(width, maxTokens) + 1,
      num_beams: 1,
    });
    output.tolist().forEach((row, k) => tokens.push(row.slice(2, 2 + Math.min(part[k].length, maxTokens)).map(Number)));
  }
  const { user, system } = process.cpuUsage(used);
  console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6, tokens }));
}
