namespace XlLoraOnnx.Tokenizers;

/// <summary>The best way to each place of a piece of text.</summary>
internal sealed class LatticeScratch
{
    public const int Unreached = -1;

    public double[] Scores { get; private set; } = [];

    /// <summary>Where the last piece of the best way begins.</summary>
    public int[] Starts { get; private set; } = [];

    public int[] Ids { get; private set; } = [];

    /// <summary>Ends of the pieces of the best way, from the right.</summary>
    public int[] Ends { get; private set; } = [];

    public void Reset(int length)
    {
        if (Scores.Length <= length)
        {
            Scores = new double[length * 2 + 1];
            Starts = new int[Scores.Length];
            Ids = new int[Scores.Length];
            Ends = new int[Scores.Length];
        }
        Starts.AsSpan(0, length + 1).Fill(Unreached);
        Scores[0] = 0;
    }
}
