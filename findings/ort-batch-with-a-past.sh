#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64: com.microsoft GroupQueryAttention, ai.onnx Attention 24
#
# Guess: a batch of rows with a cache can take several new tokens at once: prompts in pieces, drafts to be checked, or a second chat turn.
# Seen:  GroupQueryAttention refuses it, even where all rows are equally long. One row may take several tokens, several rows one token
#        each. Attention 24 of the same runtime takes several tokens of rows of different lengths.
#
#   GroupQueryAttention, 1 row, 2 new tokens: 1 row of 2
#   GroupQueryAttention, 2 rows, 1 new token: 2 rows of 1
#   GroupQueryAttention, 2 rows, 2 new tokens: batch_size must be 1 when sequence_length > 1 and past context is given.
#   Attention 24, rows of 5 and 7 tokens, 2 new tokens: 2 rows of 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

const int Capacity = 8, Size = 16;
Seen.That("GroupQueryAttention, 1 row, 2 new tokens", Grouped(1, 2), "1 row of 2");
Seen.That("GroupQueryAttention, 2 rows, 1 new token", Grouped(2, 1), "2 rows of 1");
Seen.That("GroupQueryAttention, 2 rows, 2 new tokens", Grouped(2, 2),
    "batch_size must be 1 when sequence_length > 1 and past context is given.");
Seen.That("Attention 24, rows of 5 and 7 tokens, 2 new tokens", Counted(), "2 rows of 2");
return Seen.ExitCode;

string Grouped(int rows, int added)
{
    Message New(string name) => Value(name, F32, rows, added, Size);
    Message Cache(string name) => Value(name, F32, rows, 1, Capacity, Size);
    OrtValue NewOf() => Ort.Of(new float[rows * added * Size], rows, added, Size);
    OrtValue CacheOf() => Ort.Of(new float[rows * Capacity * Size], rows, 1, Capacity, Size);
    var model = Model([New("q"), New("k"), New("v"), Cache("pk"), Cache("pv"), Value("last", I32, rows), Value("total", I32)],
        [New("y"), Cache("present_k"), Cache("present_v")],
        [Node("GroupQueryAttention", "q k v pk pv last total", "y present_k present_v", "com.microsoft",
            ("num_heads", 1), ("kv_num_heads", 1))]);
    return Shape(model, ("q", NewOf()), ("k", NewOf()), ("v", NewOf()), ("pk", CacheOf()), ("pv", CacheOf()),
        ("last", Ort.Of(Enumerable.Repeat(6, rows).ToArray(), rows)), ("total", Ort.Of([7])));
}

string Counted()
{
    Message Four(string name, int length) => Value(name, F32, 2, 1, length, Size);
    OrtValue FourOf(int length) => Ort.Of(new float[2 * length * Size], 2, 1, length, Size);
    var model = Model([Four("q", 2), Four("k", Capacity), Four("v", Capacity), Value("lengths", I64, 2)], [Four("y", 2)],
        [Node("Attention", "q k v - - - lengths", "y", "", ("is_causal", 1))], opset: 24);
    return Shape(model, ("q", FourOf(2)), ("k", FourOf(Capacity)), ("v", FourOf(Capacity)), ("lengths", Ort.Of([5L, 7L], 2)));
}

string Shape(byte[] model, params (string Name, OrtValue Value)[] feeds)
{
    using var session = Ort.Open(model);
    using var run = new RunOptions();
    var outcome = Seen.Outcome(() =>
    {
        using var results = session.Run(run, [.. feeds.Select(f => f.Name)], [.. feeds.Select(f => f.Value)], ["y"]);
        var shape = results[0].GetTensorTypeAndShape().Shape;
        return $"{shape[0]} row{(shape[0] > 1 ? "s" : "")} of {(shape.Length == 4 ? shape[2] : shape[1])}";
    });
    return outcome.ToString()!.Split("Status Message: ")[^1];
}
CS
