namespace XlLoraOnnx.Training;

/// <summary>How the graph of a family is written out for training.</summary>
/// <param name="Dim">What a symbol of an input's shape stands for; null for itself.</param>
internal sealed record WritingSettings(Func<string, Dim>? Dim = null)
{
    public DropoutRates Dropout { get; init; }

    /// <summary>On what LoRA adds, alpha / r; exported adapters have it in B.</summary>
    public double LoraScale { get; init; } = 1;

    /// <summary>Of the weights of linear modules, which are no inputs then, but their parts are; null for none.</summary>
    public WeightQuantization? Quantization { get; init; }
}
