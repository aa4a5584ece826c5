using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training.Tests;

/// <summary>Four steps of SimCSE on the small XLM-R as torch made them: AdamW, learning rate 5e-5, no decay, no dropout.</summary>
[TestClass]
public sealed class SimcseReferenceTests
{
    private const int Texts = 3, Rows = 6;

    [TestMethod]
    [DataRow(null, false)]
    [DataRow(null, true)]
    [DataRow(4, false)]
    [DataRow(7, true)]
    public void Steps_OfReference_HaveItsLossesGradientsAndWeights(int? chunkTexts, bool checkpointing)
    {
        using var reference = SafetensorsFile.Open(Repository.Data("refs", "simcse", "expected.safetensors"));
        using var checkpoint = EncoderCheckpoint.Open(Repository.Data("models", "xlm-roberta"));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var settings = new ContrastiveSettings(EncoderPooler.AvgFirstLast.Output(), Texts) { Checkpointing = checkpointing };
        using var steps = new EncoderSteps(checkpoint.Graph, settings, parameters.All, chunkTexts, threads: 0, seed: 1);
        var options = new TrainingOptions { LearningRate = 5e-5, Schedule = LearningRateSchedule.Constant };
        using var optimizer = new AdamW(parameters.All, options);
        var gradients = parameters.All.Select(p => new ParameterGradient(p)).ToArray();
        var start = Tensors(checkpoint, parameters);
        var losses = Floats(reference, "losses");
        for (var step = 0; step < losses.Length; step++)
        {
            foreach (var gradient in gradients)
                gradient.Clear();
            var loss = steps.ComputeGradients(Batch(reference), step, gradients, CancellationToken.None);
            Assert.AreEqual(losses[step], loss, 1e-5f, $"loss {step}");
            if (step == 0)
                CheckGradients(reference, checkpoint, parameters, gradients);
            optimizer.Step(gradients, options.LearningRate);
        }
        // where a gradient is nearly nothing, AdamW makes a step of its last bits, which summing in another order changes
        var tolerance = checkpointing ? 2e-6f : 1e-6f;
        var compared = 0;
        foreach (var (name, values) in Tensors(checkpoint, parameters))
        {
            // of the four layers the first and the last are recorded
            if (IsRounding(name) || !reference.Tensors.ContainsKey("moved4." + name))
                continue;
            compared++;
            var moved = Halves(reference, "moved4." + name);
            for (var i = 0; i < values.Length; i++)
                Assert.AreEqual(start[name][i] + moved[i], values[i], tolerance, $"{name}[{i}]");
        }
        Assert.AreEqual(35, compared);
    }

    [TestMethod]
    public void Logits_OfReference_AreItsOwn()
    {
        using var reference = SafetensorsFile.Open(Repository.Data("refs", "simcse", "expected.safetensors"));
        using var checkpoint = EncoderCheckpoint.Open(Repository.Data("models", "xlm-roberta"));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var settings = new ContrastiveSettings(EncoderPooler.AvgFirstLast.Output(), Texts);
        using var steps = new EncoderSteps(checkpoint.Graph, settings, parameters.All, chunkTexts: null, threads: 0, seed: 1);
        var vectors = steps.Embed(Batch(reference));
        var logits = Floats(reference, "logits");
        var hidden = vectors.Length / (Texts * Rows);
        for (var i = 0; i < Rows; i++)
        {
            for (var j = 0; j < (Texts - 1) * Rows; j++)
            {
                var cosine = TensorPrimitives.CosineSimilarity<float>(
                    vectors.AsSpan(i * hidden, hidden), vectors.AsSpan((Rows + j) * hidden, hidden));
                Assert.AreEqual(logits[i * (Texts - 1) * Rows + j], cosine / 0.05f, 2e-4f, $"[{i}, {j}]");
            }
        }
    }

    private static void CheckGradients(
        SafetensorsFile reference, EncoderCheckpoint checkpoint, CheckpointParameters parameters, ParameterGradient[] gradients)
    {
        // the gradients take the place of the weights for a moment, so that what puts weights back puts them back too
        var kept = parameters.All.Select(p => p.Values.ToArray()).ToArray();
        foreach (var gradient in gradients)
        {
            var values = gradient.Parameter.Values;
            values.Clear();
            gradient.Dense.CopyTo(values);
            foreach (var (row, part) in gradient.Rows)
                part.CopyTo(values[(row * part.Length)..]);
        }
        var found = Tensors(checkpoint, parameters);
        foreach (var (parameter, values) in parameters.All.Zip(kept))
            values.CopyTo(parameter.Values);
        Assert.IsGreaterThan(60, found.Count);
        foreach (var (name, values) in found)
        {
            var expected = Floats(reference, "grad." + name);
            var largest = expected.Max(MathF.Abs);
            for (var i = 0; i < expected.Length; i++)
                Assert.AreEqual(expected[i], values[i], IsRounding(name) ? 1e-7f : 1e-5f * largest, $"{name}[{i}]");
        }
    }

    /// <summary>The same number added to all scores changes no softmax: the gradient of the bias of keys is 0, and what is left of it is
    /// rounding, which AdamW makes as large as any other step.</summary>
    private static bool IsRounding(string name) => name.EndsWith("attention.self.key.bias", StringComparison.Ordinal);

    private static Dictionary<string, float[]> Tensors(EncoderCheckpoint checkpoint, CheckpointParameters parameters) =>
        checkpoint.Tensors.Select(t => t.Tensor).Where(t => parameters.Contains(t.Name)).ToDictionary(t => t.Name, t =>
        {
            var values = new float[t.ElementCount];
            parameters.Read(t.Name, values);
            return values;
        });

    private static EncoderBatch Batch(SafetensorsFile reference)
    {
        var (ids, mask) = (Numbers(reference, "input_ids"), Numbers(reference, "attention_mask"));
        var length = ids.Length / (Texts * Rows);
        int[][] texts = [.. ids.Chunk(length).Zip(mask.Chunk(length), (row, real) => row.Take((int)real.Sum()).Select(id => (int)id).ToArray())];
        return new EncoderBatch(texts, padTokenId: 1) { TextsPerRow = Texts, Rows = [.. Enumerable.Range(0, Rows)] };
    }

    private static long[] Numbers(SafetensorsFile file, string name) => MemoryMarshal.Cast<byte, long>(Bytes(file, name)).ToArray();

    private static float[] Floats(SafetensorsFile file, string name) => MemoryMarshal.Cast<byte, float>(Bytes(file, name)).ToArray();

    private static float[] Halves(SafetensorsFile file, string name) =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(Bytes(file, name)).ToArray(), h => (float)h);

    private static byte[] Bytes(SafetensorsFile file, string name)
    {
        var tensor = file.Tensors[name];
        var bytes = new byte[tensor.Bytes];
        file.ReadBytes(tensor, 0, bytes);
        return bytes;
    }
}
