namespace XlLoraOnnx.Runtime;

/// <summary>Collects the lines of a <see cref="ParityReport"/>.</summary>
/// <param name="tolerance">Where the options have none.</param>
internal sealed class ParityComparison(ParityOptions options, double tolerance, IProgress<TensorParity>? progress)
{
    private readonly double _tolerance = options.Tolerance ?? tolerance;
    private readonly List<TensorParity> _tensors = [];
    private int _greedyCompared;
    private int _greedyEqual;

    public ParityOptions Options { get; } = options;

    /// <param name="width">Of the vectors that the values are rows of; 0 where they are none.</param>
    public void Values(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, int width = 0)
    {
        if (expected.Length != actual.Length)
            throw new InvalidDataException($"'{name}': the model gives {actual.Length} values, the reference has {expected.Length}.");
        var largest = 0.0;
        var within = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            // A NaN on either side makes the difference NaN, which is never within a tolerance and must not be forgotten.
            var difference = Math.Abs((double)expected[i] - actual[i]);
            if (difference <= _tolerance)
                within++;
            if (!double.IsNaN(largest) && !(difference <= largest))
                largest = difference;
        }
        Add(new TensorParity(name, largest, expected.Length, within, within == expected.Length)
        {
            LeastCosine = width == 0 ? null : LeastCosine(expected, actual, width),
        });
    }

    /// <summary>By which the reference's winner must have led.</summary>
    public double Margin => Math.Max(Options.Margin, 2 * _tolerance);

    /// <summary>Of whole rows, of which none is to be left out.</summary>
    public void Tokens(string name, ReadOnlySpan<long> expected, ReadOnlySpan<long> chosen)
    {
        var equal = 0;
        for (var i = 0; i < expected.Length; i++)
            equal += chosen[i] == expected[i] ? 1 : 0;
        _greedyCompared += expected.Length;
        _greedyEqual += equal;
        Add(new TensorParity(name, null, expected.Length, equal, expected.Length == equal));
    }

    public void Greedy(string name, ReferencePrompt prompt, ReadOnlySpan<int> chosen)
    {
        var margin = Margin;
        var (compared, equal) = (0, 0);
        for (var step = 0; step < chosen.Length; step++)
        {
            if (!(prompt.Margin[step] > margin))
                continue;
            compared++;
            if (chosen[step] == prompt.Greedy[step])
                equal++;
        }
        _greedyCompared += compared;
        _greedyEqual += equal;
        Add(new TensorParity(name, null, compared, equal, compared == equal));
    }

    public ParityReport Report() => new()
    {
        Tensors = _tensors,
        Tolerance = _tolerance,
        MaxAbsDiff = Largest(_tensors.Select(t => t.MaxAbsDiff).OfType<double>()),
        GreedyCompared = _greedyCompared,
        GreedyEqual = _greedyEqual,
    };

    private static double LeastCosine(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, int width)
    {
        var least = 1.0;
        for (var row = 0; row < expected.Length; row += width)
        {
            double product = 0, a = 0, b = 0;
            for (var i = row; i < row + width; i++)
            {
                product += (double)expected[i] * actual[i];
                a += (double)expected[i] * expected[i];
                b += (double)actual[i] * actual[i];
            }
            var cosine = product / Math.Sqrt(a * b);
            // a NaN stays
            least = double.IsNaN(least) || least <= cosine ? least : cosine;
        }
        return least;
    }

    private static double Largest(IEnumerable<double> differences) =>
        differences.Aggregate(0.0, (a, b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Max(a, b));

    private void Add(TensorParity tensor)
    {
        _tensors.Add(tensor);
        progress?.Report(tensor);
    }
}
