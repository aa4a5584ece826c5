#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64: com.microsoft GroupQueryAttention with sliding_window_cache
#
# Guess: a cache that holds only the window is a ring: position p lies at p modulo the capacity, so one can find, copy or cut back a
#        position.
# Seen:  positions lie in order from the beginning. When the buffer is full, those that the next token still sees are moved to its start
#        and writing goes on behind them; what stands after the last position is left over from before. With capacity 6 and window 4,
#        position 7 lies at place 3, not at 1, and position 5 stands twice, once as a left-over. How far back a row can be cut changes
#        from step to step.
#
#   place of each position in the cache after a token; capacity 6, window 4; positions count from 1
#   6 tokens: 1 2 3 4 5 6
#   7 tokens: 4 5 6 7 5 6
#   8 tokens: 4 5 6 7 8 6
#   9 tokens: 4 5 6 7 8 9
#   10 tokens: 7 8 9 10 8 9
#   mean of what the 10th token sees: 8.5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

const int Capacity = 6, Window = 4, Size = 16;
Console.WriteLine($"place of each position in the cache after a token; capacity {Capacity}, window {Window}; positions count from 1");
Message New(string name) => Value(name, F32, 1, 1, Size);
Message Cache(string name) => Value(name, F32, 1, 1, Capacity, Size);
using var session = Ort.Open(Model(
    [New("q"), New("k"), New("v"), Cache("pk"), Cache("pv"), Value("last", I32, 1), Value("total", I32)],
    [New("y"), Cache("present_k"), Cache("present_v")],
    [Node("GroupQueryAttention", "q k v pk pv last total", "y present_k present_v", "com.microsoft",
        ("num_heads", 1), ("kv_num_heads", 1), ("local_window_size", Window), ("sliding_window_cache", 1))]));
Dictionary<int, string> recorded = new()
{
    [6] = "1 2 3 4 5 6", [7] = "4 5 6 7 5 6", [8] = "4 5 6 7 8 6", [9] = "4 5 6 7 8 9", [10] = "7 8 9 10 8 9",
};

// The value of a token is its position, its key is zero: the output is the mean of the positions that it sees.
var keys = new float[Capacity * Size];
var values = new float[Capacity * Size];
var mean = 0f;
using var run = new RunOptions();
for (var tokens = 1; tokens <= 10; tokens++)
{
    (string Name, OrtValue Value)[] feeds = [
        ("q", Ort.Of(new float[Size], 1, 1, Size)), ("k", Ort.Of(new float[Size], 1, 1, Size)),
        ("v", Ort.Of(Enumerable.Repeat((float)tokens, Size).ToArray(), 1, 1, Size)),
        ("pk", Ort.Of(keys, 1, 1, Capacity, Size)), ("pv", Ort.Of(values, 1, 1, Capacity, Size)),
        ("last", Ort.Of([tokens - 1], 1)), ("total", Ort.Of([tokens]))];
    using var results = session.Run(run, [.. feeds.Select(f => f.Name)], [.. feeds.Select(f => f.Value)], ["y", "present_k", "present_v"]);
    mean = results[0].GetTensorDataAsSpan<float>()[0];
    keys = results[1].GetTensorDataAsSpan<float>().ToArray();
    values = results[2].GetTensorDataAsSpan<float>().ToArray();
    if (recorded.TryGetValue(tokens, out var places))
        Seen.That($"{tokens} tokens", string.Join(" ", values.Chunk(Size).Select(v => v[0])), places);
}
Seen.That("mean of what the 10th token sees", mean, "8.5");
return Seen.ExitCode;
CS
