namespace XlLoraOnnx.Training;

/// <summary>How an encoder that is trained makes one vector of a text: SimCSE's poolers (arXiv 2104.08821), under their names.</summary>
public enum EncoderPooler
{
    /// <summary><c>avg_first_last</c>: the mean over the tokens of the first and the last layer's output; XL-LoRA's choice.</summary>
    AvgFirstLast,

    /// <summary><c>cls</c>: the last hidden state of the first token, then a linear layer and tanh, which are trained too.</summary>
    Cls,

    /// <summary><c>cls_before_pooler</c>: the last hidden state of the first token.</summary>
    ClsBeforePooler,

    /// <summary><c>avg</c>: the mean over the tokens of the last hidden state.</summary>
    Avg,

    /// <summary><c>avg_top2</c>: the mean over the tokens of the last two layers' outputs.</summary>
    AvgTop2,
}

internal static class EncoderPoolers
{
    private static readonly (EncoderPooler Pooler, string Name, EmbeddingPooling Pooling, string Output)[] All =
    [
        (EncoderPooler.AvgFirstLast, "avg_first_last", EmbeddingPooling.AvgFirstLast, "pool.avg_first_last"),
        (EncoderPooler.Cls, "cls", EmbeddingPooling.Cls, "pool.cls"),
        (EncoderPooler.ClsBeforePooler, "cls_before_pooler", EmbeddingPooling.Cls, "pool.cls"),
        (EncoderPooler.Avg, "avg", EmbeddingPooling.Mean, "pool.avg"),
        (EncoderPooler.AvgTop2, "avg_top2", EmbeddingPooling.AvgTop2, "pool.avg_top2"),
    ];

    /// <summary>SimCSE's <c>pooler_type</c>.</summary>
    public static string Name(this EncoderPooler pooler) => All.Single(p => p.Pooler == pooler).Name;

    /// <summary>As a model folder pools, the linear layer of <see cref="EncoderPooler.Cls"/> not counted.</summary>
    public static EmbeddingPooling Pooling(this EncoderPooler pooler) => All.Single(p => p.Pooler == pooler).Pooling;

    /// <summary>Output of the graph of role <see cref="GraphRoles.Hidden"/>.</summary>
    public static string Output(this EncoderPooler pooler) => All.Single(p => p.Pooler == pooler).Output;

    /// <summary>Whether states of more than one layer are averaged.</summary>
    public static bool AveragesLayers(this EncoderPooler pooler) => pooler is EncoderPooler.AvgFirstLast or EncoderPooler.AvgTop2;
}
