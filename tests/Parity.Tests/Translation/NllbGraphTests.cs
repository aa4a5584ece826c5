using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>The graph that does all at once, against every recorded state.</summary>
[TestClass]
public sealed class NllbGraphTests
{
    [TestMethod]
    [DataRow(null)]
    [DataRow("eng_Latn-hin_Deva")]
    [DataRow("eng_Latn-hau_Latn")]
    public void Scoring_RecordedRows_StatesAndProbabilitiesAreThose(string? adapter)
    {
        using var reference = new NllbReference(adapter);
        using var graph = new ScoringRun(NllbReference.Folder, adapter);
        foreach (var language in NllbReference.Scored)
        {
            var outputs = graph.Run(reference, language);
            for (var i = 0; reference.Has($"encoder.hidden_states.{i}"); i++)
                AssertClose(reference, $"encoder.hidden_states.{i}", outputs[$"encoder_hidden_states.{i}"], reference.AttentionMask);
            var labels = reference.Ids(language + ".labels");
            AssertClose(reference, language + ".decoder.last_hidden_state", outputs["decoder_last_hidden_state"],
                [.. labels.Select(l => l == -100 ? 0L : 1L)]);
            AssertProbabilities(reference, language, labels, outputs["logits"]);
            if (reference.Has(language + ".logits"))
                AssertClose(reference, language + ".logits", outputs["logits"], [.. labels.Select(l => l == -100 ? 0L : 1L)]);
        }
    }

    [TestMethod]
    public void Adapters_OfModulesOnBothSides_FindAllOfThem()
    {
        var manifest = ModelManifest.Read(NllbReference.Folder);

        // two layers each of an encoder with one attention and a decoder with two
        Assert.HasCount(2 * (4 + 2) + 2 * (4 + 4 + 2), manifest.LoraSlots);
        Assert.AreEqual(manifest.LoraSlots.Count, manifest.Adapters["eng_Latn-hau_Latn"].Modules);
        Assert.AreEqual(2 * 2 * 3, manifest.Adapters["eng_Latn-hin_Deva"].Modules);
    }

    private static void AssertProbabilities(NllbReference reference, string language, long[] labels, float[] logits)
    {
        var (expected, vocabulary) = (reference.Floats(language + ".label_logprobs"), logits.Length / labels.Length);
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] == -100)
                continue;
            var row = logits.AsSpan(i * vocabulary, vocabulary);
            var most = (double)System.Numerics.Tensors.TensorPrimitives.Max(row);
            var sum = 0.0;
            foreach (var logit in row)
                sum += Math.Exp(logit - most);
            Assert.AreEqual(expected[i], row[(int)labels[i]] - most - Math.Log(sum), NllbReference.Tolerance, $"{language}, label {i}");
        }
    }

    /// <param name="real">1 for the positions that count.</param>
    private static void AssertClose(NllbReference reference, string name, float[] actual, long[] real)
    {
        var expected = reference.Floats(name);
        Assert.HasCount(expected.Length, actual, name);
        var width = expected.Length / real.Length;
        for (var i = 0; i < expected.Length; i++)
        {
            if (real[i / width] == 1)
                Assert.AreEqual(expected[i], actual[i], NllbReference.Tolerance, $"{name}[{i}]");
        }
    }

    private sealed class ScoringRun : IDisposable
    {
        private readonly InferenceSession _session;
        private readonly OrtLoraAdapter? _adapter;

        public ScoringRun(string folder, string? adapter)
        {
            _session = new InferenceSession(Path.Combine(folder, GraphChoice.FileName(GraphRoles.Scoring)));
            _adapter = adapter is null ? null : OrtLoraAdapter.Create(Path.Combine(folder, "adapters", adapter + ".onnx_adapter"), null);
        }

        public Dictionary<string, float[]> Run(NllbReference reference, string language)
        {
            using var ids = OrtValue.CreateTensorValueFromMemory(reference.InputIds, [.. reference.Shape("input_ids")]);
            using var mask = OrtValue.CreateTensorValueFromMemory(reference.AttentionMask, [.. reference.Shape("input_ids")]);
            var name = language + ".decoder_input_ids";
            using var target = OrtValue.CreateTensorValueFromMemory(reference.Ids(name), [.. reference.Shape(name)]);
            using var options = new RunOptions();
            if (_adapter is not null)
                options.AddActiveLoraAdapter(_adapter);
            var names = _session.OutputNames;
            using var outputs = _session.Run(
                options, ["input_ids", "attention_mask", "decoder_input_ids"], [ids, mask, target], names);
            return names.Zip(outputs).ToDictionary(o => o.First, o => o.Second.GetTensorDataAsSpan<float>().ToArray());
        }

        public void Dispose()
        {
            _adapter?.Dispose();
            _session.Dispose();
        }
    }
}
