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
        Description = "Only the first N of 600 anchors; of each language with --translate; with --full also of 6,000 rows of training.",
        HelpName = "N",
    };

    private static readonly Option<bool> Translate = new("--translate")
    {
        Description = "Instead: translate the anchors of nine languages into English, and measure it by BLEU, chrF and chrF++.",
    };

    private static readonly Option<bool> Full = new("--full")
    {
        Description = "The whole of XL-LoRA, in some twenty minutes: train both adapters on the base, synthesize, train the "
            + "encoder, and compare it with what it was. Interrupted, the same command goes on.",
    };

    public static Command Create()
    {
        const string Description = "The whole story on the demonstration material: synthesize triplets, embed them, evaluate the encoder.";
        var command = new Command("demo", Description) { Output, Limit, Translate, Full };
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var folder = parse.GetRequiredValue(Output);
        if (parse.GetValue(Translate) && parse.GetValue(Full))
            throw new ArgumentException("--translate and --full are two demonstrations; give one of them.");
        if (parse.GetValue(Limit) is < 1 and var limit)
            throw new ArgumentException($"--limit is {limit}; it must be at least 1.");
        Directory.CreateDirectory(folder);
        if (parse.GetValue(Full))
            return await new FullDemo(folder, parse.GetValue(Limit)).RunAsync(cancellationToken).ConfigureAwait(false);
        if (parse.GetValue(Translate))
            return await TranslationDemo.RunAsync(folder, parse.GetValue(Limit), cancellationToken).ConfigureAwait(false);
        var triplets = Path.Combine(folder, "triplets.csv");

        Headline("1 of 3", "synthesize: a sentence that follows from each anchor, and one that contradicts it");
        using (var model = XlLoraModel.Load(DemoMaterial.ExportedModel(cancellationToken)))
        {
            var truth = await GroundTruth.ReadAsync(DemoMaterial.Truth, cancellationToken).ConfigureAwait(false);
            await SynthesizeAsync(model, DemoMaterial.Anchors, triplets, parse.GetValue(Limit), truth, cancellationToken)
                .ConfigureAwait(false);
        }

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

        Headline("3 of 3", "evaluate: an encoder that has seen no triplets yet; higher is what they are for");
        await EvaluateAsync(embedder, folder, cancellationToken).ConfigureAwait(false);
        return ExitCodes.Succeeded;
    }

    /// <returns>The folder of its results.</returns>
    internal static async Task<string> EvaluateAsync(TextEmbedder embedder, string folder, CancellationToken cancellationToken)
    {
        using var generator = new XlLoraEmbeddingGenerator(embedder);
        var report = await EvaluationProgressDisplay.RunAsync(progress => EmbeddingEvaluator.EvaluateAsync(
            generator, DemoMaterial.Evaluation, options: null, progress, cancellationToken)).ConfigureAwait(false);
        var results = EmbeddingEvaluator.Write(report, Path.Combine(folder, "results"));
        EvaluationView.Write(report, results);
        return results;
    }

    internal static async Task<SynthesisReport> SynthesizeAsync(
        XlLoraModel model, string input, string triplets, long? limit, GroundTruth? truth, CancellationToken cancellationToken)
    {
        using var display = new SynthesisProgressDisplay(model);
        var job = new SynthesisJobOptions
        {
            Input = input,
            Output = triplets,
            Synthesis = new SynthesisOptions { Sampling = SamplingOptions.Greedy },
            Limit = limit,
            Truth = truth,
        };
        var report = await SynthesisJob.RunAsync(model, job, display, display, cancellationToken).ConfigureAwait(false);
        display.Close();
        SynthesisReportView.Write(report);
        return report;
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
