using System.Diagnostics;

namespace XlLoraOnnx.Cli;

/// <summary>
/// The plan, then rows, rates and time left: one line that is rewritten on a terminal, plain lines every few seconds elsewhere. On standard
/// error, so that standard output holds results only.
/// </summary>
/// <param name="translates">Whether rows are translations of texts, and not triplets of anchors.</param>
internal sealed class SynthesisProgressDisplay(XlLoraModel model, bool translates = false)
    : IProgress<SynthesisPlan>, IProgress<SynthesisProgress>, IDisposable
{
    private const int BarWidth = 20;
    private const int RowsOfEstimate = 64;
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private readonly string _inputs = translates ? "texts" : "anchors";
    private readonly string _rows = translates ? "translations" : "rows";
    private SynthesisStage _stage;
    private long _last;
    private bool _lineIsOpen;
    private bool _isEstimated;

    public void Report(SynthesisPlan value)
    {
        var duplicates = value.Anchors - value.DistinctAnchors;
        var engine = EngineOptions.Name(model.Engine.Engine);
        Console.Error.WriteLine($"{Quantities.Count(value.Anchors)} {_inputs}, {Quantities.Count(duplicates)} of them not for the first "
            + $"time; {Quantities.Count(value.Rows)} {_rows} in shards of {Quantities.Count(value.ShardRows)}, on {engine}");
        if (value.Languages.Count > 0)
            Console.Error.WriteLine($"{Quantities.Count(value.Languages.Count)} languages: "
                + string.Join(", ", value.Languages.Select(l => $"{l.Key} {Quantities.Count(l.Value)}")));
        if (value.AnchorsWithLineEnds > 0)
            Console.Error.WriteLine($"{Quantities.Count(value.AnchorsWithLineEnds)} {_inputs} hold line ends; where the input was meant to "
                + "have one a line, look for a quote that stays open");
        if (translates && value.UnusableAnchors > 0)
            Console.Error.WriteLine(
                $"{Quantities.Count(value.UnusableAnchors)} of them are blank and stay so, or have a NUL and are rejected");
        if (translates && value.TooLongAnchors > 0)
            Console.Error.WriteLine($"{Quantities.Count(value.TooLongAnchors)} of them are too long for the model: these will be rejected");
        if (!translates && value.UnusableAnchors + value.TooLongAnchors > 0)
            Console.Error.WriteLine($"{Quantities.Count(value.UnusableAnchors)} of them blank or with a NUL, "
                + $"{Quantities.Count(value.TooLongAnchors)} too long for the model: these will be rejected");
        if (value.IsComplete)
            Console.Error.WriteLine($"all of them were decided before, in {value.Folder}; nothing is left to do");
        else if (value.IsContinued)
            Console.Error.WriteLine($"going on in {value.Folder}: {Quantities.Count(value.AnswersKept)} answers are kept");
    }

    public void Report(SynthesisProgress value)
    {
        var now = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            var isNews = value.Rows == value.TotalRows || value.Stage != _stage;
            if (!isNews && Stopwatch.GetElapsedTime(_last, now) < (_terminal ? TerminalInterval : PlainInterval))
                return;
            (_last, _stage) = (now, value.Stage);
            Estimate(value);
            Write(value);
        }
    }

    /// <summary>Ends the line, before something else is written.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_lineIsOpen)
                Console.Error.WriteLine();
            _lineIsOpen = false;
        }
    }

    public void Dispose() => Close();

    /// <summary>Once, from the first rows: what the plan could not know.</summary>
    private void Estimate(SynthesisProgress value)
    {
        if (_isEstimated || value.OwnRows < RowsOfEstimate || value.TimeLeft is not { } left)
            return;
        _isEstimated = true;
        Close();
        Console.Error.WriteLine(
            $"about {Quantities.Duration(left)} by the first {Quantities.Count(value.OwnRows)} rows, on this process alone");
    }

    private void Write(SynthesisProgress value)
    {
        var text = value.Stage switch
        {
            SynthesisStage.Writing => $"all {Quantities.Count(value.TotalRows)} rows are decided; writing the outputs",
            SynthesisStage.Waiting => $"{Quantities.Count(value.Rows)} of {Quantities.Count(value.TotalRows)} rows; others have the rest",
            _ => Rates(value),
        };
        if (!_terminal)
        {
            Console.Error.WriteLine(text);
            return;
        }
        var done = (int)(BarWidth * value.Rows / Math.Max(1, value.TotalRows));
        Console.Error.Write($"\r\u001b[K{new string('█', done)}{new string('░', BarWidth - done)} {text}");
        _lineIsOpen = true;
    }

    private string Rates(SynthesisProgress value)
    {
        var parts = new List<string>
        {
            $"{Quantities.Count(value.Rows)} of {Quantities.Count(value.TotalRows)} {_rows}",
            $"{Quantities.Rate(value.RowsPerSecond)} rows/s",
            $"{Quantities.Rate(value.TokensPerSecond)} tokens/s",
            $"{Quantities.Percent(value.UsefulTokenShare)} useful",
        };
        if (value.PositiveAcceptRate is { } positive && !translates)
            parts.Add($"sent1 {Quantities.Percent(positive)}");
        if (value.NegativeAcceptRate is { } negative)
            parts.Add($"hard_neg {Quantities.Percent(negative)}");
        var seconds = Math.Max(value.Elapsed.TotalSeconds, 1e-6);
        if (value.Devices.Count > 1)
            parts.AddRange(value.Devices.Select(d =>
                $"{d.Device} {Quantities.Rate(d.Rows / seconds)} answers/s {Quantities.Rate(d.GeneratedTokens / seconds)} tokens/s"));
        if (value.TimeLeft is { } left)
            parts.Add($"{Quantities.Duration(left)} left");
        return string.Join("   ", parts);
    }
}
