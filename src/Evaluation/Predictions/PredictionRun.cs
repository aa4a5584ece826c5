using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Evaluation;

/// <summary>The systems of one set: scores and intervals.</summary>
internal sealed class PredictionRun(PredictionSet set, PredictionOptions options)
{
    public IEnumerable<PredictionScores> Run(CancellationToken cancellationToken)
    {
        var ids = Ids();
        var data = Fingerprint(set.Examples.SelectMany(Gold));
        foreach (var (system, predictions) in set.Systems)
        {
            var items = set.Task == TextTask.TyDiQa ? Answers(ids, predictions) : Labels(ids, predictions);
            yield return new PredictionScores
            {
                System = system,
                Setting = options.Setting,
                Task = set.Task,
                TaskName = set.TaskName,
                Split = set.Split,
                Subset = set.Subset,
                Source = set.Source,
                DataFingerprint = data,
                SystemFingerprint = Fingerprint(predictions.Prepend(options.Setting.Word())),
                Examples = set.Examples.Count,
                Metrics = Scores(items, cancellationToken),
                Findings = [.. set.Findings, .. Findings(items, predictions)],
                Items = items,
            };
        }
    }

    private IReadOnlyList<MetricScore> Scores(ItemScores items, CancellationToken cancellationToken)
    {
        var metrics = PredictionMetric.Of(PredictionMetric.TaskOf(set.Task), items);
        int[] all = [.. Enumerable.Range(0, items.Ids.Count)];
        var samples = options.BootstrapSamples == 0 ? null : Bootstrap.Run(
            all.Length, options.BootstrapSamples, options.Seed, metrics.Count,
            (drawn, values) =>
            {
                for (var i = 0; i < values.Length; i++)
                    values[i] = metrics[i].Score(drawn);
            },
            cancellationToken);
        return [.. metrics.Select((m, i) => new MetricScore(
            m.Name, m.Score(all), samples is null ? null : Bootstrap.Interval(samples[i], options.Confidence)))];
    }

    private ItemScores Labels(string[] ids, IReadOnlyList<string> predictions) => new(
        ids, [PredictionMetric.Gold, PredictionMetric.Predicted],
        [
            [.. set.Examples.Select(e => (double)e.Label!.Value)],
            [.. predictions.Select(p => (double)(set.Task.LabelOf(p) ?? PredictionMetric.Unknown))],
        ]);

    private ItemScores Answers(string[] ids, IReadOnlyList<string> predictions)
    {
        string[][] gold = [.. set.Examples.Select(e => options.Setting.AnswersOf(e).Select(a => a.Text).ToArray())];
        return new(ids, [PredictionMetric.ExactMatch, PredictionMetric.F1],
        [
            [.. predictions.Select((p, i) => AnswerScore.ExactMatch(p, gold[i]))],
            [.. predictions.Select((p, i) => AnswerScore.F1(p, gold[i]))],
        ]);
    }

    private static IEnumerable<string> Findings(ItemScores items, IReadOnlyList<string> predictions)
    {
        if (items.Columns.Contains(PredictionMetric.Predicted)
            && items[PredictionMetric.Predicted].Count(p => p == PredictionMetric.Unknown) is > 0 and var unknown)
        {
            var first = predictions[Array.IndexOf(items[PredictionMetric.Predicted], PredictionMetric.Unknown)];
            yield return $"{unknown} of {predictions.Count} predictions are no label and count as wrong, the first being "
                + $"\"{Shortened.Of(first)}\"";
        }
        else if (items.Columns.Contains(PredictionMetric.F1) && predictions.Count(string.IsNullOrWhiteSpace) is > 0 and var empty)
        {
            yield return $"{empty} of {predictions.Count} answers are empty";
        }
    }

    /// <summary>The row's number, and a hash by which a comparison notices that two runs saw other texts.</summary>
    private string[] Ids() => [.. set.Examples.Select((example, i) =>
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', example.Texts)));
        return string.Create(CultureInfo.InvariantCulture, $"{i + 1}#{Convert.ToHexStringLower(hash.AsSpan(0, 4))}");
    })];

    private IEnumerable<string> Gold(TaskExample example) =>
    [
        .. example.Texts, example.Label?.ToString(CultureInfo.InvariantCulture) ?? "",
        .. options.Setting.AnswersOf(example).Select(a => a.Text),
    ];

    private static string Fingerprint(IEnumerable<string> texts) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))));
}
