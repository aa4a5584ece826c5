namespace XlLoraOnnx.Runtime;

/// <summary>Texts of a call, a window at a time: sorted together, and two of them on their way.</summary>
public sealed partial class TextEmbedder
{
    private const int WindowsInFlight = 2;

    private async Task<EmbeddedTexts> EmbedWindowsAsync(
        IReadOnlyList<string> texts, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        var values = new float[checked(texts.Count * Dimension)];
        var sum = new EmbeddedTexts(new EmbeddingMatrix(texts.Count, Dimension, values), 0, 0, 0);
        var running = new Queue<Window>();
        var done = 0;
        for (var begin = 0; begin < texts.Count || running.Count > 0;)
        {
            if (begin < texts.Count && running.Count < WindowsInFlight)
            {
                var count = Math.Min(_window, texts.Count - begin);
                running.Enqueue(Start(texts, begin, count, values, cancellationToken));
                begin += count;
                continue;
            }
            var window = running.Dequeue();
            var read = await FinishAsync(window, texts, values, cancellationToken).ConfigureAwait(false);
            sum = sum with
            {
                Tokens = sum.Tokens + read.Tokens,
                TruncatedTexts = sum.TruncatedTexts + read.Truncated,
                CachedTexts = sum.CachedTexts + window.Count - window.Missing.Count,
            };
            progress?.Report(done += window.Count);
        }
        return sum;
    }

    /// <param name="Missing">Rows that were not in the cache.</param>
    private sealed record Window(int Begin, int Count, Task<TextsRead> Embedded, IReadOnlyList<int> Missing);

    private Window Start(IReadOnlyList<string> texts, int begin, int count, float[] values, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _texts, count);
        var missing = new List<int>(count);
        for (var row = begin; row < begin + count; row++)
        {
            var text = texts[row] ?? throw new ArgumentException($"Text {row} is null; an empty text is \"\".", nameof(texts));
            if (_cache is null || !_cache.TryGet(text, values.AsSpan(row * Dimension, Dimension)))
                missing.Add(row);
        }
        Interlocked.Add(ref _cached, count - missing.Count);
        return new Window(begin, count, _engine.EmbedAsync(texts, missing, values, cancellationToken), missing);
    }

    private async Task<TextsRead> FinishAsync(
        Window window, IReadOnlyList<string> texts, float[] values, CancellationToken cancellationToken)
    {
        var read = await window.Embedded.ConfigureAwait(false);
        if (_cache is null)
            return read;
        foreach (var row in window.Missing)
            _cache.Add(texts[row], values.AsSpan(row * Dimension, Dimension));
        cancellationToken.ThrowIfCancellationRequested();
        return read;
    }
}
