namespace XlLoraOnnx.Training;

/// <summary>AdamW (Loshchilov and Hutter: Decoupled Weight Decay Regularization, ICLR 2019) as torch and transformers run it.</summary>
/// <remarks>
/// Sources: <c>_single_tensor_adamw</c> of torch/optim/adamw.py, whose order of float32 operations this is, and <c>create_optimizer</c> of
/// transformers/trainer.py. Every element is computed by itself, so that the bits do not depend on the number of threads.
/// </remarks>
internal sealed class AdamW : IDisposable
{
    private const int ChunkElements = 1 << 16;

    private readonly TrainingOptions _options;
    private readonly ParallelOptions _threads;
    private readonly Chunk[] _chunks;
    private readonly float[] _noGradient;

    /// <param name="parameters">That are trained; the caller's.</param>
    public AdamW(IReadOnlyList<Parameter> parameters, TrainingOptions options)
    {
        (_options, _threads) = (options, new ParallelOptions { MaxDegreeOfParallelism = options.ThreadCount });
        Moments = [.. parameters.Select(p => new AdamMoments(p))];
        _chunks = [.. Moments.SelectMany(Chunks)];
        _noGradient = new float[parameters.Where(p => p.IsTable).Select(p => p.Width).DefaultIfEmpty(0).Max()];
    }

    /// <summary>In the order of the parameters.</summary>
    public IReadOnlyList<AdamMoments> Moments { get; }

    /// <summary>Changes the parameters by one step.</summary>
    /// <param name="gradients">In the order of the parameters. One without a gradient stays as it is, as in torch; a table always has one,
    /// whose other rows are zero.</param>
    /// <param name="scale">Of the gradients: what clipping says.</param>
    public void Step(IReadOnlyList<ParameterGradient> gradients, double learningRate, float scale = 1)
    {
        var updates = new AdamUpdate?[Moments.Count];
        for (var i = 0; i < updates.Length; i++)
        {
            Check(Moments[i], gradients[i]);
            if (Moments[i].Begin(gradients[i]))
                updates[i] = Update(Moments[i], learningRate, scale);
        }

        Parallel.For(0, _chunks.Length, _threads, index =>
        {
            var chunk = _chunks[index];
            if (updates[chunk.Parameter] is not { } update)
                return;
            if (chunk.Moments.Parameter.IsTable)
                ApplyToRows(update, chunk, gradients[chunk.Parameter].Rows);
            else
                chunk.Moments.Apply(update, chunk.Start, gradients[chunk.Parameter].Dense.Slice(chunk.Start, chunk.Count));
        });
    }

    /// <summary>Whether weight decay concerns a parameter: neither biases nor weights of norms.</summary>
    /// <remarks>The patterns of <c>get_decay_parameter_names</c> of transformers/trainer.py: bias, layernorm, rmsnorm,
    /// (?:^|\.)norm(?:$|\.), _norm(?:$|\.).</remarks>
    public static bool Decays(string name)
    {
        var lower = name.ToLowerInvariant();
        return !lower.Contains("bias", StringComparison.Ordinal) && !lower.Contains("layernorm", StringComparison.Ordinal)
            && !lower.Contains("rmsnorm", StringComparison.Ordinal)
            && !lower.Split('.').Any(part => part == "norm" || part.EndsWith("_norm", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        foreach (var moments in Moments)
            moments.Dispose();
    }

    private static IEnumerable<Chunk> Chunks(AdamMoments moments, int index)
    {
        var width = moments.Parameter.IsTable ? moments.Parameter.Width : 1;
        var (count, step) = (moments.Parameter.Length / Math.Max(1, width), Math.Max(1, ChunkElements / Math.Max(1, width)));
        for (var start = 0; start < count; start += step)
            yield return new Chunk(index, moments, start, Math.Min(step, count - start));
    }

    private static void Check(AdamMoments moments, ParameterGradient gradient)
    {
        if (gradient.Parameter != moments.Parameter)
            throw new ArgumentException(
                $"The gradient of '{gradient.Parameter.Name}' stands where that of '{moments.Parameter.Name}' is expected.");
        if (moments.Parameter.IsTable ? gradient.Dense.Length > 0 : gradient.Rows.Count > 0)
            throw new ArgumentException($"'{moments.Parameter.Name}' is {(moments.Parameter.IsTable ? "a table" : "no table")} and got "
                + $"{(moments.Parameter.IsTable ? "a gradient of all elements" : "gradients of rows")}.");
    }

    private AdamUpdate Update(AdamMoments moments, double learningRate, float scale)
    {
        var decay = Decays(moments.Parameter.Name) ? learningRate * _options.WeightDecay : 0;
        return new AdamUpdate
        {
            Scale = scale,
            Keep = (float)(1 - decay),
            FirstWeight = (float)(1 - _options.AdamBeta1),
            SecondKeep = (float)_options.AdamBeta2,
            SecondWeight = (float)(1 - _options.AdamBeta2),
            SecondCorrection = (float)Math.Sqrt(1 - Math.Pow(_options.AdamBeta2, moments.Steps)),
            Epsilon = (float)_options.AdamEpsilon,
            NegativeStepSize = (float)-(learningRate / (1 - Math.Pow(_options.AdamBeta1, moments.Steps))),
        };
    }

    private void ApplyToRows(AdamUpdate update, Chunk chunk, IReadOnlyDictionary<int, float[]> rows)
    {
        var (moments, width) = (chunk.Moments, chunk.Moments.Parameter.Width);
        for (var row = chunk.Start; row < chunk.Start + chunk.Count; row++)
        {
            // a row that had no gradient yet has moments of zero, which leave it where it is but for the decay
            if (moments.IsTouched(row))
                moments.Apply(update, row * width, rows.TryGetValue(row, out var values) ? values : _noGradient.AsSpan(0, width));
            else if (update.Keep != 1)
                update.Decay(moments.Parameter.Values.Slice(row * width, width));
        }
    }

    /// <param name="Start">An element; of a table, a row.</param>
    private readonly record struct Chunk(int Parameter, AdamMoments Moments, int Start, int Count);
}
