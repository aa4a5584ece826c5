#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64 (AVX2), one thread: MatMul by constant weights
#
# Guess: to measure what a model of some size takes, its weights may be anything of the right shape: zeros, or one matrix for all layers.
# Seen:
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

const int Layers = 12, N = 2048;
using var x = Ort.Of(Enumerable.Repeat(1f, N).ToArray(), 1, N);
var different = Time(layer => layer);
var equal = Time(_ => 0);
Console.WriteLine($"{different:0.000} {equal:0.000}");
return 0;

double Time(Func<int, int> seed)
{
    var nodes = Enumerable.Range(0, Layers).Select(i => Node("MatMul", $"h{i} w{i}", $"h{i + 1}")).ToArray();
    var model = Model([Value("h0", F32, 1, N)], [Value($"h{Layers}", F32, 1, N)], nodes,
        [.. Enumerable.Range(0, Layers).Select(i => Tensor($"w{i}", F32, Weights(seed(i)), N, N))]);
    var before = Environment.WorkingSet;
    var t= Ort.Fastest(model, $"h{Layers}", ("h0", x));
    return t;
}

static float[] Weights(int seed)
{
    var random = new Random(seed);
    return [.. Enumerable.Range(0, N * N).Select(_ => random.NextSingle() / 100 - 0.005f)];
}
CS
