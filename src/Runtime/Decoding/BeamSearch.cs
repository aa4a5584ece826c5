
namespace XlLoraOnnx.Runtime;

/// <summary>
/// The beams of one row, as transformers searches since 4.50 (generation/utils.py, _beam_search): of the 2n best continuations of n beams
/// those that end among the n best are finished, by their log-probability over a power of their length; the n best of the others run on.
/// The first new token is the code of the target language: it is forced, costs nothing and counts for the length.
/// </summary>
internal sealed class BeamSearch
{
    /// <summary>The forced token.</summary>
    private const int Forced = 1;

    private readonly BeamSearchOptions _options;
    private readonly IReadOnlyList<int> _stopTokens;
    private readonly int _limit;
    private readonly List<BeamHypothesis> _finished = [];
    private List<Beam> _running;

    /// <param name="Row">Of the slot, in which its keys and values are.</param>
    private sealed record Beam(int[] Tokens, double Score, int Row);

    private readonly record struct Candidate(int Parent, int Token, double Score);

    /// <param name="maxNewTokens">At least 1, without the forced token and the one that ends a row.</param>
    public BeamSearch(BeamSearchOptions options, IReadOnlyList<int> stopTokens, int maxNewTokens)
    {
        (_options, _stopTokens, _limit) = (options, stopTokens, maxNewTokens + Forced);
        // all rows of the slot are alike: one of them is enough
        _running = [new Beam([], 0, 0)];
    }

    /// <summary>The best first; complete once <see cref="IsDone"/>.</summary>
    public IReadOnlyList<BeamHypothesis> Finished => _finished;

    public bool IsDone { get; private set; }

    /// <summary>Tokens of each beam so far.</summary>
    public int Length => _running.Count == 0 ? 0 : _running[0].Tokens.Length;

    /// <summary>Rows to be copied to others of the slot before the next step.</summary>
    public IReadOnlyList<(int From, int To)> Copies { get; private set; } = [];

    /// <summary>The token that each row of the slot goes on with.</summary>
    /// <param name="first">For all rows before anything was chosen, and for those without a beam.</param>
    public void WriteTokens(int first, Span<int> rows)
    {
        rows.Fill(first);
        foreach (var beam in _running.Where(b => b.Tokens.Length > 0))
            rows[beam.Row] = beam.Tokens[^1];
    }

    /// <param name="logits">Of a row of the slot, [vocabulary].</param>
    /// <exception cref="InvalidDataException">They are no numbers.</exception>
    public void Advance(Logits logits)
    {
        var length = Forced + Length + 1;
        var candidates = Candidates(logits);
        var next = new List<Candidate>(_options.NumBeams);
        for (var rank = 0; rank < candidates.Count; rank++)
        {
            var candidate = candidates[rank];
            var stops = _stopTokens.Contains(candidate.Token);
            if (!stops && length < _limit)
            {
                if (next.Count < _options.NumBeams)
                    next.Add(candidate);
            }
            else if (rank < _options.NumBeams)
            {
                Finish(candidate, stops, length);
            }
        }
        Continue(next);
        IsDone = _running.Count == 0 || (_finished.Count == _options.NumBeams
            && (_options.EarlyStopping || Normalized(_running[0].Score, length) <= _finished[^1].Score));
    }

    /// <summary>Of all beams together, the best first; of equal ones the first beam's, and the first token's.</summary>
    private List<Candidate> Candidates(Logits logits)
    {
        var count = 2 * _options.NumBeams;
        var candidates = new List<Candidate>(count * _running.Count);
        Span<int> tokens = stackalloc int[count];
        for (var parent = 0; parent < _running.Count; parent++)
        {
            var row = logits(_running[parent].Row);
            var largest = tokens[..Math.Min(count, row.Length)];
            LogProbabilities.Largest(row, largest);
            var sum = LogProbabilities.LogSumExp(row);
            foreach (var token in largest)
                candidates.Add(new Candidate(parent, token, _running[parent].Score + row[token] - sum));
        }
        return [.. candidates.OrderByDescending(c => c.Score).Take(count)];
    }

    private void Finish(Candidate candidate, bool stops, int length)
    {
        var tokens = _running[candidate.Parent].Tokens;
        var hypothesis = new BeamHypothesis(stops ? tokens : [.. tokens, candidate.Token], Normalized(candidate.Score, length), stops);
        var place = _finished.FindIndex(f => f.Score < hypothesis.Score);
        _finished.Insert(place < 0 ? _finished.Count : place, hypothesis);
        if (_finished.Count > _options.NumBeams)
            _finished.RemoveAt(_options.NumBeams);
    }

    /// <summary>The first child of a beam stays in its row; the others take rows of beams that have none.</summary>
    private void Continue(List<Candidate> next)
    {
        var free = new Queue<int>(Enumerable.Range(0, _options.NumBeams).Except(next.Select(c => _running[c.Parent].Row)));
        var taken = new HashSet<int>();
        var copies = new List<(int From, int To)>();
        var running = new List<Beam>(next.Count);
        foreach (var candidate in next)
        {
            var parent = _running[candidate.Parent];
            var row = parent.Row;
            if (!taken.Add(row))
            {
                row = free.Dequeue();
                copies.Add((parent.Row, row));
            }
            running.Add(new Beam([.. parent.Tokens, candidate.Token], candidate.Score, row));
        }
        (_running, Copies) = (running, copies);
    }

    private double Normalized(double score, int length) => score / Math.Pow(length, _options.LengthPenalty);
}

/// <summary>The logits of a row.</summary>
internal delegate ReadOnlySpan<float> Logits(int row);

/// <param name="Tokens">Without the forced one and the one that ends it.</param>
/// <param name="Score">Its log-probability over its length to the power of the length penalty.</param>
/// <param name="Stopped">It ended by itself, and not for its length.</param>
internal sealed record BeamHypothesis(int[] Tokens, double Score, bool Stopped);

/// <summary>As transformers' generation_config.json names them.</summary>
/// <param name="NumBeams">At least 2.</param>
/// <param name="LengthPenalty">Power of the length by which scores are divided.</param>
/// <param name="EarlyStopping">Whether a row ends as soon as it has as many hypotheses as beams.</param>
internal sealed record BeamSearchOptions(int NumBeams, double LengthPenalty = 1, bool EarlyStopping = false);
