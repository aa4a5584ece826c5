#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64: what a dynamic dimension's name costs (peak of the process, memory arena and patterns off)
#
# Guess: a dimension that changes from run to run may be called "n" in the file or have no name at all; a name is for people, and if anything it
#        helps to plan memory.
# Seen:  with a name more memory is held. Where ONNX Runtime can tell that two values have one shape, the later one is given the memory of the
#        earlier, which is kept in between for it, whatever else is made meanwhile. Without a name it cannot tell, and memory is given back as soon
#        as nobody reads the value.
#
#   values of 256 MiB that are held at once, dimension without a name: 1
#   values of 256 MiB that are held at once, dimension called n: 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

const int Elements = 64 << 20;
using var x = Ort.Of(new float[Elements], Elements);

// a and b have the shape of x; c, which is made between them, is one longer
byte[] Graph(string dimension) => Model([Value("x", F32, dimension)], [Value("out", F32, 1)],
[
    Node("Sin", "x", "a"), Node("ReduceSum", "a", "s"),
    Node("Concat", "x s", "c", "", ("axis", 0)), Node("ReduceSum", "c", "t"),
    Node("Mul", "x t", "b"), Node("ReduceSum", "b", "out"),
]);

Seen.That("values of 256 MiB that are held at once, dimension without a name", Held("?"), "1");
Seen.That("values of 256 MiB that are held at once, dimension called n", Held("n"), "2");
return Seen.ExitCode;

string Held(string dimension)
{
    using var options = new SessionOptions { EnableCpuMemArena = false, EnableMemoryPattern = false };
    using var session = new InferenceSession(Graph(dimension), options);
    // the peak begins anew
    File.WriteAllText("/proc/self/clear_refs", "5");
    var before = Peak();
    session.Floats("out", ("x", x));
    return Math.Round((Peak() - before) / (Elements * 4.0 / 1024)).ToString();
}

static long Peak() => long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal))
    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
CS
