// OpenAI's own client against a server of this repository: client.mjs URL KEY [CHATS]. Every answer is looked at; what is wrong is thrown.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';

const [url, key, chats = '640'] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Der Fischer trägt Holz.' }];
const greedy = { model: 'demo:pos', messages, temperature: 0, max_tokens: 24 };
let checks = 0;
const check = async (name, run) => {
  try { await run(); checks++; } catch (e) { e.message = `${name}: ${e.message}`; throw e; }
};
const refused = async (kind, status, code, run) => {
  const error = await run().then(() => assert.fail('it was answered'), (e) => e);
  assert.ok(error instanceof kind, `${error}`);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
};

const whole = await client.chat.completions.create(greedy);
const text = whole.choices[0].message.content;

await check('models', async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ['demo', 'demo:pos', 'demo:neg', 'encoder']);
  assert.equal((await client.models.retrieve('demo:pos')).id, 'demo:pos');
});
await check('chat', async () => {
  assert.ok(text.length > 0);
  assert.equal(whole.choices[0].message.refusal, null);
  assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
});
await check('stream', async () => {
  const stream = await client.chat.completions.create({ ...greedy, stream: true, stream_options: { include_usage: true } });
  let [streamed, reason, usage] = ['', null, null];
  for await (const chunk of stream) {
    streamed += chunk.choices[0]?.delta.content ?? '';
    reason ??= chunk.choices[0]?.finish_reason ?? null;
    usage = chunk.usage;
  }
  assert.deepEqual([streamed, reason, usage], [text, whole.choices[0].finish_reason, whole.usage]);
});
await check('stream, put together by the client', async () => {
  const final = await client.chat.completions.stream({ ...greedy, logprobs: true, top_logprobs: 2 }).finalChatCompletion();
  assert.equal(final.choices[0].message.content, text);
  assert.equal(final.choices[0].logprobs.content.map((t) => t.token).join(''), text);
  assert.ok(final.choices[0].logprobs.content.every((t) => t.top_logprobs.length === 2 && t.logprob <= 0));
});
await check('a stream that is left', async () => {
  const stream = await client.chat.completions.create({ ...greedy, stream: true });
  for await (const _ of stream) break;
});
await check('completion', async () => {
  const asked = { model: 'base:neg', prompt: ['Der', 'Die Köchin'], temperature: 1, seed: 7, max_tokens: 8, logprobs: 1 };
  const [one, two] = [await client.completions.create(asked), await client.completions.create(asked)];
  assert.deepEqual(one.choices, two.choices);
  assert.equal(one.choices[1].logprobs.tokens.join(''), one.choices[1].text);
});
await check('embeddings', async () => {
  const asked = { model: 'encoder', input: ['The cook buys books.', 'Mpishi anabeba vitabu.'] };
  // without a format the client asks for base64 and makes numbers of it
  const [bytes, floats] = [await client.embeddings.create(asked), await client.embeddings.create({ ...asked, encoding_format: 'float' })];
  assert.equal(bytes.data.length, 2);
  bytes.data.forEach((entry, i) => entry.embedding.forEach((v, d) => assert.ok(Math.abs(v - floats.data[i].embedding[d]) < 1e-6)));
});
await check('errors', async () => {
  await refused(OpenAI.NotFoundError, 404, 'model_not_found', () => client.chat.completions.create({ ...greedy, model: 'nobody' }));
  await refused(OpenAI.BadRequestError, 400, 'unsupported_parameter', () => client.chat.completions.create({ ...greedy, n: 2 }));
  await refused(OpenAI.BadRequestError, 400, 'context_length_exceeded', () => client.chat.completions.create(
    { ...greedy, stream: true, messages: [{ role: 'user', content: 'Holz '.repeat(20000) }] }));
  const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'not-a-key-of-anybody', maxRetries: 0 });
  await refused(OpenAI.AuthenticationError, 401, 'invalid_api_key', () => stranger.chat.completions.create(greedy));
});

const started = performance.now();
let asked = 0;
await Promise.all(Array.from({ length: 32 }, async () => {
  while (asked < Number(chats)) {
    const model = asked++ % 2 ? 'demo:pos' : 'demo:neg';
    const answer = await client.chat.completions.create({ ...greedy, model });
    if (model === 'demo:pos') assert.equal(answer.choices[0].message.content, text);
  }
}));
const seconds = (performance.now() - started) / 1000;
const { version } = JSON.parse(readFileSync(new URL('node_modules/openai/package.json', import.meta.url)));
console.log(`openai ${version} on node ${process.version}: ${checks} checks; ${chats} chats of 32 callers in ${seconds.toFixed(1)} s, `
  + `${(Number(chats) / seconds).toFixed(0)}/s, no error`);
