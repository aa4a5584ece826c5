namespace XlLoraOnnx.Training.Tests;

/// <summary>Gradients of guesses in parts, and where nothing is guessed.</summary>
[TestClass]
public sealed class LanguageModelStepsTests
{
    private const string Data = "sent0,sent1\nThe cook buys bread.,A cook buys bread in the garden.\nThe teacher carries water.,Water.\n"
        + "The child reads a book.,A book is read.\nThe farmer sells fruit.,Fruit is sold in the market.\n";

    private static readonly EncoderTrainingOptions Options = new() { MaskedLanguageModeling = true, MlmProbability = 0.3, Dropout = 0 };

    [TestMethod]
    [DataRow(3, false)]
    [DataRow(1, false)]
    [DataRow(null, true)]
    public void ComputeGradients_InPartsOrAgain_GivesTheSameGradients(int? chunkTexts, bool checkpointing)
    {
        var expected = Gradients(Options);
        var found = Gradients(Options with { ChunkSize = chunkTexts, Checkpointing = checkpointing });

        var largest = expected.Max(MathF.Abs);
        Assert.HasCount(expected.Length, found);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], found[i], 1e-5f * largest, $"[{i}]");
    }

    [TestMethod]
    public void ComputeGradients_AnyNumberOfThreads_GivesTheSameBits()
    {
        var options = Options with { Dropout = 0.1 };
        CollectionAssert.AreEqual(Gradients(options, threads: 1), Gradients(options, threads: 3));
        CollectionAssert.AreNotEqual(Gradients(options), Gradients(options, step: 1));
    }

    [TestMethod]
    public void ComputeGradients_NothingToGuess_AddsNothing()
    {
        var gradients = Gradients(Options with { MlmProbability = 1e-12 });

        CollectionAssert.AreEqual(new float[] { 0 }, gradients);
    }

    /// <returns>The loss, and all gradients that there are.</returns>
    private static float[] Gradients(EncoderTrainingOptions options, int threads = 0, long step = 0)
    {
        using var folder = new TemporaryFolder();
        float[] result = [];
        var model = EncoderModels.WithHead(folder, "demo-encoder", 128, 1320);
        Assert.ThrowsExactly<OperationCanceledException>(() => EncoderTrainer.Train(model, folder.Write("pairs.csv", Data),
            folder.File("out"), options, new TrainingOptions { BatchSize = 4, Threads = threads }, parts =>
            {
                IReadOnlyList<Parameter> parameters = [.. parts.Parameters.All, .. parts.LanguageModel!.Parameters];
                var settings = new ContrastiveSettings(options.Pooler.Output(), 2)
                {
                    Dropout = new DropoutRates(options.Dropout!.Value, 0, 0, 0),
                    Checkpointing = options.Checkpointing,
                };
                using var steps = new LanguageModelSteps(parts, settings, parameters);
                var gradients = parameters.Select(p => new ParameterGradient(p)).ToArray();
                var loss = steps.ComputeGradients(parts.Batches[0], step, gradients, CancellationToken.None);
                result = [loss, .. gradients.SelectMany(g => g.Dense.ToArray().Concat(Rows(g)))];
                throw new OperationCanceledException("That is all.");
            }));
        return result;

        // rows of padding, which one batch has and another has not, are zero
        static IEnumerable<float> Rows(ParameterGradient gradient) => gradient.Rows.Count == 0 ? []
            : Enumerable.Range(0, (int)gradient.Parameter.Shape[0]).SelectMany(
                row => gradient.Rows.TryGetValue(row, out var values) ? values : new float[gradient.Parameter.Width]);
    }
}
