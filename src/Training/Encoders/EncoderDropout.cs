namespace XlLoraOnnx.Training;

/// <summary>Which share of the states a step drops, as config.json says it of each place.</summary>
/// <param name="Embeddings">Behind the norm of the embeddings.</param>
/// <param name="Attention">Of the shares of attention, behind the softmax.</param>
/// <param name="AttentionOutput">Behind the projection of what was attended to.</param>
/// <param name="Mlp">Behind the MLP; of ModernBERT before its last projection.</param>
internal readonly record struct EncoderDropout(double Embeddings, double Attention, double AttentionOutput, double Mlp)
{
    /// <summary>Of a family, as its manifest spells it; defaults are those of its config class in transformers.</summary>
    /// <exception cref="InvalidDataException">A share is not from 0 up to, but not including, 1.</exception>
    public static EncoderDropout Read(ConfigReader config, string family)
    {
        switch (family)
        {
            // models/modernbert/modeling_modernbert.py
            case "modernbert":
                var attention = Share(config, "attention_dropout", 0);
                return new(Share(config, "embedding_dropout", 0), attention, attention, Share(config, "mlp_dropout", 0));
            // models/distilbert/modeling_distilbert.py: nothing behind the projection of attention
            case "distilbert":
                var states = Share(config, "dropout", 0.1);
                return new(states, Share(config, "attention_dropout", 0.1), 0, states);
            // models/bert/modeling_bert.py, models/xlm_roberta/modeling_xlm_roberta.py
            default:
                var hidden = Share(config, "hidden_dropout_prob", 0.1);
                return new(hidden, Share(config, "attention_probs_dropout_prob", 0.1), hidden, hidden);
        }
    }

    /// <summary>The same share at every place that has one.</summary>
    public EncoderDropout With(double? share) => share is { } all ? new(all, all, all, all) : this;

    private static double Share(ConfigReader config, string name, double fallback) =>
        config.Number(name, fallback) is >= 0 and < 1 and var share ? share
            : throw new InvalidDataException($"{config.Describe(name)}, expected at least 0 and below 1.");
}
