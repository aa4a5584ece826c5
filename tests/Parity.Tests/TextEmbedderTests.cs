using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace XlLoraOnnx.Parity.Tests;

[TestClass]
public sealed class TextEmbedderTests
{
    private const float Tolerance = 1e-5f;
    private static readonly string[] Texts =
    [
        "The farmer reads.", "", "今天老师在厨房里搬水。",
        "The farmer reads books in the garden at noon, and again in the evening.",
        "\0", "\ud800", new string('a', 5000), "The farmer reads.",
    ];

    [TestMethod]
    public async Task EmbedAsync_ManyTexts_EachAsIfAlone()
    {
        using var embedder = TextEmbedder.Load(ExportedModels.DemoEncoder, new EmbeddingOptions { Window = 3, TokensPerBatch = 100 });

        var together = await embedder.EmbedAsync(Texts);

        for (var i = 0; i < Texts.Length; i++)
        {
            var alone = await embedder.EmbedAsync([Texts[i]]);
            AssertClose(alone[0], together[i], Tolerance, $"text {i}");
        }
        Assert.AreEqual(2 * Texts.Length, embedder.Statistics.Texts);
        Assert.AreEqual(2, embedder.Statistics.TruncatedTexts, "the long one, twice");
    }

    [TestMethod]
    public async Task EmbedAsync_ManyCallersAtOnce_EachGetsItsOwn()
    {
        using var embedder = TextEmbedder.Load(ExportedModels.DemoEncoder);
        var sentences = await ReadSentencesAsync(200);
        var expected = await embedder.EmbedAsync(sentences);
        var batchesBefore = embedder.Statistics.Batches;

        var vectors = await Task.WhenAll(sentences.Select(s => Task.Run(() => embedder.EmbedAsync([s]))));

        for (var i = 0; i < sentences.Length; i++)
            AssertClose(expected[i], vectors[i][0], Tolerance, sentences[i]);
        Assert.IsLessThan(sentences.Length, embedder.Statistics.Batches - batchesBefore, "calls that come together run together");
    }

    [TestMethod]
    public async Task EmbedAsync_Cancelled_EndsAndTheEmbedderGoesOn()
    {
        using var embedder = TextEmbedder.Load(ExportedModels.DemoEncoder);
        var sentences = Enumerable.Range(0, 20_000).Select(i => $"The farmer reads {i} books.").ToArray();
        using var cancellation = new CancellationTokenSource();

        var running = embedder.EmbedAsync(sentences, cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => running);
        Assert.AreEqual(1, (await embedder.EmbedAsync(["The farmer reads."])).Rows);
    }

    [TestMethod]
    public async Task EmbedAsync_WithACache_RunsNothingTwice()
    {
        using var folder = new TemporaryFolder();
        var options = new EmbeddingOptions { Cache = folder.Path };
        EmbeddingMatrix first;
        using (var embedder = TextEmbedder.Load(ExportedModels.DemoEncoder, options))
            first = await embedder.EmbedAsync(Texts);

        using var again = TextEmbedder.Load(ExportedModels.DemoEncoder, options);
        var second = await again.EmbedAsync(Texts);
        using var shorter = TextEmbedder.Load(ExportedModels.DemoEncoder, options with { MaxSequenceLength = 16 });
        await shorter.EmbedAsync(Texts);

        CollectionAssert.AreEqual(first.Values.ToArray(), second.Values.ToArray());
        Assert.AreEqual(0, again.Statistics.Batches);
        Assert.AreEqual(Texts.Length, again.Statistics.CachedTexts);
        Assert.AreEqual(0, shorter.Statistics.CachedTexts, "another length is another vector");
    }

    [TestMethod]
    public async Task EmbedAsync_WeightThatIsNoNumber_SaysWhichTextAndFromWhichLayer()
    {
        using var folder = new TemporaryFolder();
        var model = DemoEncoderWith(folder, "encoder.layer.2.output.LayerNorm.weight", float.NaN);
        using var embedder = TextEmbedder.Load(model);

        var error = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => embedder.EmbedAsync(["The farmer reads."]));

        StringAssert.Contains(error.Message, "text 0 (\"The farmer reads.\")");
        StringAssert.Contains(error.Message, "from layer 2 on");
    }

    [TestMethod]
    public void Load_TruncatedWeights_SaysWhichFile()
    {
        using var folder = new TemporaryFolder();
        var copy = ExportedModels.Copy(ExportedModels.DemoEncoder, folder);
        using (var data = File.OpenWrite(Path.Combine(copy, "model.onnx.data")))
            data.SetLength(1_000_000);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => TextEmbedder.Load(copy));

        StringAssert.Contains(error.Message, "model.onnx.data' has 1,000,000 bytes");
    }

    [TestMethod]
    public void Load_WhatIsNoEncoder_SaysWhatToDo()
    {
        var generator = Assert.ThrowsExactly<NotSupportedException>(() => TextEmbedder.Load(ExportedModels.Demo));
        StringAssert.Contains(generator.Message, "--pooling");
        var device = Assert.ThrowsExactly<ArgumentException>(
            () => TextEmbedder.Load(ExportedModels.DemoEncoder, new EmbeddingOptions { Devices = ["gpu"] }));
        StringAssert.Contains(device.Message, "cuda:0");
        var length = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TextEmbedder.Load(ExportedModels.DemoEncoder, new EmbeddingOptions { MaxSequenceLength = 1_000_000 }));
        StringAssert.Contains(length.Message, "1000000");
    }

    [TestMethod]
    public async Task AddXlLoraEmbeddingGenerator_OneLine_ServesTheAbstraction()
    {
        var services = new ServiceCollection();
        services.AddXlLoraEmbeddingGenerator(ExportedModels.DemoEncoder);
        using var provider = services.BuildServiceProvider();

        var generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var embeddings = await generator.GenerateAsync(["The farmer reads.", "The cook sings."]);

        Assert.HasCount(2, embeddings);
        Assert.AreEqual(128, embeddings[1].Vector.Length);
        var metadata = generator.GetRequiredService<EmbeddingGeneratorMetadata>();
        Assert.AreEqual(128, metadata.DefaultModelDimensions);
        Assert.IsNotNull(generator.GetService<TextEmbedder>());
        await Assert.ThrowsExactlyAsync<NotSupportedException>(
            () => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 64 }));
    }

    [TestMethod]
    public async Task RunAsync_InterruptedAndRunAgain_GivesTheFileOfAnUndisturbedRun()
    {
        using var folder = new TemporaryFolder();
        var input = folder.Write("texts.txt", string.Join('\n', Enumerable.Range(0, 20_000).Select(i => $"The farmer reads {i}.")));
        using var embedder = TextEmbedder.Load(ExportedModels.DemoEncoder);
        await EmbeddingJob.RunAsync(embedder, Dataset.Open(input).Texts(), folder.File("whole.npy"));
        using var cancellation = new CancellationTokenSource();
        var progress = new Immediate(p => cancellation.Cancel());

        var interrupted = await Assert.ThrowsExactlyAsync<EmbeddingInterruptedException>(
            () => EmbeddingJob.RunAsync(embedder, Dataset.Open(input).Texts(), folder.File("v.npy"), progress: progress, cancellationToken: cancellation.Token));
        var report = await EmbeddingJob.RunAsync(embedder, Dataset.Open(input).Texts(), folder.File("v.npy"));

        Assert.AreEqual(interrupted.Texts, report.Continued);
        Assert.IsGreaterThan(0, report.Continued);
        Assert.AreEqual(20_000, report.Texts);
        var (whole, continued) = (File.ReadAllBytes(folder.File("whole.npy")), File.ReadAllBytes(folder.File("v.npy")));
        Assert.HasCount(whole.Length, continued);
        AssertClose(Floats(whole), Floats(continued), Tolerance, "vectors");
        Assert.IsFalse(File.Exists(folder.File("v.npy.partial")));
    }

    private sealed class Immediate(Action<EmbeddingProgress> action) : IProgress<EmbeddingProgress>
    {
        public void Report(EmbeddingProgress value) => action(value);
    }

    private static float[] Floats(byte[] npy) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(npy.AsSpan(128)).ToArray();

    private static async Task<string[]> ReadSentencesAsync(int count)
    {
        var anchors = new List<string>();
        await foreach (var anchor in AnchorReader.ReadAsync(Repository.Demo("world", "truth.jsonl.gz")))
            anchors.Add(anchor.Sent0);
        return [.. anchors.Take(count)];
    }

    private static string DemoEncoderWith(TemporaryFolder folder, string tensor, float value)
    {
        var checkpoint = folder.File("checkpoint");
        Directory.CreateDirectory(checkpoint);
        foreach (var file in Directory.EnumerateFiles(Repository.DemoEncoder()))
            File.Copy(file, Path.Combine(checkpoint, Path.GetFileName(file)));
        var path = Path.Combine(checkpoint, "model.safetensors");
        long offset;
        int bytes;
        using (var file = SafetensorsFile.Open(path))
        {
            var found = file.Tensors.Values.Single(t => t.Name.EndsWith(tensor, StringComparison.Ordinal));
            (offset, bytes) = (found.Offset, (int)(found.Bytes / found.ElementCount));
        }
        using (var stream = File.OpenWrite(path))
        {
            stream.Position = offset;
            stream.Write(bytes == 4 ? BitConverter.GetBytes(value) : BitConverter.GetBytes((Half)value));
        }
        ModelExporter.Export(checkpoint, folder.File("model"), new ExportOptions { Pooling = EmbeddingPooling.Mean });
        return folder.File("model");
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], tolerance, $"{what}, number {i}");
    }
}
