#pragma warning disable
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class SimcseScratch
{
    [TestMethod]
    public void Golden()
    {
        var folder = Environment.GetEnvironmentVariable("SIMCSE_MODEL")!;
        var reference = SafetensorsFile.Open(Environment.GetEnvironmentVariable("SIMCSE_REF")!);
        var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        using var checkpoint = CheckpointFiles.Open(folder);
        var options = new ExportOptions { Roles = [GraphRoles.Hidden] };
        var weights = new TextWeights(folder, checkpoint);
        var (_, plan) = ModelFamilies.Find(config, ExportPrecision.Fp32);
        var formats = new WeightFormats(options);
        var model = plan(config, weights, formats, options);
        var source = model.Graphs[GraphRoles.Hidden];
        var parameters = source.ExternalTensors.Select(t =>
        {
            var p = new Parameter(t.Proto.Name, [.. t.Proto.Dims], t.Proto.Name.EndsWith("embeddings.weight", StringComparison.Ordinal) && t.Proto.Dims.Count == 2);
            var bytes = new MemoryStream();
            t.Source.WriteTo(bytes, default);
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.ToArray()).CopyTo(p.Values);
            return p;
        }).ToArray();
        foreach (var checkpointing in new[] { false, true })
        foreach (var pool in new[] { "cls", "avg", "avg_first_last", "avg_top2" })
        {
            var settings = new ContrastiveSettings("pool." + pool, 3) { Checkpointing = checkpointing };
            var (graph, gradients) = EncoderGraphs.Step(source, settings, parameters);
            using var session = new GraphSession(graph, 0);
            var ids = Read(reference, "input_ids");
            var mask = Read(reference, "attention_mask");
            var shape = new long[] { 18, 12 };
            using var idValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
            using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
            var inputs = parameters.Select(p => KeyValuePair.Create(p.Name, p.Tensor))
                .Append(KeyValuePair.Create("input_ids", idValue)).Append(KeyValuePair.Create("attention_mask", maskValue));
            var names = gradients.Values.SelectMany(g => g).SelectMany(g => g.Rows is null ? new[] { g.Value } : [g.Value, g.Rows]).ToArray();
            using var results = session.Run(inputs, ["loss", .. names]);
            Console.WriteLine($"{pool} {checkpointing} loss {results[0].GetTensorDataAsSpan<float>()[0]} nodes {graph.Proto.Node.Count}");
            var byName = names.Zip(results.Skip(1)).ToDictionary(x => x.First, x => x.Second);
            var worst = 0.0;
            foreach (var p in parameters)
            {
                var name = p.Name;
                var gradient = new ParameterGradient(p);
                foreach (var g in gradients[name])
                {
                    if (g.Rows is null) gradient.Add(byName[g.Value].GetTensorDataAsSpan<float>());
                    else gradient.AddRows(byName[g.Rows].GetTensorDataAsSpan<long>(), byName[g.Value].GetTensorDataAsSpan<float>());
                }
                var target = "grad." + weights.Taken.First(t => t.FirstTarget == name).Name["model.".Length..];
                if (name.EndsWith("qkv.bias")) continue;
                var expected = Floats(reference, target);
                var got = new float[expected.Length];
                if (p.IsTable)
                    foreach (var (row, v) in gradient.Rows) v.CopyTo(got.AsSpan(row * p.Width));
                else if (name.EndsWith(".MatMul.weight"))
                {
                    var (inF, outF) = ((int)p.Shape[0], (int)p.Shape[1]);
                    for (var i = 0; i < inF; i++) for (var o = 0; o < outF; o++) got[o * inF + i] = gradient.Dense[i * outF + o];
                }
                else gradient.Dense.CopyTo(got);
                var max = expected.Max(MathF.Abs);
                var diff = expected.Zip(got).Max(x => Math.Abs(x.First - x.Second)) / max;
                if (diff > 1e-4) Console.WriteLine($"   {name} {diff} max {max} got {got.Max(MathF.Abs)}");
                worst = Math.Max(worst, diff);
            }
            Console.WriteLine($"   worst {worst}");
        }
        Console.WriteLine(string.Join(" ", Floats(reference, "losses")));
    }

    private static long[] Read(SafetensorsFile f, string name) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(Bytes(f, name)).ToArray();
    private static float[] Floats(SafetensorsFile f, string name) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Bytes(f, name)).ToArray();
    private static byte[] Bytes(SafetensorsFile f, string name)
    {
        var t = f.Tensors[name];
        var bytes = new byte[t.Bytes];
        f.ReadBytes(t, 0, bytes);
        return bytes;
    }
}
