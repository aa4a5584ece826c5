#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64
#
# Guess: what the caller feeds under a name beats what an adapter holds under it, or the clash is an error; two active adapters that hold
#        one name are an error, or add up as LoRA would.
# Seen:  an active adapter beats the value that the caller feeds, without a word. Of two adapters the one that was made active last wins,
#        name by name: its other names leave those of the first in force, so that a mixture of two adapters runs that nobody trained.
#
#   y = [x1 + first, x2 + second]; x = 0; adapter P: first 10, second 100; adapter Q: first 20
#   nothing: 0 0
#   fed first 5: 5 0
#   P active: 10 100
#   P active, fed first 5: 10 100
#   P, then Q: 20 100
#   Q, then P: 10 100
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 Google.FlatBuffers@25.2.10 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

Console.WriteLine("y = [x1 + first, x2 + second]; x = 0; adapter P: first 10, second 100; adapter Q: first 20");
using var session = Ort.Open(Model(
    [Value("x", F32, 2), Value("first", F32, 1), Value("second", F32, 1)], [Value("y", F32, 2)],
    [Node("Concat", "first second", "both", "", ("axis", 0)), Node("Add", "x both", "y")],
    [Tensor("first", F32, [0f], 1), Tensor("second", F32, [0f], 1)]));
using var p = OrtLoraAdapter.Create(OnnxAdapter.Of(("first", [10]), ("second", [100])), null);
using var q = OrtLoraAdapter.Create(OnnxAdapter.Of(("first", [20])), null);

Seen.That("nothing", Run([]), "0 0");
Seen.That("fed first 5", Run([], fed: 5), "5 0");
Seen.That("P active", Run([p]), "10 100");
Seen.That("P active, fed first 5", Run([p], fed: 5), "10 100");
Seen.That("P, then Q", Run([p, q]), "20 100");
Seen.That("Q, then P", Run([q, p]), "10 100");
return Seen.ExitCode;

string Run(OrtLoraAdapter[] active, float? fed = null)
{
    using var options = new RunOptions();
    foreach (var adapter in active) options.AddActiveLoraAdapter(adapter);
    (string, OrtValue)[] feeds = [("x", Ort.Of([0f, 0f], 2))];
    if (fed is { } value) feeds = [.. feeds, ("first", Ort.Of([value], 1))];
    return string.Join(" ", session.Floats(options, "y", feeds));
}
CS
