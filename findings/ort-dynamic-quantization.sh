#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64: ai.onnx DynamicQuantizeLinear, as in dynamically quantised embedding models
#
# Guess: rows of a batch do not touch each other, so a text's vector is the same whatever it is embedded with.
# Seen:  the scale is one for the whole tensor, so the largest number of any row decides how coarsely all rows are rounded. Beside a row
#        ten times as large a row's error is ten times as large. The vectors of such a model in an index depend on how its texts were
#        batched.
#
#   error of a row's 64 outputs, in percent of their size
#   alone: 0.38
#   beside itself: 0.38
#   beside ten times itself: 3.68
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using System.Globalization;
using Findings;
using static Findings.Onnx;

const int Size = 64;
var random = new Random(1);
float[] row = [.. Enumerable.Range(0, Size).Select(_ => random.NextSingle() * 2 - 1)];
float[] large = [.. row.Select(value => 10 * value)];
sbyte[] weights = [.. Enumerable.Range(0, Size * Size).Select(_ => (sbyte)random.Next(-127, 128))];
double[] exact = [.. Enumerable.Range(0, Size).Select(n => row.Select((value, k) => (double)value * weights[k * Size + n]).Sum())];
using var session = Ort.Open(Model([Value("x", F32, "rows", Size)], [Value("y", F32, "rows", Size)],
    [Node("DynamicQuantizeLinear", "x", "codes scale zero"), Node("MatMulInteger", "codes w zero", "sums"),
        Node("Cast", "sums", "wide", "", ("to", F32)), Node("Mul", "wide scale", "y")],
    [Tensor("w", I8, weights, Size, Size)]));
Console.WriteLine($"error of a row's {Size} outputs, in percent of their size");
Seen.That("alone", Error(row), "0.38");
Seen.That("beside itself", Error([.. row, .. row]), "0.38");
Seen.That("beside ten times itself", Error([.. row, .. large]), "3.68");
return Seen.ExitCode;

string Error(float[] rows)
{
    var outputs = session.Floats("y", ("x", Ort.Of(rows, rows.Length / Size, Size)));
    var squares = exact.Select((value, n) => Math.Pow(outputs[n] - value, 2)).Sum();
    return (100 * Math.Sqrt(squares / exact.Sum(value => value * value))).ToString("F2", CultureInfo.InvariantCulture);
}
CS
