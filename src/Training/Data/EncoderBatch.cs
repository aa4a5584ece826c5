namespace XlLoraOnnx.Training;

/// <summary>Texts as an encoder's graph reads them: padded on the right to the longest.</summary>
internal sealed class EncoderBatch
{
    private readonly IReadOnlyList<int[]> _texts;
    private readonly int _padTokenId;

    /// <param name="texts">Ids of each, special tokens included; at least one text, and one id in each.</param>
    public EncoderBatch(IReadOnlyList<int[]> texts, int padTokenId)
    {
        (_texts, _padTokenId) = (texts, padTokenId);
        Length = texts.Max(t => t.Length);
        Tokens = texts.Sum(t => (long)t.Length);
        InputIds = new long[checked(Count * Length)];
        AttentionMask = new long[InputIds.Length];
        InputIds.AsSpan().Fill(padTokenId);
        for (var text = 0; text < Count; text++)
        {
            for (var i = 0; i < texts[text].Length; i++)
                (InputIds[text * Length + i], AttentionMask[text * Length + i]) = (texts[text][i], 1);
        }
    }

    /// <summary>Texts.</summary>
    public int Count => _texts.Count;

    /// <summary>Of the longest text.</summary>
    public int Length { get; }

    /// <summary>[texts, length]</summary>
    public long[] InputIds { get; }

    /// <summary>[texts, length]: 1, and 0 for padding.</summary>
    public long[] AttentionMask { get; }

    /// <summary>Without padding.</summary>
    public long Tokens { get; }

    /// <summary>Rows of the training data that the texts are of; empty for other texts.</summary>
    public IReadOnlyList<int> Rows { get; init; } = [];

    /// <summary>S: the batch has all anchors, then all positives, then all hard negatives of <see cref="Rows"/>, so that text i is side
    /// i / N of row i mod N.</summary>
    public int TextsPerRow { get; init; } = 1;

    /// <summary>Numbers of all texts, <paramref name="count"/> at a time, the longest first, so that little is padding.</summary>
    public IReadOnlyList<int[]> Chunks(int count) =>
        [.. Enumerable.Range(0, Count).OrderByDescending(text => _texts[text].Length).Chunk(count)];

    /// <summary>Some of the texts, padded to the longest of these.</summary>
    /// <remarks>What is computed of a text differs with its padding in the last bits at most.</remarks>
    public EncoderBatch Part(IEnumerable<int> texts) => new([.. texts.Select(text => _texts[text])], _padTokenId);

    /// <summary>Ids of one text, without padding.</summary>
    public ReadOnlySpan<int> this[int text] => _texts[text];
}
