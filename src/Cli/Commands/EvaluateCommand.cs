using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx evaluate</c></summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        const string Description = "Measure sentence embeddings: similarity (STS), retrieval, alignment and uniformity, with " +
            "confidence intervals. Or translations: BLEU, chrF and chrF++. Or predictions: accuracy, macro-F1, exact match and F1.";
        var choices = new EvaluationChoices();
        var command = new Command("evaluate", Description);
        choices.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) => parse.GetValue(choices.Compare) is [var a, var b]
            ? EvaluationComparison.RunAsync(choices, parse, a, b, cancellationToken)
            : parse.GetValue(choices.Task) switch
            {
                EvaluationTask.Translation => TranslationEvaluation.RunAsync(choices, parse, cancellationToken),
                EvaluationTask.Xnli => PredictionEvaluation.RunAsync(choices, TextTask.Xnli, parse, cancellationToken),
                EvaluationTask.NusaX => PredictionEvaluation.RunAsync(choices, TextTask.NusaX, parse, cancellationToken),
                EvaluationTask.TyDiQa => PredictionEvaluation.RunAsync(choices, TextTask.TyDiQa, parse, cancellationToken),
                _ => EmbeddingEvaluation.RunAsync(choices, parse, cancellationToken),
            });
        return command;
    }
}
