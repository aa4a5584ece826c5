namespace XlLoraOnnx.Training;

/// <summary>The linear layer and tanh of SimCSE's <c>cls</c> pooler (models.py, MLPLayer), which is trained with the encoder.</summary>
internal sealed class MlpHead : IDisposable
{
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
            InitialValues.Normal(Weight.Values, checkpoint.Config.Number("initializer_range", 0.02), seed, InitialValues.Stream);
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
}
