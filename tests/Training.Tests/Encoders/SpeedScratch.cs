#pragma warning disable
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class SpeedScratch
{
    [TestMethod]
    public void Speed()
    {
        var shape = Environment.GetEnvironmentVariable("SHAPE") ?? "demo";
        var (layers, hidden, heads, inter, vocab, rows, length) = shape == "demo" ? (4, 128, 4, 384, 5000, 128, 24) : (12, 768, 12, 3072, 5000, 64, 32);
        var folder = Directory.CreateTempSubdirectory("speed").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
        {"architectures":["XLMRobertaModel"],"model_type":"xlm-roberta","vocab_size":{{vocab}},"hidden_size":{{hidden}},"num_hidden_layers":{{layers}},"num_attention_heads":{{heads}},"intermediate_size":{{inter}},"max_position_embeddings":514,"type_vocab_size":1,"pad_token_id":1,"layer_norm_eps":1e-5,"hidden_act":"gelu"}
        """);
        var tensors = new List<(string, long[])> { ("embeddings.word_embeddings.weight", [vocab, hidden]), ("embeddings.position_embeddings.weight", [514, hidden]), ("embeddings.token_type_embeddings.weight", [1, hidden]), ("embeddings.LayerNorm.weight", [hidden]), ("embeddings.LayerNorm.bias", [hidden]) };
        for (var l = 0; l < layers; l++)
        {
            var m = $"encoder.layer.{l}.";
            foreach (var n in new[] { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense" }) { tensors.Add((m + n + ".weight", [hidden, hidden])); tensors.Add((m + n + ".bias", [hidden])); }
            tensors.Add((m + "attention.output.LayerNorm.weight", [hidden])); tensors.Add((m + "attention.output.LayerNorm.bias", [hidden]));
            tensors.Add((m + "intermediate.dense.weight", [inter, hidden])); tensors.Add((m + "intermediate.dense.bias", [inter]));
            tensors.Add((m + "output.dense.weight", [hidden, inter])); tensors.Add((m + "output.dense.bias", [hidden]));
            tensors.Add((m + "output.LayerNorm.weight", [hidden])); tensors.Add((m + "output.LayerNorm.bias", [hidden]));
        }
        using (var f = File.Create(Path.Combine(folder, "model.safetensors")))
        {
            long at = 0; var h = new System.Text.StringBuilder("{");
            foreach (var (n, s) in tensors) { var bytes = 4 * s.Aggregate(1L, (a, b) => a * b); h.Append($"{(at > 0 ? "," : "")}\"{n}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(",", s)}],\"data_offsets\":[{at},{at + bytes}]}}"); at += bytes; }
            h.Append('}'); while (h.Length % 8 != 0) h.Append(' ');
            f.Write(BitConverter.GetBytes((ulong)h.Length)); f.Write(System.Text.Encoding.ASCII.GetBytes(h.ToString()));
            var r = new Random(1);
            foreach (var (n, s) in tensors) { var v = new float[s.Aggregate(1L, (a, b) => a * b)]; for (var i = 0; i < v.Length; i++) v[i] = n.Contains("LayerNorm.weight") ? 1 : (float)(r.NextDouble() - 0.5) * 0.07f; f.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(v.AsSpan())); }
        }
        var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        using var checkpoint = CheckpointFiles.Open(folder);
        var options = new ExportOptions { Roles = [GraphRoles.Hidden] };
        var weights = new TextWeights(folder, checkpoint);
        var (_, plan) = ModelFamilies.Find(config, ExportPrecision.Fp32);
        var model = plan(config, weights, new WeightFormats(options), options);
        var source = model.Graphs[GraphRoles.Hidden];
        var parameters = source.ExternalTensors.Select(t =>
        {
            var p = new Parameter(t.Proto.Name, [.. t.Proto.Dims], t.Proto.Name.EndsWith("embeddings.weight", StringComparison.Ordinal) && t.Proto.Dims.Count == 2);
            var bytes = new MemoryStream();
            t.Source.WriteTo(bytes, default);
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)).CopyTo(p.Values);
            return p;
        }).ToArray();
        foreach (var t in new[] { "tokenizer.json", "tokenizer_config.json" }) File.Copy("/work/shared/models/demo-encoder/" + t, Path.Combine(folder, t));
        ModelExporter.Export(folder, folder + "-onnx", new ExportOptions());
        var o1 = new SessionOptions { EnableMemoryPattern = false };
        using var inference = new InferenceSession(Path.Combine(folder + "-onnx", "model.onnx"), o1);
        var texts = 3; var n2 = texts * rows;
        var rng = new Random(2);
        var ids = new long[n2 * length]; for (var i = 0; i < ids.Length; i++) ids[i] = rng.Next(3, vocab);
        var mask = new long[ids.Length]; Array.Fill(mask, 1);
        foreach (var setting in (Environment.GetEnvironmentVariable("WAYS") ?? "whole,drop,check").Split(','))
        {
            var settings = new ContrastiveSettings("avg_first_last", 3) { Checkpointing = setting == "check", Dropout = setting == "drop" ? new DropoutRates(0.1, 0.1) : new() };
            using var steps = new EncoderSteps(source, settings, parameters, null, null, 1);
            var batch = new EncoderBatch(ids, mask, 3, rows, length);
            var fwd = new List<double>(); var stp = new List<double>();
            using var idv = OrtValue.CreateTensorValueFromMemory(ids, [n2, length]); using var mv = OrtValue.CreateTensorValueFromMemory(mask, [n2, length]);
            for (var round = 0; round < 4; round++)
            {
                var t = Stopwatch.GetTimestamp();
                using (var ro = new RunOptions()) using (inference.Run(ro, ["input_ids", "attention_mask"], [idv, mv], ["sentence_embedding"])) { }
                var a = Stopwatch.GetElapsedTime(t).TotalSeconds;
                t = Stopwatch.GetTimestamp();
                var g = parameters.Select(p => new ParameterGradient(p)).ToArray();
                steps.ComputeGradients(batch, round, g, default);
                var b = Stopwatch.GetElapsedTime(t).TotalSeconds;
                if (round > 0) { fwd.Add(a); stp.Add(b); }
            }
            Console.WriteLine($"{shape} {setting}: forward {fwd.Min():0.000} step {stp.Min():0.000} ratio {stp.Min() / fwd.Min():0.00}  rss {Environment.WorkingSet / 1e6:0} peak {File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM"))}");
        }
    }
}
