#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64: the order in which nodes run (profile of a session, optimisations off)
#
# Guess: nodes run in the order of the file, which has to be topological, so that its writer decides what is in memory at the same time:
#        here a value is made, reduced to an output and free before the next step of the chain.
# Seen:  the file's order counts for nothing. The graph is walked back from its last nodes: the whole chain first, then what hangs on it, last to
#        first. What the steps read is kept until then; a gradient graph that computes layers again to save memory keeps all of them, unless
#        each waits for the one before by an edge of the graph.
#
#   order of the file: state1 large1 sum1 state2 large2 sum2 state3 large3 sum3 end
#   order of the run: state1 state2 state3 end large3 sum3 large2 sum2 large1 sum1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 <<'CS'
using System.Text.Json;
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

string[] nodes = ["Sin x state1", "Exp state1 large1", "ReduceSum large1 sum1", "Sin state1 state2", "Exp state2 large2", "ReduceSum large2 sum2",
    "Sin state2 state3", "Exp state3 large3", "ReduceSum large3 sum3", "Sin state3 end"];
var parts = nodes.Select(n => n.Split(' ')).ToArray();
var model = Model([Value("x", F32, 4)], [Value("end", F32, 4), .. Enumerable.Range(1, 3).Select(i => Value($"sum{i}", F32, 1))],
    [.. parts.Select(p => Node(p[0], p[1], p[2]))]);
Seen.That("order of the file", string.Join(' ', parts.Select(p => p[2])),
    "state1 large1 sum1 state2 large2 sum2 state3 large3 sum3 end");
Seen.That("order of the run", string.Join(' ', Run(model)), "state1 state2 state3 end large3 sum3 large2 sum2 large1 sum1");
return Seen.ExitCode;

static IEnumerable<string> Run(byte[] model)
{
    using var options = new SessionOptions
    {
        EnableProfiling = true,
        ProfileOutputPathPrefix = "run",
        GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
    };
    using var session = new InferenceSession(model, options);
    using var x = Ort.Of(new float[4], 4);
    session.Floats("end", ("x", x));
    const string Kernel = "_kernel_time";
    using var profile = JsonDocument.Parse(File.ReadAllText(session.EndProfiling()));
    return [.. profile.RootElement.EnumerateArray().Select(e => e.GetProperty("name").GetString()!)
        .Where(name => name.EndsWith(Kernel, StringComparison.Ordinal)).Select(name => name[..^Kernel.Length])];
}
CS
