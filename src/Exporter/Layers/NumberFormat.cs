namespace XlLoraOnnx.Exporter;

/// <param name="Activations">Of matrix products, caches and LoRA factors.</param>
/// <param name="Residual">Of the residual stream and the norms.</param>
internal sealed record NumberFormat(OnnxType Activations, OnnxType Residual);
