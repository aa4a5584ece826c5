#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntime 1.31.1, CPU, linux-x64
#
# Guess: an OrtLoraAdapter that is active in the RunOptions works in whichever way the session is run.
# Seen:  Run applies it. RunWithBinding and RunAsync return the base model's numbers as a success; a warning in the log is all that tells,
#        so with log severity ERROR nothing does. The fast road of a server (binding, or async) serves the model without its adapter. What
#        works with a binding: bind the adapter's tensors themselves, by name.
#
#   y = x + delta; x = 1, delta = 0 unless an adapter says 10
#   Run: 11
#   RunWithBinding: 1
#   RunAsync: 1
#   RunWithBinding, delta bound by name: 11
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntime@1.31.1 Google.FlatBuffers@25.2.10 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntime;
using static Findings.Onnx;

Console.WriteLine("y = x + delta; x = 1, delta = 0 unless an adapter says 10");
using var session = Ort.Open(
    Model([Value("x", F32, 1), Value("delta", F32, 1)], [Value("y", F32, 1)], [Node("Add", "x delta", "y")],
        [Tensor("delta", F32, [0f], 1)]),
    threads: 2, log: OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING);
using var adapter = OrtLoraAdapter.Create(OnnxAdapter.Of(("delta", [10])), null);
using var options = new RunOptions();
options.AddActiveLoraAdapter(adapter);
using var x = Ort.Of([1f], 1);

Seen.That("Run", session.Floats(options, "y", ("x", x))[0], "11");

Seen.That("RunWithBinding", Bound(options), "1");

using var target = Ort.Of([0f], 1);
await session.RunAsync(options, ["x"], [x], ["y"], [target]);
Seen.That("RunAsync", target.GetTensorDataAsSpan<float>()[0], "1");

using var none = new RunOptions();
using var delta = Ort.Of([10f], 1);
Seen.That("RunWithBinding, delta bound by name", Bound(none, delta), "11");
return Seen.ExitCode;

float Bound(RunOptions run, OrtValue? named = null)
{
    using var y = Ort.Of([0f], 1);
    using var binding = session.CreateIoBinding();
    binding.BindInput("x", x);
    if (named is not null) binding.BindInput("delta", named);
    binding.BindOutput("y", y);
    session.RunWithBinding(run, binding);
    return y.GetTensorDataAsSpan<float>()[0];
}
CS
