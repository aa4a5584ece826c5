using System.Diagnostics;

namespace XlLoraOnnx.Synthesis;

/// <summary>What a process has done so far, for its display. Thread-safe.</summary>
internal sealed class RunCounters(RunSource source, long totalRows, IProgress<SynthesisProgress>? progress)
{
    private readonly Lock _lock = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly GenerationStatistics _before = source.Generator.Statistics;
    private readonly long[] _answers = new long[2];
    private readonly long[] _accepted = new long[2];
    private long _known, _own, _triplets;

    public SynthesisStage Stage { get; set; }

    public long Rows
    {
        get
        {
            lock (_lock)
                return _known + _own;
        }
    }

    public long OwnRows
    {
        get
        {
            lock (_lock)
                return _own;
        }
    }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    public GenerationStatistics Statistics => source.Generator.Statistics.Since(_before);

    /// <summary>The rows are looked at from the first on: those that this process has decided are known by then.</summary>
    public void Recount()
    {
        lock (_lock)
            _known = -_own;
        Stage = SynthesisStage.Generating;
    }

    /// <summary>Rows that were decided before this process came to them.</summary>
    public void Known(long rows)
    {
        lock (_lock)
            _known += rows;
    }

    public void Answered(IReadOnlyList<SettledAnswer> answers)
    {
        lock (_lock)
        {
            foreach (var answer in answers)
            {
                _answers[(int)answer.Side]++;
                if (answer.Verdict.Rejected is null)
                    _accepted[(int)answer.Side]++;
            }
        }
    }

    public void Settled(RowWork row)
    {
        lock (_lock)
        {
            _own++;
            if (row.IsTriplet)
                _triplets++;
        }
        Report();
    }

    public void Report() => progress?.Report(Snapshot());

    public SynthesisProgress Snapshot()
    {
        lock (_lock)
        {
            var seconds = Math.Max(Elapsed.TotalSeconds, 1e-6);
            var (rate, statistics) = (_own / seconds, Statistics);
            return new SynthesisProgress
            {
                Stage = Stage,
                Rows = _known + _own,
                TotalRows = totalRows,
                OwnRows = _own,
                Triplets = _triplets,
                Elapsed = Elapsed,
                RowsPerSecond = rate,
                TokensPerSecond = statistics.GeneratedTokens / seconds,
                UsefulTokenShare = statistics.UsefulTokenShare,
                PositiveAcceptRate = Rate(SynthesisSide.Positive),
                NegativeAcceptRate = Rate(SynthesisSide.Negative),
                TimeLeft = rate > 0 ? TimeSpan.FromSeconds((totalRows - _known - _own) / rate) : null,
                Devices = statistics.Devices,
            };
        }
    }

    private double? Rate(SynthesisSide side) =>
        _answers[(int)side] == 0 ? null : (double)_accepted[(int)side] / _answers[(int)side];
}
