using System.Globalization;

namespace XlLoraOnnx.Evaluation;

/// <summary>BLEU (Papineni et al. 2002) as sacreBLEU defines it (Post 2018), case kept.</summary>
/// <remarks>Counts of a segment: length of the hypothesis, length of the nearest reference, matches by order, n-grams by order.</remarks>
public sealed class BleuMetric : TranslationMetric
{
    private const double DefaultFloor = 0.1;
    private const double DefaultK = 1;

    private readonly BleuOptions _options;

    /// <param name="options">Null for sacreBLEU's defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public BleuMetric(BleuOptions? options = null)
    {
        _options = options ?? new BleuOptions();
        _options.Validate();
    }

    /// <inheritdoc/>
    public override string Name => "BLEU";

    internal override int Width => 2 + 2 * _options.MaxOrder;

    internal override string Settings =>
        $"case:mixed|eff:{(_options.EffectiveOrder ? "yes" : "no")}|tok:{BleuTokens.NameOf(_options.Tokenization)}|smooth:{Smoothing}";

    private string Smoothing => _options.Smoothing switch
    {
        BleuSmoothing.Exponential => "exp",
        BleuSmoothing.Floor => string.Create(CultureInfo.InvariantCulture, $"floor[{SmoothingValue:0.00}]"),
        BleuSmoothing.AddK => string.Create(CultureInfo.InvariantCulture, $"add-k[{SmoothingValue:0.00}]"),
        _ => "none",
    };

    private double SmoothingValue => _options.SmoothingValue ?? (_options.Smoothing == BleuSmoothing.Floor ? DefaultFloor : DefaultK);

    internal override void Count(string hypothesis, IReadOnlyList<string> references, Span<double> counts)
    {
        var numbers = new NGramNumbers<string>();
        var words = BleuTokens.Of(hypothesis, _options.Tokenization);
        var own = numbers.Count(words, _options.MaxOrder);
        // an n-gram may be matched as often as the one reference has it that has it most often
        var allowed = Array.ConvertAll(own, _ => new Dictionary<int, int>());
        var nearest = -1;
        foreach (var reference in references)
        {
            var theirs = BleuTokens.Of(reference, _options.Tokenization);
            foreach (var (order, grams) in numbers.Count(theirs, _options.MaxOrder).Index())
            {
                foreach (var (gram, count) in grams)
                    allowed[order][gram] = Math.Max(allowed[order].GetValueOrDefault(gram), count);
            }
            nearest = nearest < 0 ? theirs.Count : Nearer(words.Count, nearest, theirs.Count);
        }
        (counts[0], counts[1]) = (words.Count, nearest);
        for (int order = 0; order < _options.MaxOrder; order++)
        {
            counts[2 + order] = own[order].Sum(gram => Math.Min(gram.Value, allowed[order].GetValueOrDefault(gram.Key)));
            counts[2 + _options.MaxOrder + order] = own[order].Values.Sum();
        }
    }

    internal override double FromSums(ReadOnlySpan<double> sums)
    {
        Span<double> precisions = stackalloc double[_options.MaxOrder];
        var orders = Precisions(sums, precisions);
        if (orders == 0)
            return 0;
        double logs = 0;
        foreach (var precision in precisions[..orders])
        {
            if (precision == 0)
                return 0;
            logs += Math.Log(precision);
        }
        return BrevityPenalty(sums) * Math.Exp(logs / orders);
    }

    internal override string Details(ReadOnlySpan<double> sums)
    {
        var precisions = new double[_options.MaxOrder];
        Precisions(sums, precisions);
        var ratio = sums[1] > 0 ? sums[0] / sums[1] : 0;
        var percents = string.Join('/', precisions.Select(p => p.ToString("0.0", CultureInfo.InvariantCulture)));
        return string.Create(CultureInfo.InvariantCulture,
            $"{percents} (BP = {BrevityPenalty(sums):0.000} " +
            $"ratio = {ratio:0.000} hyp_len = {sums[0]:0} ref_len = {sums[1]:0})");
    }

    /// <summary>In percent. An order without n-grams ends the loop, as in sacreBLEU: those above it stay 0.</summary>
    /// <returns>Over how many orders the mean goes; 0 where nothing is matched at all.</returns>
    private int Precisions(ReadOnlySpan<double> sums, Span<double> precisions)
    {
        precisions.Clear();
        if (!sums.Slice(2, _options.MaxOrder).ContainsAnyExcept(0))
            return 0;
        var (unmatched, orders) = (1.0, _options.MaxOrder);
        for (int order = 0; order < _options.MaxOrder; order++)
        {
            var added = _options.Smoothing == BleuSmoothing.AddK && order > 0 ? SmoothingValue : 0;
            var (matches, total) = (sums[2 + order] + added, sums[2 + _options.MaxOrder + order] + added);
            if (total == 0)
                break;
            if (_options.EffectiveOrder)
                orders = order + 1;
            if (matches > 0)
                precisions[order] = 100 * matches / total;
            else if (_options.Smoothing == BleuSmoothing.Exponential)
                precisions[order] = 100 / ((unmatched *= 2) * total);
            else if (_options.Smoothing == BleuSmoothing.Floor)
                precisions[order] = 100 * SmoothingValue / total;
        }
        return orders;
    }

    private static double BrevityPenalty(ReadOnlySpan<double> sums) =>
        sums[0] >= sums[1] ? 1 : sums[0] > 0 ? Math.Exp(1 - sums[1] / sums[0]) : 0;

    /// <summary>The shorter one, where both are equally near.</summary>
    private static int Nearer(int length, int a, int b)
    {
        var (toA, toB) = (Math.Abs(length - a), Math.Abs(length - b));
        return toA == toB ? Math.Min(a, b) : toA < toB ? a : b;
    }
}
