namespace XlLoraOnnx.Exporter;

/// <summary>One graph of an M2M100 under construction: what its encoder and its decoder have in common.</summary>
internal sealed class M2M100Graph
{
    private readonly TextWeights _weights;
    private readonly LoraLinear _linear;
    private readonly List<LoraSlot> _slots = [];
    private string? _positions;

    /// <param name="table">Module of the embeddings.</param>
    public M2M100Graph(M2M100Config config, TextWeights weights, WeightFormats formats, NumberFormat format, string role, string table)
    {
        (Config, _weights, Format, Role) = (config, weights, format, role);
        LinearWeights = new LinearWeights(Graph, weights, formats, format.Activations);
        // without a bank the mask is a one that leaves everything as it is
        var bank = GraphRoles.TakesBank(role)
            ? Graph.OptionalOnes("lora_mask", format.Activations, "batch_size", 1, "bank_rank")
            : null;
        _linear = new LoraLinear(Graph, LinearWeights, format.Activations, GraphRoles.TakesAdapters(role), _slots, bank);
        Tokens = new TokenTable(Graph, weights, formats, format.Activations, config.VocabSize, config.HiddenSize, tied: true, table);
    }

    public OnnxGraph Graph { get; } = new();

    public M2M100Config Config { get; }

    public NumberFormat Format { get; }

    public string Role { get; }

    public LinearWeights LinearWeights { get; }

    public TokenTable Tokens { get; }

    /// <summary>In graph order.</summary>
    public IReadOnlyList<LoraSlot> LoraSlots => _slots;

    /// <summary>Words, by √d_model, and their positions.</summary>
    /// <param name="node">Prefix of the nodes.</param>
    /// <param name="ids">int64 [batch, seq]</param>
    /// <param name="positions">int64 [batch, seq], rows of the table.</param>
    /// <returns>[batch, seq, hidden], of the residual stream.</returns>
    public string Embed(string node, string ids, string positions)
    {
        var words = ToResidual(node + "/embed_tokens", Tokens.Lookup(ids, node + "/embed_tokens"));
        if (Config.ScaleEmbedding)
            words = Graph.Mul(node + "/embed_scale/Mul", words, Scale(node));
        return Graph.Add(node + "/embed_positions/Add", words, Graph.Gather(node + "/embed_positions/Gather", Positions(), positions));
    }

    /// <summary>x Wᵀ and what an adapter adds, without the bias.</summary>
    public string Multiply(string node, string module, string x, int inFeatures, int outFeatures) =>
        _linear.Add(node, module, x, inFeatures, outFeatures);

    /// <summary>x Wᵀ + b, in the type of activations.</summary>
    public string Linear(string node, string module, string x, int inFeatures, int outFeatures) => Graph.Add(
        node + "/bias/Add", Multiply(node, module, x, inFeatures, outFeatures),
        Vector(module + ".bias", Format.Activations, outFeatures));

    /// <summary>Normed alone, for the first of a stack.</summary>
    public string Norm(string node, string module, string x) => Graph.LayerNorm(node + "/LayerNorm", node + "/output_0", x,
        NormVector(module, "weight"), M2M100Config.LayerNormEps, NormVector(module, "bias"));

    /// <summary>The sum of the residual stream, what a block gives and the bias of its last product; and the sum normed.</summary>
    /// <param name="node">Of the norm.</param>
    /// <param name="block">Module of the last product.</param>
    public (string Sum, string Normed) AddNorm(string node, string module, string residual, string y, string block)
    {
        var bias = Vector(block + ".bias", Format.Residual, Config.HiddenSize);
        var sum = node + "/sum/output_0";
        var normed = Graph.SkipLayerNorm(node + "/SkipLayerNorm", node + "/output_0", sum, residual, ToResidual(node + "/skip", y),
            NormVector(module, "weight"), NormVector(module, "bias"), bias, M2M100Config.LayerNormEps);
        return (sum, normed);
    }

    /// <summary>fc2(relu(fc1(x))), without the bias of fc2.</summary>
    public string Feed(string node, string module, string x, int intermediate)
    {
        x = Linear(node + "/fc1", module + ".fc1", ToActivations(node + "/fc1", x), Config.HiddenSize, intermediate);
        return Multiply(node + "/fc2", module + ".fc2", Graph.Relu(node + "/act_fn/Relu", x), intermediate, Config.HiddenSize);
    }

    /// <summary>Casts what enters a matrix product; nothing where the residual stream has its type.</summary>
    public string ToActivations(string node, string x) =>
        Format.Activations == Format.Residual ? x : Graph.Cast(node + "/input/Cast", x, Format.Activations);

    private string ToResidual(string node, string x) =>
        Format.Activations == Format.Residual ? x : Graph.Cast(node + "/residual/Cast", x, Format.Residual);

    private string Scale(string node)
    {
        var scale = Graph.Constant((float)Math.Sqrt(Config.HiddenSize));
        return Format.Residual == OnnxType.Float ? scale : Graph.Cast(node + "/embed_scale/Cast", scale, Format.Residual);
    }

    private string NormVector(string module, string part) => Vector($"{module}.{part}", Format.Residual, Config.HiddenSize);

    private string Vector(string name, OnnxType type, int size) =>
        Graph.Initializer(name, type, [size], _weights.Take(name, name, [size]).To(type, name));

    private string Positions()
    {
        const string Name = "model.embed_positions.weight";
        if (_positions is not null)
            return _positions;
        var table = new SinusoidalPositions(
            Config.MaxPositionEmbeddings + M2M100Config.PositionOffset, Config.HiddenSize, Config.PadTokenId);
        return _positions = Graph.Initializer(
            Name, Format.Residual, [table.Rows, table.Width], table.Source.To(Format.Residual, Name));
    }
}
