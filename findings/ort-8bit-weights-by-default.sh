#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64 (AVX-512), one thread: com.microsoft MatMulNBits
#
# Guess: 8-bit weights are at worst as fast as 4-bit ones, and both are faster than float32: there is less to read.
# Seen:  at the default accuracy_level (0) 4 bits cost about what float32 costs, and 8 bits 25 times as much for one row (a decoder's
#        step). Only accuracy_level 4, which rounds the activations to 8 bits, is fast with both. A model quantised to 8 bits for better
#        quality than 4 bits give is, at the default, far slower than the one that was not quantised.
#
#   time / time of a float32 MatMul, 1 row x [1024, 2048], block size 32 (limits are wide, since machines differ)
#   4 bits, accuracy_level 0: 0.89
#   4 bits, accuracy_level 4: 0.25
#   8 bits, accuracy_level 0: 24.91
#   8 bits, accuracy_level 4: 0.29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

const int K = 1024, N = 2048, Block = 32;
var random = new Random(1);
float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
using var x = Ort.Of(Floats(K), 1, K);
Console.WriteLine($"time / time of a float32 MatMul, 1 row x [{K}, {N}], block size {Block} (limits are wide, since machines differ)");
var plain = Ort.Fastest(
    Model([Value("x", F32, 1, K)], [Value("y", F32, 1, N)], [Node("MatMul", "x w", "y")],
        [Tensor("w", F32, Floats(K * N), K, N)]), "y", ("x", x));

Seen.Between("4 bits, accuracy_level 0", Quantized(4, 0) / plain, 0, 4);
Seen.Between("4 bits, accuracy_level 4", Quantized(4, 4) / plain, 0, 2);
Seen.Between("8 bits, accuracy_level 0", Quantized(8, 0) / plain, 6, 500);
Seen.Between("8 bits, accuracy_level 4", Quantized(8, 4) / plain, 0, 2);
return Seen.ExitCode;

double Quantized(int bits, int level)
{
    var codes = new byte[N * K * bits / 8];
    random.NextBytes(codes);
    return Ort.Fastest(
        Model([Value("x", F32, 1, K)], [Value("y", F32, 1, N)],
            [Node("MatMulNBits", "x codes scales", "y", "com.microsoft",
                ("K", K), ("N", N), ("bits", bits), ("block_size", Block), ("accuracy_level", level))],
            [Tensor("codes", U8, codes, N, K / Block, Block * bits / 8), Tensor("scales", F32, Floats(N * K / Block), N, K / Block)]),
        "y", ("x", x));
}
CS
