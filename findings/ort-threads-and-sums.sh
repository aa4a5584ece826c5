#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64 (AVX2): ai.onnx MatMul in float32, number of threads of the session
#
# Guess: each number of a product is one sum that one thread makes, so that the number of threads changes the time alone, and a training or an
#        embedding is the same to the bit on 2 and on 8 cores.
# Seen:  where a product has fewer rows than columns, threads share its columns, and a thread with few of them adds up over K in longer slices:
#        nine numbers in ten have other bits. With more rows than columns, or a K of 128 and less, they do not.
#
#   numbers that differ from those of one thread
#   32 rows x [2048, 96], 2 threads: 2783 of 3072
#   32 rows x [2048, 512], 2 threads: 0 of 16384
#   32 rows x [2048, 512], 8 threads: 14704 of 16384
#   32 rows x [128, 96], 2 threads: 0 of 3072
#   512 rows x [2048, 96], 8 threads: 0 of 49152
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using Findings;
using static Findings.Onnx;

Console.WriteLine("numbers that differ from those of one thread");
Seen.That("32 rows x [2048, 96], 2 threads", Differing(32, 2048, 96, 2), "2783 of 3072");
Seen.That("32 rows x [2048, 512], 2 threads", Differing(32, 2048, 512, 2), "0 of 16384");
Seen.That("32 rows x [2048, 512], 8 threads", Differing(32, 2048, 512, 8), "14704 of 16384");
Seen.That("32 rows x [128, 96], 2 threads", Differing(32, 128, 96, 2), "0 of 3072");
Seen.That("512 rows x [2048, 96], 8 threads", Differing(512, 2048, 96, 8), "0 of 49152");
return Seen.ExitCode;

// both matrices are inputs, as in a training, where weights change
static string Differing(int m, int k, int n, int threads)
{
    var random = new Random(1);
    float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    using var x = Ort.Of(Numbers(m * k), m, k);
    using var w = Ort.Of(Numbers(k * n), k, n);
    var model = Model([Value("x", F32, m, k), Value("w", F32, k, n)], [Value("y", F32, m, n)], [Node("MatMul", "x w", "y")]);
    using var one = Ort.Open(model);
    using var many = Ort.Open(model, threads);
    var differing = one.Floats("y", ("x", x), ("w", w)).Zip(many.Floats("y", ("x", x), ("w", w))).Count(p => p.First != p.Second);
    return FormattableString.Invariant($"{differing} of {m * n}");
}
CS
