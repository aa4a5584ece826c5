using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>README.md of an adapter: facts, and no promises.</summary>
internal static class AdapterCard
{
    /// <param name="fingerprint">Of the base.</param>
    public static string Write(PeftSource source, string fingerprint, AdapterExamples examples, TrainingOptions training, TrainingResult result)
    {
        var (options, data) = (source.Options, examples.Data);
        var modules = LoraParameters.Select(source.Slots, options.TargetModules);
        var parameters = modules.Sum(m => (long)options.Rank * (m.InFeatures + m.OutFeatures));
        var losses = result.History.SmoothedLosses;
        var card = new StringBuilder()
            .Append("---\n")
            .Append("library_name: peft\n")
            .Append(Invariant($"base_model: {CardText.Yaml(source.BaseName)}\n"))
            .Append("tags:\n- lora\n- xllora-onnx\n")
            .Append("---\n\n# LoRA adapter\n\n")
            .Append("Trained by xllora-onnx. The weights of the base stayed as they are.\n\n| | |\n|---|---|\n");
        Row("base", CardText.Code(source.BaseName));
        Row("fingerprint of the base", CardText.Code(fingerprint));
        Row("data", $"{CardText.Code(data.Name)}, {CardText.Number(data.Rows)} rows, SHA-256 {CardText.Code(data.Sha256)}");
        Row("learned", Invariant($"{CardText.Code(data.Prompt.AnswerColumn)} after {CardText.Code(data.Prompt.QuestionColumn)}, ")
            + (examples.CompletionOnly ? "the answer alone" : "prompt and answer"));
        Row("language in the prompt", CardText.Inline(options.Language));
        Row("rank, alpha, dropout", Invariant($"{options.Rank}, {options.Alpha}, {options.Dropout}"));
        Row("modules", Invariant($"{modules.Count} of {source.Slots.Count}, {CardText.Number(parameters)} parameters"));
        Row("tokens of an example, at most", Invariant($"{options.MaxLength}"));
        Row("examples, tokens of an epoch", $"{CardText.Number(examples.Items.Count)}, {CardText.Number(examples.Tokens)}");
        Row("rows of a step", Invariant($"{training.BatchSize} × {options.GradientAccumulation}"));
        Row("steps", Invariant($"{result.Steps} of {result.TotalSteps}") + (result.StoppedEarly ? ", stopped early" : ""));
        Row("weights of step", Invariant($"{result.WeightsOfStep}"));
        Row("learning rate, schedule", Invariant($"{training.LearningRate}, {training.Schedule}"));
        Row("gradients clipped to, weight decay", Invariant($"{training.MaxGradNorm}, {training.WeightDecay}"));
        Row("seed", Invariant($"{training.Seed}"));
        Row("loss of the first step", Invariant($"{result.History.Steps[0].Loss:0.0000}"));
        Row("loss at the end, smoothed", Invariant($"{losses[^1]:0.0000}"));
        card.Append("\nThe prompt, as it is filled in before the chat template:\n\n").Append(CardText.Block(data.Prompt.Text));
        foreach (var (i, notice) in examples.Notices.Index())
            card.Append(i == 0 ? "\n## Notices\n\n" : "").Append(Invariant($"- {CardText.Inline(notice)}\n"));
        return card.ToString();

        void Row(string name, string value) => card.Append(CultureInfo.InvariantCulture, $"| {name} | {value} |\n");
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
