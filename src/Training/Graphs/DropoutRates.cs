namespace XlLoraOnnx.Training;

/// <summary>Where a model in training drops out, as transformers' and PEFT's layers do; 0 for not at all.</summary>
/// <param name="Embeddings">Behind the norm of the embeddings.</param>
/// <param name="Attention">Of the shares of attention, behind the softmax.</param>
/// <param name="AttentionOutput">Behind the projection of what was attended to.</param>
/// <param name="Mlp">Behind the MLP; of ModernBERT before its last projection.</param>
/// <param name="Lora">Before A.</param>
/// <param name="Head">Before each linear layer of a classifier.</param>
internal readonly record struct DropoutRates(
    double Embeddings, double Attention, double AttentionOutput, double Mlp, double Lora = 0, double Head = 0)
{
    public static DropoutRates OfLora(double rate) => new(0, 0, 0, 0, rate);
}
