using System.Globalization;

namespace XlLoraOnnx.Evaluation;

/// <summary>How chrF is computed; the defaults are sacreBLEU's.</summary>
public sealed record ChrfOptions
{
    /// <summary>The longest n-grams of characters, 1 to 10.</summary>
    public int CharacterOrder { get; init; } = 6;

    /// <summary>The longest n-grams of words: 0 for chrF, 2 for chrF++; at most 4.</summary>
    public int WordOrder { get; init; }

    /// <summary>How much more recall weighs than precision.</summary>
    public int Beta { get; init; } = 2;

    /// <summary>Whether white space is a character.</summary>
    public bool CountsWhiteSpace { get; init; }

    /// <summary>The mean of F over all orders, as chrF++.py and NLTK have it, in place of F of means over the orders that both texts
    /// have.</summary>
    public bool EpsilonSmoothing { get; init; }

    internal void Validate()
    {
        if (CharacterOrder is < 1 or > 10 || WordOrder is < 0 or > 4 || Beta is < 1 or > 100)
            throw new ArgumentException(
                $"chrF with CharacterOrder {CharacterOrder}, WordOrder {WordOrder} and Beta {Beta}: they must be from 1 to 10, 0 to 4 " +
                "and 1 to 100.");
    }
}

/// <summary>chrF (Popović 2015) and chrF++ (Popović 2017) as sacreBLEU defines them, case kept.</summary>
/// <remarks>Counts of a segment, by order, characters before words: n-grams of the hypothesis, of the reference, and matches. Of several
/// references, the one with the best score counts.</remarks>
public sealed class ChrfMetric : TranslationMetric
{
    private const double Epsilon = 1e-16;

    private readonly ChrfOptions _options;

    /// <param name="options">Null for chrF2.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public ChrfMetric(ChrfOptions? options = null)
    {
        _options = options ?? new ChrfOptions();
        _options.Validate();
    }

    /// <inheritdoc/>
    public override string Name =>
        string.Create(CultureInfo.InvariantCulture, $"chrF{_options.Beta}{new string('+', _options.WordOrder)}");

    internal override int Width => 3 * Orders;

    internal override string Settings => string.Create(
        CultureInfo.InvariantCulture,
        $"case:mixed|eff:{(_options.EpsilonSmoothing ? "no" : "yes")}|nc:{_options.CharacterOrder}|nw:{_options.WordOrder}|" +
        $"space:{(_options.CountsWhiteSpace ? "yes" : "no")}");

    private int Orders => _options.CharacterOrder + _options.WordOrder;

    internal override void Count(string hypothesis, IReadOnlyList<string> references, Span<double> counts)
    {
        var (characters, words) = (new NGramNumbers<int>(), new NGramNumbers<string>());
        var own = Grams(hypothesis, characters, words);
        Span<double> candidate = stackalloc double[Width];
        var best = double.NegativeInfinity;
        foreach (var reference in references)
        {
            foreach (var (order, theirs) in Grams(reference, characters, words).Index())
                Match(own[order], theirs, candidate.Slice(3 * order, 3));
            if (FromSums(candidate) is var score && score > best)
                (best, _) = (score, candidate.TryCopyTo(counts));
        }
    }

    internal override double FromSums(ReadOnlySpan<double> sums)
    {
        double precisions = 0, recalls = 0, scores = 0;
        var orders = 0;
        for (int order = 0; order < Orders; order++)
        {
            var (own, theirs, matches) = (sums[3 * order], sums[3 * order + 1], sums[3 * order + 2]);
            var precision = own > 0 ? matches / own : Epsilon;
            var recall = theirs > 0 ? matches / theirs : Epsilon;
            scores += precision + recall > 0 ? F(precision, recall) : Epsilon;
            if (own > 0 && theirs > 0)
                (precisions, recalls, orders) = (precisions + precision, recalls + recall, orders + 1);
        }
        if (_options.EpsilonSmoothing)
            return 100 * scores / Orders;
        return precisions + recalls > 0 ? 100 * F(precisions / orders, recalls / orders) : 0;
    }

    internal override string? Details(ReadOnlySpan<double> sums) => null;

    private double F(double precision, double recall)
    {
        double factor = _options.Beta * _options.Beta;
        return (1 + factor) * precision * recall / (factor * precision + recall);
    }

    private static void Match(Dictionary<int, int> own, Dictionary<int, int> theirs, Span<double> counts)
    {
        // n-grams of the hypothesis do not count against it where the reference is too short to have any
        counts[0] = theirs.Count > 0 ? own.Values.Sum() : 0;
        counts[1] = theirs.Values.Sum();
        counts[2] = own.Sum(gram => Math.Min(gram.Value, theirs.GetValueOrDefault(gram.Key)));
    }

    private Dictionary<int, int>[] Grams(string text, NGramNumbers<int> characters, NGramNumbers<string> words) =>
    [
        .. characters.Count(PythonText.CodePoints(text, _options.CountsWhiteSpace), _options.CharacterOrder),
        .. _options.WordOrder == 0 ? [] : words.Count(Words(text), _options.WordOrder),
    ];

    /// <summary>chrF++.py's words: one ASCII punctuation mark at the end is a word of its own, or else one at the beginning.</summary>
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        foreach (var word in PythonText.Split(text))
        {
            if (word.Length == 1 || (word.Length == 2 && char.IsSurrogatePair(word[0], word[1])))
                words.Add(word);
            else if (IsPunctuation(word[^1]))
                words.AddRange([word[..^1], word[^1..]]);
            else if (IsPunctuation(word[0]))
                words.AddRange([word[..1], word[1..]]);
            else
                words.Add(word);
        }
        return words;
    }

    /// <summary>Python's <c>string.punctuation</c>: ASCII, symbols too.</summary>
    private static bool IsPunctuation(char c) => char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c));
}
