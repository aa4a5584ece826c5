namespace XlLoraOnnx.Runtime;

/// <summary>
/// Texts of all callers that wait for a batch, by length: the oldest decides, the next shorter ones fill up, so that nobody waits for ever
/// and hardly anything is padded. Not thread-safe.
/// </summary>
/// <param name="maxLength">Tokens of the longest text.</param>
/// <param name="tokensPerBatch">Padding included.</param>
internal sealed class TextPool(int maxLength, int tokensPerBatch)
{
    // of what a batch runs; beyond it, another batch is the cheaper way
    private const double MaxPadding = 0.08;

    private readonly Queue<EncodedText> _byAge = [];
    private readonly Queue<EncodedText>[] _byLength = [.. Enumerable.Range(0, maxLength + 1).Select(_ => new Queue<EncodedText>())];

    /// <param name="texts">Longest first, so that what is oldest is longest.</param>
    public void Add(IEnumerable<EncodedText> texts)
    {
        foreach (var text in texts)
        {
            _byAge.Enqueue(text);
            _byLength[text.Ids.Length].Enqueue(text);
        }
    }

    /// <returns>Texts of like length, longest first; empty when nothing waits.</returns>
    public List<EncodedText> Take()
    {
        var batch = new List<EncodedText>();
        while (_byAge.TryPeek(out var oldest) && (oldest.Taken || oldest.Request.IsOver))
            _byAge.Dequeue();
        if (_byAge.Count == 0)
            return batch;
        var longest = _byAge.Dequeue();
        longest.Taken = true;
        batch.Add(longest);
        var (width, useful) = (longest.Ids.Length, longest.Ids.Length);
        for (var length = width; length > 0; length--)
        {
            var waiting = _byLength[length];
            while (waiting.TryPeek(out var next))
            {
                if (next.Taken || next.Request.IsOver)
                {
                    waiting.Dequeue();
                    continue;
                }
                var padded = (batch.Count + 1) * width;
                if (padded > tokensPerBatch || padded - useful - length > padded * MaxPadding)
                    return batch;
                waiting.Dequeue();
                next.Taken = true;
                batch.Add(next);
                useful += length;
            }
        }
        return batch;
    }
}
