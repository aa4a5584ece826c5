namespace XlLoraOnnx.Training;

/// <summary>Some examples as a graph reads them: padded on the right to the longest.</summary>
internal sealed class AdapterBatch
{
    /// <param name="examples">At least one.</param>
    public AdapterBatch(IReadOnlyList<AdapterExample> examples, int padTokenId)
    {
        (Rows, Length) = (examples.Count, examples.Max(e => e.Ids.Length));
        DataRows = [.. examples.Select(e => e.Row)];
        InputIds = new long[checked(Rows * Length)];
        AttentionMask = new long[InputIds.Length];
        InputIds.AsSpan().Fill(padTokenId);
        var labels = examples.Sum(e => e.Ids.Length - e.FirstTold);
        (LogitsIndices, Labels) = (new long[labels], new long[labels]);
        var next = 0;
        foreach (var (row, example) in examples.Index())
        {
            var first = row * Length;
            for (var t = 0; t < example.Ids.Length; t++)
            {
                (InputIds[first + t], AttentionMask[first + t]) = (example.Ids[t], 1);
                if (t >= example.FirstTold)
                    (LogitsIndices[next], Labels[next++]) = (first + t - 1, example.Ids[t]);
            }
        }
    }

    public int Rows { get; }

    /// <summary>Of the longest example.</summary>
    public int Length { get; }

    /// <summary>[rows, length]</summary>
    public long[] InputIds { get; }

    /// <summary>[rows, length]: 1, and 0 for padding.</summary>
    public long[] AttentionMask { get; }

    /// <summary>Places in [rows · length] after which a token comes that is to be learned.</summary>
    public long[] LogitsIndices { get; }

    /// <summary>Those tokens.</summary>
    public long[] Labels { get; }

    /// <summary>Rows of the data, from 0.</summary>
    public IReadOnlyList<int> DataRows { get; }

    /// <summary>Without padding.</summary>
    public long Tokens => AttentionMask.Sum();
}
