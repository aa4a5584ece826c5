#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64: LoRA factors as optional inputs whose rank is a symbol
#
# Guess: the name of a symbolic dimension is documentation, or it is checked when the inputs come in.
# Seen:  neither. Sizes that differ under one name are accepted, and whether the run fails depends on their order: a rank of 3 before a
#        rank of 2 gives the right result, 2 before 3 fails inside a MatMul over a buffer that was to be used again. An adapter that
#        leaves out the first module fails, one that leaves out the last one works. With a name for each module all of them work.
#
#   two modules one after the other, ranks of their adapters
#   one symbol, 2 and 2: 81
#   one symbol, 3 and 2: 117
#   one symbol, 2 and 3: Shape mismatch attempting to re-use buffer. {2,2} != {2,3}.
#   one symbol, 3 and none: 13
#   one symbol, none and 3: Shape mismatch attempting to re-use buffer. {2,0} != {2,3}.
#   a symbol each, 2 and 3: 117
#   a symbol each, none and 3: 13
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using System.Text.RegularExpressions;
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

Console.WriteLine("two modules one after the other, ranks of their adapters");
var shared = Graph("rank", "rank");
var own = Graph("rank1", "rank2");
Seen.That("one symbol, 2 and 2", Run(shared, 2, 2), "81");
Seen.That("one symbol, 3 and 2", Run(shared, 3, 2), "117");
Seen.That("one symbol, 2 and 3", Run(shared, 2, 3), "Shape mismatch attempting to re-use buffer. {2,2} != {2,3}.");
Seen.That("one symbol, 3 and none", Run(shared, 3, 0), "13");
Seen.That("one symbol, none and 3", Run(shared, 0, 3), "Shape mismatch attempting to re-use buffer. {2,0} != {2,3}.");
Seen.That("a symbol each, 2 and 3", Run(own, 2, 3), "117");
Seen.That("a symbol each, none and 3", Run(own, 0, 3), "13");
return Seen.ExitCode;

byte[] Graph(string rank1, string rank2) => Model(
    [Value("x", F32, "rows", 4), Value("a1", F32, 4, rank1), Value("b1", F32, rank1, 4),
        Value("a2", F32, 4, rank2), Value("b2", F32, rank2, 4)],
    [Value("y", F32, "rows", 4)],
    [Node("MatMul", "x a1", "down1"), Node("MatMul", "down1 b1", "delta1"), Node("Add", "x delta1", "x1"),
        Node("MatMul", "x1 a2", "down2"), Node("MatMul", "down2 b2", "delta2"), Node("Add", "x1 delta2", "y")],
    [Tensor<float>("a1", F32, [], 4, 0), Tensor<float>("b1", F32, [], 0, 4),
        Tensor<float>("a2", F32, [], 4, 0), Tensor<float>("b2", F32, [], 0, 4)]);

string Run(byte[] model, int rank1, int rank2)
{
    List<(string, OrtValue)> feeds = [("x", Ones(2, 4))];
    if (rank1 > 0) feeds.AddRange([("a1", Ones(4, rank1)), ("b1", Ones(rank1, 4))]);
    if (rank2 > 0) feeds.AddRange([("a2", Ones(4, rank2)), ("b2", Ones(rank2, 4))]);
    using var session = Ort.Open(model);
    var outcome = Seen.Outcome(() => session.Floats("y", [.. feeds])[0]).ToString()!;
    var mismatch = Regex.Match(outcome, @"Shape mismatch.*?\} != \{.*?\}\.");
    return mismatch.Success ? mismatch.Value : outcome;
}

OrtValue Ones(int rows, int columns) => Ort.Of(Enumerable.Repeat(1f, rows * columns).ToArray(), rows, columns);
CS
