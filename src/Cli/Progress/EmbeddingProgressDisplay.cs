namespace XlLoraOnnx.Cli;

/// <summary>Texts, texts/s and time left.</summary>
internal sealed class EmbeddingProgressDisplay : IProgress<EmbeddingProgress>, IDisposable
{
    private readonly ProgressLine _line = new ProgressLine(TimeSpan.Zero, TimeSpan.FromSeconds(2)).Wait();

    public void Report(EmbeddingProgress value)
    {
        if (_line.IsDue)
            _line.Write(Quantities.Count(value.Texts) + (value.TotalTexts is { } total ? $" of {Quantities.Count(total)}" : "")
                + $" texts   {Quantities.Rate(value.TextsPerSecond)} texts/s   {Quantities.Percent(value.UsefulTokenShare)} useful tokens"
                + (value.TimeLeft is { } left ? $"   {Quantities.Duration(left)} left" : ""));
    }

    public void Dispose() => _line.End();
}
