using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>What a graph reads in one run: parameters where they lie, and values of its own.</summary>
/// <param name="others">Quantised weights, or what another graph gave, where they lie; the caller's.</param>
internal sealed class StepFeed(IReadOnlyList<Parameter> parameters, IReadOnlyList<KeyValuePair<string, OrtValue>>? others = null)
    : IDisposable
{
    private readonly List<KeyValuePair<string, OrtValue>> _own = [];

    /// <summary>Values of the symbols of shapes; null before <see cref="StepSession.Prepare"/>.</summary>
    public IReadOnlyDictionary<string, long>? Symbols { get; set; }

    public IEnumerable<KeyValuePair<string, OrtValue>> Values => _own.Concat(others ?? [])
        .Concat(parameters.Select(p => KeyValuePair.Create(p.Name, p.Tensor)));

    /// <param name="value">Its owner is the feed.</param>
    public void Add(string name, OrtValue value) => _own.Add(new(name, value));

    public void Dispose() => _own.ForEach(v => v.Value.Dispose());
}

/// <summary>A graph with gradients in ONNX Runtime, and what drops out in it.</summary>
internal sealed class StepSession : IDisposable
{
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> NoGradients =
        new Dictionary<string, IReadOnlyList<GradientOutput>>();

    private readonly Dictionary<int, GraphSession> _sessions = [];
    private readonly TrainingGraph _graph;
    private readonly MatrixProducts _products;
    private readonly int _threads;
    private readonly DropoutMasks _masks;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> _gradients;
    private readonly string[] _gradientNames;

    /// <param name="gradients">Of each parameter the outputs that add up to its gradient.</param>
    /// <param name="threads">0 for as many as there are cores. Less take part where more would change the last bits.</param>
    public StepSession(
        TrainingGraph graph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> gradients, int threads, ulong seed)
    {
        (_graph, _products) = (graph, new MatrixProducts(graph));
        _threads = threads > 0 ? threads : Environment.ProcessorCount;
        _masks = new DropoutMasks(graph.Dropouts, seed);
        _gradients = gradients;
        var all = gradients.Values.SelectMany(g => g).ToArray();
        _gradientNames = [.. all.Select(g => g.Value).Concat(all.Select(g => g.Rows).OfType<string>()).Distinct()];
    }

    /// <summary>Tells a feed its shapes, and gives it what drops out.</summary>
    /// <param name="symbols">Values of the symbols of shapes.</param>
    /// <param name="part">Of the step, when it is computed in several.</param>
    public void Prepare(StepFeed feed, IReadOnlyDictionary<string, long> symbols, long step, int part)
    {
        feed.Symbols = symbols;
        foreach (var (name, value) in _masks.Make(symbols, step, part))
            feed.Add(name, value);
    }

    /// <summary>Adds the gradients of a run.</summary>
    /// <param name="wanted">An output.</param>
    /// <param name="gradients">Of the parameters.</param>
    /// <returns>The values of <paramref name="wanted"/>.</returns>
    public float[] Run(StepFeed feed, string wanted, IReadOnlyList<ParameterGradient> gradients)
    {
        string[] names = [wanted, .. _gradientNames];
        using var results = Session(feed).Run(feed.Values, names);
        var byName = names.Zip(results).ToDictionary(pair => pair.First, pair => pair.Second);
        foreach (var gradient in gradients)
        {
            foreach (var (value, rows) in _gradients[gradient.Parameter.Name])
            {
                var values = byName[value].GetTensorDataAsSpan<float>();
                if (rows is null)
                    gradient.Add(values);
                else
                    gradient.AddRows(byName[rows].GetTensorDataAsSpan<long>(), values);
            }
        }
        return byName[wanted].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>A run for two outputs and no gradients of parameters.</summary>
    public (float[] First, float[] Second) Run(StepFeed feed, string first, string second)
    {
        using var results = Session(feed).Run(feed.Values, [first, second]);
        return (results[0].GetTensorDataAsSpan<float>().ToArray(), results[1].GetTensorDataAsSpan<float>().ToArray());
    }

    /// <summary>A run for outputs that stay where they are, for another graph to read.</summary>
    /// <returns>In the order of <paramref name="outputs"/>; the caller's.</returns>
    public IDisposableReadOnlyCollection<OrtValue> RunForValues(StepFeed feed, IReadOnlyCollection<string> outputs) =>
        Session(feed).Run(feed.Values, outputs);

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
            session.Dispose();
        _masks.Dispose();
    }

    private GraphSession Session(StepFeed feed)
    {
        var symbols = feed.Symbols ?? throw new InvalidOperationException("A feed is prepared before it is run.");
        var threads = _products.Threads(symbols, _threads);
        if (!_sessions.TryGetValue(threads, out var session))
            _sessions.Add(threads, session = new GraphSession(_graph, threads));
        return session;
    }
}
