using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx demo</c></summary>
internal static class DemoCommand
{
    private const int MaxLength = 64;

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "Folder for triplets, vectors and results.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "xllora-demo",
    };

    private static readonly Option<long?> Limit = new("--limit")
    {
        Description = "Only the first N of 600 anchors; of each language with --translate.",
        HelpName = "N",
    };

    private static readonly Option<bool> Translate = new("--translate")
    {
        Description = "Instead: translate the anchors of nine languages into English, and measure it by BLEU, chrF and chrF++.",
    };

    public static Command Create()
    {
        const string Description = "The whole story on the demonstration material: synthesize triplets, embed them, evaluate the encoder.";
        var command = new Command("demo", Description) { Output, Limit, Translate };
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var folder = parse.GetRequiredValue(Output);
        Directory.CreateDirectory(folder);
        if (parse.GetValue(Translate))
            return await TranslationDemo.RunAsync(folder, parse.GetValue(Limit), cancellationToken).ConfigureAwait(false);
        var triplets = Path.Combine(folder, "triplets.csv");

        Headline("1 of 3", "synthesize: a sentence that follows from each anchor, and one that contradicts it");
        await SynthesizeAsync(triplets, parse.GetValue(Limit), cancellationToken).ConfigureAwait(false);

        // as the reference of this encoder was measured
        var options = new EmbeddingOptions
        {
            MaxSequenceLength = MaxLength,
            ModelName = "demo-encoder",
            Cache = Path.Combine(folder, "cache"),
        };
        using var embedder = TextEmbedder.Load(DemoMaterial.ExportedEncoder(cancellationToken), options);
        Headline("2 of 3", "embed: the anchors and what was written for them");
        foreach (var column in (string[])["sent0", "sent1", "hard_neg"])
            await EmbedAsync(embedder, triplets, Path.Combine(folder, column + ".npy"), column, cancellationToken).ConfigureAwait(false);

        using var generator = new XlLoraEmbeddingGenerator(embedder);
        Headline("3 of 3", "evaluate: an encoder that has seen no triplets yet; higher is what they are for");
        var report = await EvaluationProgressDisplay.RunAsync(progress => EmbeddingEvaluator.EvaluateAsync(
            generator, DemoMaterial.Evaluation, options: null, progress, cancellationToken)).ConfigureAwait(false);
        EvaluationView.Write(report, EmbeddingEvaluator.Write(report, Path.Combine(folder, "results")));
        return ExitCodes.Succeeded;
    }

    private static async Task SynthesizeAsync(string triplets, long? limit, CancellationToken cancellationToken)
    {
        using var model = XlLoraModel.Load(DemoMaterial.ExportedModel(cancellationToken));
        var truth = await GroundTruth.ReadAsync(DemoMaterial.Truth, cancellationToken).ConfigureAwait(false);
        using var display = new SynthesisProgressDisplay(model);
        var job = new SynthesisJobOptions
        {
            Input = DemoMaterial.Anchors,
            Output = triplets,
            Synthesis = new SynthesisOptions { Sampling = SamplingOptions.Greedy },
            Limit = limit,
            Truth = truth,
        };
        var report = await SynthesisJob.RunAsync(model, job, display, display, cancellationToken).ConfigureAwait(false);
        display.Close();
        SynthesisReportView.Write(report);
    }

    private static async Task EmbedAsync(
        TextEmbedder embedder, string triplets, string output, string column, CancellationToken cancellationToken)
    {
        using var display = new EmbeddingProgressDisplay();
        var texts = Dataset.Open(triplets).Texts(column);
        var report = await EmbeddingJob.RunAsync(embedder, texts, output, progress: display, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        EmbeddingReportView.Write(report);
    }

    internal static void Headline(string step, string text) => Console.Out.WriteLine($"\n{step}  {text}");
}
