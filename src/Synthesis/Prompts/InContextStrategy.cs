using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>In-context learning: the prompt shows k triplets before the anchor. For models without adapters.</summary>
public sealed class InContextStrategy : ISynthesisStrategy
{
    private readonly IReadOnlyList<InContextExample> _examples;
    private readonly Dictionary<SynthesisSide, InContextExample[]> _bySide;
    private readonly int _count;
    private readonly bool _drawn;
    private readonly Dictionary<SynthesisSide, (PromptTemplate Prompt, PromptTemplate Example)> _templates;

    /// <param name="examples">To choose from.</param>
    /// <param name="count">k: how many a prompt shows.</param>
    /// <param name="drawn">Whether each row draws its own from its random numbers; otherwise all rows see the first ones.</param>
    /// <param name="promptSet">One of <see cref="PromptSets"/>.</param>
    /// <exception cref="ArgumentException">There are fewer examples than asked for, one is blank, or there is no such prompt.</exception>
    public InContextStrategy(
        IReadOnlyList<InContextExample> examples, int count, bool drawn = false, string promptSet = "in-context-v1")
    {
        ArgumentNullException.ThrowIfNull(examples);
        Name = promptSet;
        (_examples, _count, _drawn) = (examples, count, drawn);
        _templates = TripletColumns.Sides.ToDictionary(
            s => s, s => (PromptTemplate.InContext(promptSet, s), PromptTemplate.Example(promptSet, s)));
        if (count < 1 || count > examples.Count)
            throw new ArgumentException(
                $"{count} examples are to be shown, but there are {examples.Count}; ask for 1 to {examples.Count}.");
        for (var i = 0; i < examples.Count; i++)
        {
            var (anchor, positive, negative) = examples[i];
            if (string.IsNullOrWhiteSpace(anchor) || (string.IsNullOrWhiteSpace(positive) && string.IsNullOrWhiteSpace(negative)))
                throw new ArgumentException($"Example {i} has a blank sentence; each needs sent0 and sent1 or hard_neg.");
        }
        _bySide = TripletColumns.Sides
            .ToDictionary(s => s, s => examples.Where(e => !string.IsNullOrWhiteSpace(Answer(e, s))).ToArray());
        foreach (var (side, of) in _bySide)
        {
            if (of.Length > 0 && of.Length < count)
                throw new ArgumentException($"{count} examples are to be shown, but only {of.Length} have a {TripletColumns.Of(side)}.");
        }
    }

    /// <summary>Names of the prompts there are.</summary>
    public static IReadOnlyList<string> PromptSets => PromptTemplate.InContextSets;

    /// <summary>Reads examples from CSV, TSV, JSON lines or a JSON list with <c>sent0</c>, <c>sent1</c> and <c>hard_neg</c>; of the last
    /// two one may be missing. Triplets of an earlier run will do.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is malformed, or has no <c>sent0</c>.</exception>
    public static async Task<IReadOnlyList<InContextExample>> ReadExamplesAsync(string path, CancellationToken cancellationToken = default)
    {
        var examples = new List<InContextExample>();
        await foreach (var texts in TextRecords.ReadAsync(path, ["sent0", "sent1", "hard_neg"], cancellationToken).ConfigureAwait(false))
            examples.Add(new InContextExample(texts[0]!, texts[1], texts[2]));
        return examples;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>To choose from.</summary>
    internal IReadOnlyList<InContextExample> Examples => _examples;

    /// <summary>How many a prompt shows.</summary>
    internal int Count => _count;

    /// <summary>Whether each row draws its own.</summary>
    internal bool IsDrawn => _drawn;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Templates => new Dictionary<string, string>(_templates.SelectMany(t => new[]
    {
        KeyValuePair.Create($"{Name}.{Word(t.Key)}.txt", t.Value.Prompt.Text),
        KeyValuePair.Create($"{Name}.{Word(t.Key)}.example.txt", t.Value.Example.Text),
    }));

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["examples"] = _count.ToString(CultureInfo.InvariantCulture),
        ["examples.choice"] = _drawn ? "drawn" : "fixed",
        ["examples.sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', _examples)))),
    };

    /// <inheritdoc/>
    public string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random)
    {
        var (prompt, shown) = _templates[side];
        var of = _bySide[side];
        // one more than is shown: the anchor itself would show its own answer
        var examples = Places(of.Length, random).Select(i => of[i]).Where(e => e.Sent0 != anchor).Take(_count);
        var text = string.Concat(examples.Select(e => shown.Fill(language, e.Sent0, answer: Answer(e, side)!)));
        return prompt.Fill(language, anchor, text);
    }

    private IEnumerable<int> Places(int among, PromptRandom random)
    {
        var count = Math.Min(_count + 1, among);
        if (!_drawn)
            return Enumerable.Range(0, count);
        // Fisher and Yates, as far as it is needed, over places that are remembered only when they have moved
        var moved = new Dictionary<int, int>();
        var places = new int[count];
        for (var i = 0; i < count; i++)
        {
            var j = i + random.Next(i, among - i);
            places[i] = moved.GetValueOrDefault(j, j);
            moved[j] = moved.GetValueOrDefault(i, i);
        }
        return places;
    }

    private static string? Answer(InContextExample example, SynthesisSide side) =>
        side == SynthesisSide.Positive ? example.Sent1 : example.HardNeg;

    private static string Word(SynthesisSide side) => side == SynthesisSide.Positive ? "positive" : "negative";
}
