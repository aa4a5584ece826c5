using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Evaluation;

/// <summary>The systems of one set: scores, intervals, and whether they differ from the first.</summary>
internal sealed class TranslationRun
{
    // sacreBLEU warns at so many hypotheses that end like tokenized text
    private const int ManyTokenized = 100;

    private readonly TranslationSet _set;
    private readonly TranslationOptions _options;
    private readonly TranslationMetric[] _metrics;

    public TranslationRun(TranslationSet set, TranslationOptions options)
    {
        (_set, _options) = (set, options);
        var tokenization = options.Tokenization ?? TokenizationOf(set.TargetLanguage);
        var bleu = new BleuOptions { Tokenization = tokenization, Smoothing = options.Smoothing };
        _metrics = [new BleuMetric(bleu), new ChrfMetric(), new ChrfMetric(new ChrfOptions { WordOrder = 2 })];
    }

    public IReadOnlyList<TranslationScores> Run(CancellationToken cancellationToken)
    {
        var counts = _set.Systems.Select(s => _metrics.Select(m => new SegmentCounts(m, s.Value, _set.References)).ToArray()).ToArray();
        var samples = _options.BootstrapSamples == 0 ? null : Resample(counts, cancellationToken);
        var ids = Ids();
        var data = Fingerprint(_set.References.SelectMany(r => r));
        return [.. _set.Systems.Select((system, i) => new TranslationScores
        {
            System = system.Key,
            TaskName = _set.TaskName,
            Split = _set.Split,
            Subset = _set.Subset,
            Source = _set.Source,
            DataFingerprint = data,
            SystemFingerprint = Fingerprint(system.Value),
            Segments = _set.References.Count,
            Scores = [.. _metrics.Select((_, m) => Score(counts, samples, i, m))],
            ComparedWith = i == 0 ? null : _set.Systems[0].Key,
            Findings = [.. Findings(system.Value)],
            Items = TranslationItems.Of(ids, counts[i]),
        })];
    }

    /// <summary>sacreBLEU's only mapping that needs no other tokenizer: Chinese, by any of its codes.</summary>
    private static BleuTokenization TokenizationOf(string language) =>
        language.Split('_')[0] is "zh" or "zho" or "cmn" or "yue" ? BleuTokenization.Chinese : BleuTokenization.Mteval13a;

    /// <summary>[system · metrics + metric][sample]; all of them see the same draws.</summary>
    private double[][] Resample(SegmentCounts[][] counts, CancellationToken cancellationToken) => Bootstrap.Run(
        _set.References.Count, _options.BootstrapSamples, _options.Seed, counts.Length * _metrics.Length,
        (drawn, values) =>
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = counts[i / _metrics.Length][i % _metrics.Length].Score(drawn);
        },
        cancellationToken);

    private TranslationScore Score(SegmentCounts[][] counts, double[][]? samples, int system, int metric)
    {
        var (definition, sums) = (_metrics[metric], counts[system][metric].Sums());
        var value = definition.FromSums(sums);
        var signature = definition.Signature(
            TranslationMetric.References(_set.References), _options.BootstrapSamples, _options.Seed);
        var score = new TranslationScore(definition.Name, value, signature) { Details = definition.Details(sums) };
        if (samples is null)
            return score;
        var own = samples[system * _metrics.Length + metric];
        return score with
        {
            Mean = own.Average(),
            Interval = PairedBootstrap.Interval(own),
            PValue = system == 0
                ? null
                : PairedBootstrap.PValue(own, samples[metric], value - definition.FromSums(counts[0][metric].Sums())),
        };
    }

    /// <summary>The number of the segment, and a hash by which a comparison notices that two runs saw other references.</summary>
    private string[] Ids() => [.. _set.References.Select((references, i) =>
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', references)));
        return string.Create(CultureInfo.InvariantCulture, $"{i + 1}#{Convert.ToHexStringLower(hash.AsSpan(0, 4))}");
    })];

    private static string Fingerprint(IEnumerable<string> texts) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))));

    private IEnumerable<string> Findings(IReadOnlyList<string> hypotheses)
    {
        if (hypotheses.Count(string.IsNullOrWhiteSpace) is > 0 and var empty)
            yield return $"{empty} of {hypotheses.Count} translations are empty";
        if (_options.Tokenization != BleuTokenization.None
            && hypotheses.Count(h => h.EndsWith(" .", StringComparison.Ordinal)) is >= ManyTokenized and var tokenized)
            yield return $"{tokenized} translations end with \" .\": tokenized text lowers BLEU; score them as they are to be read";
    }
}
