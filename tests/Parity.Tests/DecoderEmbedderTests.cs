
namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// Decoders exported to embed: the vector of the last token times the head must be the recorded logits, with and without adapters, and
/// every other pooling is made of such vectors, since a causal model's state at a token is that of the text up to there.
/// </summary>
[TestClass]
public sealed class DecoderEmbedderTests
{
    private const string Adapter = "all-linear-r8";

    [TestMethod]
    [DataRow("gemma3-text", null)]
    [DataRow("gemma3-text", Adapter)]
    [DataRow("llama31", null)]
    [DataRow("llama31", Adapter)]
    [DataRow("llama32-tied", Adapter)]
    public void Last_TimesTheHead_IsTheRecordedLogits(string model, string? adapter)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, model, EmbeddingPooling.Last);
        using var run = new EncoderGraphRun(output, adapter: adapter);
        var head = Head(model);

        foreach (var prompt in RecordedPrompt.Read(model, adapter))
            Assert.IsLessThan(2e-4, prompt.LargestDifference(Logits(head, Vector(run, prompt.Ids)), head.Length / 64));
    }

    [TestMethod]
    [DataRow("gemma2", null)]
    [DataRow("gemma3-text", Adapter)]
    [DataRow("llama31", null)]
    public void MeanAndMax_AreThoseOfTheLastTokensOfEveryBeginning(string model, string? adapter)
    {
        using var folder = new TemporaryFolder();
        var ids = RecordedPrompt.Read(model)[1].Ids[..24];
        var states = Run(EmbeddingPooling.Last, run => Enumerable.Range(1, ids.Length).Select(n => Vector(run, ids[..n])).ToArray());
        var mean = Run(EmbeddingPooling.Mean, run => Vector(run, ids));
        var max = Run(EmbeddingPooling.Max, run => Vector(run, ids));

        for (var i = 0; i < 64; i++)
        {
            Assert.AreEqual(states.Average(s => s[i]), mean[i], 1e-5);
            Assert.AreEqual(states.Max(s => s[i]), max[i], 1e-5);
        }

        T Run<T>(EmbeddingPooling pooling, Func<EncoderGraphRun, T> use)
        {
            var output = Export(folder, model, pooling);
            using var run = new EncoderGraphRun(output, adapter: adapter);
            return use(run);
        }
    }

    [TestMethod]
    [DataRow("gemma3-text", EmbeddingPooling.Last)]
    [DataRow("gemma3-text", EmbeddingPooling.Mean)]
    [DataRow("llama31", EmbeddingPooling.Last)]
    public void PaddedBatch_OfRaggedRows_GivesEachRowsVector(string model, EmbeddingPooling pooling)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, model, pooling);
        using var run = new EncoderGraphRun(output, adapter: Adapter);
        var prompts = RecordedPrompt.Read(model).Select(p => p.Ids).ToArray();
        var batch = run.Run(RecordedRows.Padded(prompts));

        for (var row = 0; row < prompts.Length; row++)
        {
            var alone = Vector(run, prompts[row]);
            for (var i = 0; i < 64; i++)
                Assert.AreEqual(alone[i], batch[row * 64 + i], 1e-5);
        }
    }

    [TestMethod]
    public void Verify_EmbedderWithAnAdapter_RunsItsCanary()
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, "gemma3-text", EmbeddingPooling.Last);

        var checks = FolderVerifier.Verify(output);

        Assert.IsTrue(checks.All(c => c.Outcome == FolderCheckOutcome.Passed), string.Join('\n', checks));
        Assert.AreEqual(1, checks.Count(c => c.Name == $"canary {Adapter}"));
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => XlLoraModel.Load(output)).Message, "is an encoder");
    }

    private static string Export(TemporaryFolder folder, string model, EmbeddingPooling pooling)
    {
        var output = folder.File($"{pooling}");
        ModelExporter.Export(Repository.Data("models", model), output, new ExportOptions { Pooling = pooling });
        AdapterExporter.Export(Repository.Data("models", "adapters", model, Adapter), output, Adapter);
        return output;
    }

    private static float[] Vector(EncoderGraphRun run, long[] ids) => run.Run(RecordedRows.One(ids));

    /// <returns>[vocab, 64]</returns>
    private static float[] Head(string model)
    {
        using var checkpoint = CheckpointFiles.Open(Repository.Data("models", model));
        var (file, head) = checkpoint.Tensors.FirstOrDefault(t => t.Tensor.Name == "lm_head.weight") is { File: not null } own
            ? own
            : checkpoint.Tensors.Single(t => t.Tensor.Name == "model.embed_tokens.weight");
        return file.ReadFloat32(head.Name);
    }

    private static float[] Logits(float[] head, float[] vector)
    {
        var logits = new float[head.Length / vector.Length];
        for (var word = 0; word < logits.Length; word++)
        {
            for (var i = 0; i < vector.Length; i++)
                logits[word] += head[word * vector.Length + i] * vector[i];
        }
        return logits;
    }
}
