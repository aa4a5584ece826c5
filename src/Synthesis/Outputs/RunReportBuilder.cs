using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>What the report and the card say, from the rows as they are written.</summary>
internal sealed class RunReportBuilder
{
    private const int FrequentShown = 20;

    private readonly RunManifest _manifest;
    private readonly RunSource _source;
    private readonly SynthesisOptions _options;
    private readonly SynthesisJobOptions _job;
    private readonly RowSample? _sample;
    private readonly SortedDictionary<string, (string Name, long Anchors, long Triplets)> _languages = new(StringComparer.Ordinal);
    private readonly Dictionary<(RejectionReason Reason, SynthesisSide? Side), long> _rejected = [];
    private readonly SortedDictionary<string, long> _repairs = new(StringComparer.Ordinal);
    private readonly Dictionary<(SynthesisSide Side, string Adapter), AnswerCounts> _answers;
    private readonly Dictionary<SynthesisSide, (Histogram Letters, Histogram Tokens)> _lengths =
        TripletColumns.Sides.ToDictionary(s => s, _ => (Histogram.Linear(10, 30), Histogram.Linear(4, 32)));
    private readonly Histogram _anchorLengths = Histogram.Linear(10, 30);
    private readonly TruthCounts? _truth;
    private long _rows;

    public RunReportBuilder(RunManifest manifest, RunSource source, SynthesisOptions options, SynthesisJobOptions job)
    {
        (_manifest, _source, _options, _job) = (manifest, source, options, job);
        _sample = job.ReportRows > 0 ? new RowSample(job.ReportRows) : null;
        _answers = options.Sides.SelectMany(s => options.Adapters(s).Select(a => (s, a ?? "")))
            .ToDictionary(made => made, _ => new AnswerCounts());
        _truth = job.Truth is { } truth ? new TruthCounts(truth) : null;
    }

    public long Triplets { get; private set; }

    public long RejectedRows => _rows - Triplets;

    /// <summary>Rows that were given up, by reason.</summary>
    public IReadOnlyDictionary<RejectionReason, long> Reasons =>
        _rejected.GroupBy(r => r.Key.Reason).OrderBy(g => g.Key).ToDictionary(g => g.Key, g => g.Sum(r => r.Value));

    public GroundTruthReport? Truth => _truth?.Report();

    public void Add(OutputRow row, LanguageGuess language)
    {
        _rows++;
        var known = _languages.GetValueOrDefault(language.Code, (language.Name, 0, 0));
        _languages[language.Code] = (known.Item1, known.Item2 + 1, known.Item3 + (row.Rejected is null ? 1 : 0));
        _anchorLengths.Add(LengthOf(row.Anchor.Text));
        foreach (var answer in row.Answers)
            Add(answer);
        _truth?.Add(row);
        if (row.Rejected is { } rejected)
            _rejected[(rejected.Reason, rejected.Side)] = _rejected.GetValueOrDefault((rejected.Reason, rejected.Side)) + 1;
        else
            Triplets++;
        if (_sample?.Wants(row.Anchor.Row) == true)
            _sample.Add(Shown(row, language));
    }

    public RunReportData Build(JournalTotals totals, WholeRunChecks checks)
    {
        var sampling = _options.Sampling ?? _source.DefaultSampling;
        return new RunReportData
        {
            RunId = _manifest.RunId,
            Title = Path.GetFileNameWithoutExtension(_manifest.Input.Path),
            Input = Path.GetFileName(_manifest.Input.Path),
            Started = _manifest.Created,
            Finished = DateTimeOffset.UtcNow,
            ToolVersion = _source.ToolVersion,
            License = _job.License,
            Command = _manifest.CommandLine ?? (_manifest.Command is { } command ? RunCommand.Line(command.Arguments) : null),
            Model = new ReportModel(_source.Model, _source.Family, _source.Precision, _source.BaseFingerprint),
            Positive = Side(SynthesisSide.Positive),
            Negative = Side(SynthesisSide.Negative),
            Strategy = _options.Strategy.Name,
            Sampling = Facts(sampling),
            Seed = sampling.Seed,
            Devices = [.. _source.Devices.Select(d => new ReportDevice(d, _source.Engine, _source.EngineReason))],
            AnswerLanguage = _options.LanguageColumn is null && _options.AnswerLanguage(null) is { } answers
                ? LanguageIdentifier.CodeOf(answers) : null,
            Counts = new ReportCounts(_manifest.Input.Rows, _manifest.Input.DistinctAnchors, _rows, Triplets, RejectedRows,
                _answers.Values.Sum(c => c.Attempts), totals.Tokens, totals.OverTime().Select(t => t.At.TotalSeconds).LastOrDefault()),
            Acceptance = [.. _options.Sides.SelectMany(s => _options.Adapters(s).Select(a => Acceptance(s, a)))],
            Rejections = Rejections(totals),
            Repairs = [.. _repairs.Select(r => new NamedCount(r.Key, r.Value))],
            Languages = [.. _languages.Select(l => new ReportLanguage(l.Key, l.Value.Name, l.Value.Anchors, l.Value.Triplets))],
            Truth = _truth?.Shares(),
            Lengths = [new ReportLengths("sent0", _anchorLengths.ToData()),
                .. _options.Sides.Select(s => new ReportLengths(TripletColumns.Of(s), _lengths[s].Letters.ToData(),
                    _lengths[s].Tokens.ToData()))],
            Duplicates = [.. _options.Sides.Select(s => new ReportDuplicates(s, Occurrences(checks.Texts(s))))],
            NearDuplicates = checks.NearDuplicateRows,
            FrequentOutputs = [.. _options.Sides
                .SelectMany(s => checks.Texts(s).Top().Select(t => new FrequentOutput(s, t.Text, t.Count)))
                .Where(t => t.Count > 1).OrderByDescending(t => t.Count).Take(FrequentShown)],
            Throughput = Throughput(totals),
            Rows = _sample?.ToRows() ?? [],
        };
    }

    private void Add(OutputAnswer made)
    {
        var answer = made.Answer;
        _answers[(answer.Side, made.Adapter ?? "")].Add(answer);
        if (answer.Reason is not null)
            return;
        _lengths[answer.Side].Letters.Add(LengthOf(answer.Text));
        _lengths[answer.Side].Tokens.Add(answer.Tokens);
        foreach (var repair in answer.Repairs)
            _repairs[repair] = _repairs.GetValueOrDefault(repair) + 1;
    }

    private ReportAcceptance Acceptance(SynthesisSide side, string? adapter)
    {
        var counts = _answers[(side, adapter ?? "")];
        return new ReportAcceptance(side, adapter, counts.Attempts, counts.Accepted, counts.Repaired);
    }

    /// <summary>Of a text, in code points.</summary>
    private static int LengthOf(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var rune in text.EnumerateRunes())
            count++;
        return count;
    }

    private static HistogramData Occurrences(FrequentTexts texts)
    {
        var histogram = Histogram.Doubling(16);
        foreach (var count in texts.Counts)
            histogram.Add(count);
        return histogram.ToData();
    }

    private static ReportRow Shown(OutputRow row, LanguageGuess language) => new(
        row.Anchor.Row, row.Id, language.Code, row.Anchor.Text, row.Positive?.Shown, row.Negative?.Shown,
        row.Rejected is { } r ? RejectionReasons.Name(r.Reason) : null, row.Rejected?.Detail,
        [.. row.Answers.SelectMany(a => a.Answer.Repairs).Distinct()], row.Flagged);

    private static IReadOnlyList<ReportFact> Facts(SamplingOptions s) => s.DoSample
        ? [new("temperature", Text(s.Temperature)), new("top_k", Text(s.TopK)), new("top_p", Text(s.TopP)), new("min_p", Text(s.MinP)),
            new("repetition_penalty", Text(s.RepetitionPenalty))]
        : [new("greedy", "the likeliest token"), new("repetition_penalty", Text(s.RepetitionPenalty))];

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private ReportSide? Side(SynthesisSide side)
    {
        if (!_options.Sides.Contains(side))
            return null;
        var word = side == SynthesisSide.Positive ? ".positive." : ".negative.";
        var prompt = string.Join("\n", _options.Strategy.Templates.Where(t => t.Key.Contains(word, StringComparison.Ordinal))
            .OrderByDescending(t => t.Key, StringComparer.Ordinal).Select(t => t.Value));
        return new ReportSide(prompt, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(prompt))),
            Named([.. _options.Adapters(side).OfType<string>()]));
    }

    private ReportAdapter? Named(string[] adapters) => adapters.Length == 0 ? null
        : new ReportAdapter(string.Join(", ", adapters), string.Join(", ", adapters.Select(_source.AdapterSha256)));

    private IReadOnlyList<ReportRejection> Rejections(JournalTotals totals)
    {
        var keys = _rejected.Keys.Union(totals.Rejected.Keys.Select(k => (k.Reason, Side: (SynthesisSide?)k.Side)));
        return [.. keys.OrderBy(k => k.Reason).ThenBy(k => k.Side).Select(k => new ReportRejection(k.Reason, k.Side,
            k.Side is { } side ? totals.Rejected.GetValueOrDefault((k.Reason, side)) : 0, _rejected.GetValueOrDefault(k)))];
    }

    private IReadOnlyList<ThroughputPoint> Throughput(JournalTotals totals)
    {
        var series = new ThroughputSeries();
        var answersARow = _options.Sides.Length;
        long open = 0;
        foreach (var (at, answers, tokens) in totals.OverTime())
        {
            open += answers;
            series.Add(at, open / answersARow, tokens);
            open %= answersARow;
        }
        return series.ToPoints();
    }
}
