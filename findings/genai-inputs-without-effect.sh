#!/usr/bin/env bash
# Microsoft.ML.OnnxRuntimeGenAI 0.18.0, CPU, linux-x64
#
# Guess: Generator.SetModelInput feeds the graph's input of that name; for an input that cannot be fed it throws.
# Seen:  it accepts an optional input of the graph, such as the factors of a LoRA, and runs as if nothing had been said. The same tensor
#        in an .onnx_adapter file takes effect. Whoever tries an adapter by feeding its tensors measures the base model.
#
#   logits 0 to 3; input a = [0 10 0 0]
#   a not set: 0 0 0 0
#   a by SetModelInput: 0 0 0 0
#   a by an adapter: 0 10 0 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. "$(dirname "$0")/lib/csharp.sh"
csharp "$folder" Microsoft.ML.OnnxRuntimeGenAI@0.18.0 Google.FlatBuffers@25.2.10 <<'CS'
using Findings;
using Microsoft.ML.OnnxRuntimeGenAI;

TinyGenAiModel.Write("model");
var values = GC.AllocateArray<float>(TinyGenAiModel.Vocabulary, pinned: true);
values[1] = 10;
File.WriteAllBytes("a.onnx_adapter", OnnxAdapter.Of(("a", values)));
using var model = new Model("model");
using var adapters = new Adapters(model);
adapters.LoadAdapter("a.onnx_adapter", "a");
using var tensor = Of(values);

Console.WriteLine("logits 0 to 3; input a = [0 10 0 0]");
Seen.That("a not set", Logits(_ => { }), "0 0 0 0");
Seen.That("a by SetModelInput", Logits(generator => generator.SetModelInput("a", tensor)), "0 0 0 0");
Seen.That("a by an adapter", Logits(generator => generator.SetActiveAdapter(adapters, "a")), "0 10 0 0");
return Seen.ExitCode;

string Logits(Action<Generator> prepare)
{
    using var options = new GeneratorParams(model);
    using var generator = new Generator(model, options);
    prepare(generator);
    generator.AppendTokens([3, 4]);
    using var logits = generator.GetOutput("logits");
    return string.Join(" ", logits.GetData<float>()[..4].ToArray());
}

static unsafe Tensor Of(float[] pinned)
{
    fixed (float* data = pinned) return new Tensor((nint)data, [pinned.Length], ElementType.float32);
}
CS
