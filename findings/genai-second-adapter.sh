#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntimeGenAI 0.18.0, CPU, linux-x64
#
# Guess: SetActiveAdapter sets the adapter: the second call on a generator replaces what the first one set.
# Seen:  the first adapter stays. What both hold is taken from the one set last, what only the first holds goes on working: with adapters
#        of different modules the text comes from a mixture of both. Null, to get back to the base model, is refused.
#
#   logits 0 to 3; adapter P: a = [0 10 0 0], b = [0 0 0 5]; adapter Q: b = [0 0 20 0]
#   none: 0 0 0 0
#   P: 0 10 0 5
#   Q: 0 0 20 0
#   P, then Q: 0 10 20 0
#   Q, then P: 0 10 0 5
#   P, then null: Adapter not found:
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntimeGenAI@0.18.0 Google.FlatBuffers@25.2.10 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntimeGenAI;

TinyGenAiModel.Write("model");
File.WriteAllBytes("P.onnx_adapter", OnnxAdapter.Of(("a", Unit(1, 10)), ("b", Unit(3, 5))));
File.WriteAllBytes("Q.onnx_adapter", OnnxAdapter.Of(("b", Unit(2, 20))));
using var model = new Model("model");
using var adapters = new Adapters(model);
adapters.LoadAdapter("P.onnx_adapter", "P");
adapters.LoadAdapter("Q.onnx_adapter", "Q");

Console.WriteLine("logits 0 to 3; adapter P: a = [0 10 0 0], b = [0 0 0 5]; adapter Q: b = [0 0 20 0]");
Seen.That("none", Logits(), "0 0 0 0");
Seen.That("P", Logits("P"), "0 10 0 5");
Seen.That("Q", Logits("Q"), "0 0 20 0");
Seen.That("P, then Q", Logits("P", "Q"), "0 10 20 0");
Seen.That("Q, then P", Logits("Q", "P"), "0 10 0 5");
Seen.That("P, then null", Seen.Outcome(() => Logits("P", null!)), "Adapter not found:");
return Seen.ExitCode;

string Logits(params string[] names)
{
    using var options = new GeneratorParams(model);
    using var generator = new Generator(model, options);
    foreach (var name in names) generator.SetActiveAdapter(adapters, name);
    generator.AppendTokens([3, 4]);
    using var logits = generator.GetOutput("logits");
    return string.Join(" ", logits.GetData<float>()[..4].ToArray());
}

static float[] Unit(int place, float value)
{
    var vector = new float[TinyGenAiModel.Vocabulary];
    vector[place] = value;
    return vector;
}
CS
