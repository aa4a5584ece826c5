namespace XlLoraOnnx.Training;

/// <summary>The linear layer and tanh of SimCSE's <c>cls</c> pooler (models.py, MLPLayer), which is trained with the encoder.</summary>
internal sealed class MlpHead : IDisposable
{
    /// <summary>Of <see cref="CounterRandom"/>: no other numbers of a run are drawn from there.</summary>
    private const ulong Stream = 1UL << 62;

    private const string WeightName = "mlp.dense.weight";
    private const string BiasName = "mlp.dense.bias";

    /// <summary>That of the checkpoint, where an earlier training left one; else drawn anew as transformers draws a linear layer: normal
    /// with <c>initializer_range</c>, and no bias.</summary>
    public MlpHead(EncoderCheckpoint checkpoint, long seed)
    {
        Size = checkpoint.Dimensions.HiddenSize;
        Weight = new Parameter("mlp.dense.MatMul.weight", [Size, Size]);
        Bias = new Parameter(BiasName, [Size]);
        if (!checkpoint.Has(WeightName) || !checkpoint.Has(BiasName))
        {
            Draw(Weight.Values, checkpoint.Config.Number("initializer_range", 0.02), (ulong)seed);
            Bias.Values.Clear();
            return;
        }
        var rows = new float[Weight.Length];
        checkpoint.Read(WeightName, [Size, Size], rows);
        TiledTransposition.Transpose(rows, Size, Size, 1, Weight.Values, Size);
        checkpoint.Read(BiasName, [Size], Bias.Values);
    }

    /// <summary>Numbers of a state.</summary>
    public int Size { get; }

    /// <summary>[in, out]</summary>
    public Parameter Weight { get; }

    /// <summary>[out]</summary>
    public Parameter Bias { get; }

    /// <returns>[out, in], as torch has it.</returns>
    public float[] TorchWeight()
    {
        var rows = new float[Weight.Length];
        TiledTransposition.Transpose(Weight.Values, Size, Size, 1, rows, Size);
        return rows;
    }

    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }

    /// <summary>Normal numbers of two uniform ones each (Box and Muller).</summary>
    private static void Draw(Span<float> values, double deviation, ulong seed)
    {
        for (var i = 0; i < values.Length; i++)
        {
            // 1 − u, whose logarithm is finite
            var radius = Math.Sqrt(-2 * Math.Log(1 - CounterRandom.Unit(seed, Stream, 2 * (ulong)i)));
            values[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * CounterRandom.Unit(seed, Stream, 2 * (ulong)i + 1)));
        }
    }
}
