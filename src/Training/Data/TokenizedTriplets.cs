using System.Collections.Concurrent;

namespace XlLoraOnnx.Training;

/// <summary>The ids of the training texts, made once.</summary>
internal sealed class TokenizedTriplets
{
    private const int MostShown = 5;

    private readonly int[][] _ids;

    private TokenizedTriplets(TripletData data, int[][] ids) => (Data, _ids) = (data, ids);

    public TripletData Data { get; }

    /// <summary>Texts of a row in a batch: two or three. A text alone is there twice, as in unsupervised SimCSE.</summary>
    public int TextsPerRow => Math.Max(Data.Columns, 2);

    /// <param name="side">0 the anchor, 1 the positive, 2 the hard negative.</param>
    public int[] this[int row, int side] => _ids[row * Data.Columns + Math.Min(side, Data.Columns - 1)];

    /// <param name="facts">Of the encoder: whether texts are lower-cased, and how many positions it has.</param>
    /// <param name="maxLength">Longer texts are cut to so many tokens, special tokens included.</param>
    /// <exception cref="ArgumentException">The encoder has not so many positions.</exception>
    /// <exception cref="InvalidDataException">Texts have no token of their own.</exception>
    public static TokenizedTriplets Make(
        TripletData data, XlLoraTokenizer tokenizer, EncoderFacts facts, int maxLength, CancellationToken cancellationToken = default)
    {
        if (maxLength < 1 || maxLength > facts.MaxSequenceLength)
            throw new ArgumentOutOfRangeException(nameof(maxLength), maxLength,
                $"The longest text has {maxLength} tokens; this encoder reads 1 to {facts.MaxSequenceLength}.");
        var encoder = new TrainingTextEncoder(tokenizer, facts, maxLength);
        var ids = new int[checked(data.Rows * data.Columns)][];
        var bare = new ConcurrentBag<int>();
        // each text has its place, whichever thread comes first
        Parallel.For(0, ids.Length, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            ids[i] = encoder.Encode(data[i / data.Columns][i % data.Columns], out var hasTokens);
            if (!hasTokens)
                bare.Add(i);
        });
        if (!bare.IsEmpty)
            throw new InvalidDataException($"{bare.Count} texts have no token of their own, only special tokens and padding: "
                + string.Join("; ", bare.Order().Take(MostShown).Select(Describe)) + (bare.Count > MostShown ? "; …" : "")
                + ". An encoder learns nothing from them: leave these rows out.");
        return new TokenizedTriplets(data, ids);

        string Describe(int i) => $"{data.Where(i / data.Columns)}: \"{Shortened.Of(data[i / data.Columns][i % data.Columns])}\"";
    }
}
