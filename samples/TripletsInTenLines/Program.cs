using XlLoraOnnx.Runtime;
using XlLoraOnnx.Synthesis;

string[] anchors = ["Der Fischer trägt Holz.", "Sojan yana karanta jaridu a kasuwa da safe.", "学生在学校买米饭。"];
using var model = XlLoraModel.Load(args is [var folder] ? folder : "onnx-models/gemma-3-1b");
var options = new SynthesisOptions { Positive = "pos", Negative = "neg", Sampling = SamplingOptions.Greedy };
await foreach (var row in model.SynthesizeAsync(anchors, options))
    Console.WriteLine(row.IsTriplet ? $"{row.Sent0} | {row.Sent1} | {row.HardNeg}" : $"{row.Sent0}: {row.Rejected}");
