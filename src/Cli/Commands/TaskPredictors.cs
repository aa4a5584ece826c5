using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Cli;

/// <summary>Adapters of FLARE as systems whose predictions are measured.</summary>
internal static class TaskPredictors
{
    public static TaskPredictor Of(TextClassifier classifier) => (examples, _, token) => Ask(examples, async rows =>
        (await classifier.ClassifyAsync([.. rows.Select(r => new ClassificationRequest { Text = r.Text, Source = r.Source })],
            cancellationToken: token).ConfigureAwait(false)).Select(r => r.LabelName ?? r.GeneratedText ?? ""), token);

    public static TaskPredictor Of(QuestionAnswerer answerer) => (examples, _, token) => Ask(examples, async rows =>
        (await answerer.AnswerAsync([.. rows.Select(r => new AnswerRequest
        {
            Question = r.Text.First,
            Context = r.Text.Second!,
            Source = r.Source,
        })], cancellationToken: token).ConfigureAwait(false)).Select(r => r.Text), token);

    private static async IAsyncEnumerable<TaskPrediction> Ask(IReadOnlyList<TaskExample> examples,
        Func<(TaskText Text, TaskText? Source)[], Task<IEnumerable<string>>> ask, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var rows = examples.Select(e => (Of(e.Texts), e.SourceTexts is { } source ? Of(source) : null)).ToArray();
        foreach (var text in await ask(rows).ConfigureAwait(false))
            yield return new TaskPrediction(text);
    }

    private static TaskText Of(IReadOnlyList<string> texts) => new(texts[0], texts.ElementAtOrDefault(1));
}
