#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64: ai.onnx Attention 24, com.microsoft MultiHeadAttention
#
# Guess: a causal mask lets the last query see every key, as it must when keys of earlier tokens stand before those of the new ones.
# Seen:  the same keys and queries give three different masks. Attention aligns the mask at the first key if the keys are simply passed in
#        (one new token sees the first key and nothing else), and at the last one if the older keys come as past_key or if their number is
#        given as nonpad_kv_seqlen. MultiHeadAttention with unidirectional aligns at the first key too, except for its last row, which
#        sees everything. No error and no warning.
#
#   1 = the row of a query sees this key; 4 keys
#   Attention is_causal, 1 query, keys as K: 1000
#   Attention is_causal, 2 queries, keys as K: 1000 1100
#   Attention is_causal, 2 queries, first 2 keys as past_key: 1110 1111
#   Attention is_causal, 2 queries, keys as K, nonpad_kv_seqlen 4: 1110 1111
#   MultiHeadAttention unidirectional, 3 queries: 1000 1100 1111
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

// Queries and keys are zero, so that a row's output is the mean of the values it sees; value i is the unit vector i.
const int Keys = 4;
var units = Enumerable.Range(0, Keys * Keys).Select(i => i / Keys == i % Keys ? 1f : 0f).ToArray();
Console.WriteLine("1 = the row of a query sees this key; 4 keys");
Seen.That("Attention is_causal, 1 query, keys as K", Attention(1), "1000");
Seen.That("Attention is_causal, 2 queries, keys as K", Attention(2), "1000 1100");
Seen.That("Attention is_causal, 2 queries, first 2 keys as past_key", Attention(2, past: 2), "1110 1111");
Seen.That("Attention is_causal, 2 queries, keys as K, nonpad_kv_seqlen 4", Attention(2, counted: true), "1110 1111");
Seen.That("MultiHeadAttention unidirectional, 3 queries", MultiHead(3), "1000 1100 1111");
return Seen.ExitCode;

string Attention(int queries, int past = 0, bool counted = false)
{
    List<Message> inputs = [Four("q", queries, 1), Four("k", Keys - past, 1), Four("v", Keys - past, Keys)];
    List<(string, OrtValue)> feeds = [
        ("q", Ort.Of(new float[queries], 1, 1, queries, 1)),
        ("k", Ort.Of(new float[Keys - past], 1, 1, Keys - past, 1)),
        ("v", Ort.Of(units[(past * Keys)..], 1, 1, Keys - past, Keys))];
    if (past > 0)
    {
        inputs.AddRange([Four("pk", past, 1), Four("pv", past, Keys)]);
        feeds.Add(("pk", Ort.Of(new float[past], 1, 1, past, 1)));
        feeds.Add(("pv", Ort.Of(units[..(past * Keys)], 1, 1, past, Keys)));
    }
    if (counted)
    {
        inputs.Add(Value("n", I64, 1));
        feeds.Add(("n", Ort.Of([(long)Keys], 1)));
    }
    var node = past > 0 ? Node("Attention", "q k v - pk pv", "y present_k present_v", "", ("is_causal", 1))
        : Node("Attention", counted ? "q k v - - - n" : "q k v", "y", "", ("is_causal", 1));
    return Rows(Model([.. inputs], [Four("y", queries, Keys)], [node], opset: 24), feeds);
}

string MultiHead(int queries) => Rows(
    Model([Value("q", F32, 1, queries, 1), Value("k", F32, 1, Keys, 1), Value("v", F32, 1, Keys, Keys)],
        [Value("y", F32, 1, queries, Keys)],
        [Node("MultiHeadAttention", "q k v", "y", "com.microsoft", ("num_heads", 1), ("unidirectional", 1))]),
    [("q", Ort.Of(new float[queries], 1, queries, 1)), ("k", Ort.Of(new float[Keys], 1, Keys, 1)), ("v", Ort.Of(units, 1, Keys, Keys))]);

Message Four(string name, int length, int size) => Value(name, F32, 1, 1, length, size);

string Rows(byte[] model, List<(string, OrtValue)> feeds)
{
    using var session = Ort.Open(model);
    var rows = session.Floats("y", [.. feeds]).Chunk(Keys);
    return string.Join(" ", rows.Select(row => string.Concat(row.Select(weight => weight > 0 ? '1' : '0'))));
}
CS
