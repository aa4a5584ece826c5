using System.Globalization;
using System.Text;
using static XlLoraOnnx.Training.TrainingFacts;

namespace XlLoraOnnx.Training;

/// <summary>The <c>README.md</c> of a trained encoder, as Hugging Face reads model cards: facts of the run, and nothing assumed.</summary>
/// <remarks>Metadata: https://github.com/huggingface/hub-docs/blob/main/modelcard.md</remarks>
internal static class EncoderCard
{
    /// <summary>The card, lines ended by <c>\n</c>.</summary>
    /// <param name="baseFingerprint">Of the weights that the training began with.</param>
    public static string Render(EncoderTaskParts parts, EncoderTrainingReport report, string baseFingerprint, string toolVersion)
    {
        var card = new StringBuilder();
        Metadata(card, parts);
        Line(card, $"# {CardText.Inline(Path.GetFileName(report.Folder))}");
        Line(card, "");
        Line(card, $"A sentence encoder: {CardText.Inline(parts.Checkpoint.Name)} trained with xllora-onnx {CardText.Inline(toolVersion)} "
            + $"on the {CardText.Number(report.Rows)} rows of {CardText.Inline(parts.Batches.Data.Name)}.");
        Use(card, parts);
        Section(card, "Data and base", Origin(parts, baseFingerprint));
        Section(card, "Training", Training(parts, report));
        Scores(card, report);
        Line(card, "");
        Line(card, Curves);
        Notices(card, report);
        return card.ToString();
    }

    private static void Metadata(StringBuilder card, EncoderTaskParts parts)
    {
        foreach (var line in (string[])["---", "library_name: sentence-transformers", "pipeline_tag: sentence-similarity", "tags:",
            "  - sentence-transformers", "  - sentence-similarity", "  - feature-extraction", "  - xllora-onnx",
            $"model_name: {CardText.Yaml(parts.Checkpoint.Name)}", "---", ""])
            Line(card, line);
    }

    private static void Use(StringBuilder card, EncoderTaskParts parts)
    {
        var options = parts.Options;
        var pooling = options.Pooler switch
        {
            EncoderPooler.AvgFirstLast => "the mean over the tokens of the first and the last layer's output; sentence-transformers reads "
                + "it from `1_WeightedLayerPooling` and `2_Pooling`",
            EncoderPooler.AvgTop2 => "the mean over the tokens of the last two layers' outputs; sentence-transformers reads it from "
                + "`1_WeightedLayerPooling` and `2_Pooling`",
            EncoderPooler.Avg => "the mean over the tokens of the last hidden state",
            EncoderPooler.ClsBeforePooler => "the last hidden state of the first token",
            _ when options.MlpOnlyTrain => "the last hidden state of the first token; the linear layer and tanh behind it served training "
                + "alone and are not here",
            _ => "the last hidden state of the first token, then the linear layer and tanh of `2_Dense`",
        };
        Line(card, "");
        Line(card, $"A text becomes a vector of {parts.Checkpoint.Dimensions.HiddenSize} numbers: {pooling}. Vectors are compared by their "
            + $"cosine. Texts of up to {parts.Checkpoint.Facts.MaxSequenceLength} tokens are read; training cut them to "
            + $"{options.MaxLength}.");
        Line(card, "");
        card.Append(CardText.Block("xllora-onnx export THIS_FOLDER --output MODEL"));
    }

    private static IEnumerable<(string, string)> Origin(EncoderTaskParts parts, string baseFingerprint)
    {
        var data = parts.Batches.Data;
        yield return ("data", $"{CardText.Inline(data.Name)}, {CardText.Number(data.Rows)} rows: "
            + data.Kind switch
            {
                TripletKind.Triplets => "anchor, positive, hard negative",
                TripletKind.Pairs => "anchor, positive",
                _ => "texts, each its own positive",
            });
        yield return ("SHA-256 of the data", CardText.Code(data.Sha256));
        yield return ("base", $"{CardText.Inline(parts.Checkpoint.Name)} ({parts.Checkpoint.Family}, "
            + $"{CardText.Number(parts.Checkpoint.Dimensions.Parameters)} parameters)");
        yield return ("fingerprint of the base", CardText.Code(baseFingerprint));
    }

    private static IEnumerable<(string, string)> Training(EncoderTaskParts parts, EncoderTrainingReport report)
    {
        var (options, training) = (parts.Options, parts.Training);
        yield return ("objective", Objective(parts));
        yield return ("temperature", Number(options.Temperature));
        if (parts.Batches.Data.Kind == TripletKind.Triplets)
            yield return ("hard negative weight (a logit)", Number(options.HardNegativeWeight));
        yield return ("pooler", CardText.Code(options.Pooler.Name()));
        foreach (var fact in Steps(report))
            yield return fact;
        yield return ("rows of a batch", CardText.Number(training.BatchSize) + (options.ChunkSize is { } chunk
            ? $", {CardText.Number(chunk)} texts at once (GradCache)" : ""));
        foreach (var fact in Optimizer(training))
            yield return fact;
        var dropout = parts.Dropout;
        yield return ("dropout", $"embeddings {Number(dropout.Embeddings)}, attention {Number(dropout.Attention)}, attention output "
            + $"{Number(dropout.AttentionOutput)}, MLP {Number(dropout.Mlp)}");
        if (options.MaskedLanguageModeling)
            yield return ("masked language model", $"its loss added, times {Number(options.MlmWeight)}; {Number(options.MlmProbability)} "
                + "of the tokens; its head is not here");
        foreach (var fact in Losses(training, report))
            yield return fact;
        if (report is { FirstMlmLoss: { } first, LastMlmLoss: { } last })
            yield return ("loss of the masked language model, first and last step", $"{Number(first)}, {Number(last)}");
        yield return ("time", $"{report.Elapsed:hh\\:mm\\:ss}" + (report.ResumedFrom is { } step
            ? $" since it was taken up after step {CardText.Number(step)}" : ""));
    }

    private static string Objective(EncoderTaskParts parts) => parts.Batches.Data.Kind switch
    {
        TripletKind.Triplets => "SimCSE: each anchor against all positives and all hard negatives of its batch",
        TripletKind.Pairs => "SimCSE: each anchor against all positives of its batch",
        _ => "unsupervised SimCSE: each text against all texts of its batch, read again with other dropout",
    };

    private static void Scores(StringBuilder card, EncoderTrainingReport report)
    {
        if (report.ScoresAfter.Count == 0)
            return;
        Line(card, "");
        Line(card, "## Dev scores");
        Line(card, "");
        Line(card, "| Score | before | after |");
        Line(card, "|---|---:|---:|");
        foreach (var (before, after) in report.ScoresBefore.Zip(report.ScoresAfter))
            Line(card, $"| {CardText.Inline(after.Name)} | {Score(before.Value)} | {Score(after.Value)} |");
    }

    private static string Score(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
