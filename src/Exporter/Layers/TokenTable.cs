namespace XlLoraOnnx.Exporter;

/// <summary>
/// The embedding [vocab, hidden], and the head that reads the same table when they are tied: stored once, whatever its format, but for
/// int8. Words are looked up in rows then, of blocks, and the head multiplies columns: it has codes of its own.
/// </summary>
/// <param name="type">Of a table that is not quantised.</param>
/// <param name="module">Of the checkpoint.</param>
internal sealed class TokenTable(
    OnnxGraph graph, TextWeights weights, WeightFormats formats, OnnxType type, int vocabSize, int hiddenSize, bool tied,
    string module = "model.embed_tokens")
{
    private readonly string _embedding = module + ".weight";

    private QuantizedWeight? _blocks;
    private bool _isAdded;

    /// <param name="prefix">Of the node.</param>
    /// <returns>[batch, seq, hidden]</returns>
    public string Lookup(string inputIds, string prefix = "/model/embed_tokens")
    {
        var node = prefix + "/Gather";
        switch (Format)
        {
            case ExportPrecision.Int8 or ExportPrecision.Int8W or ExportPrecision.Int4:
                _blocks ??= AddBlocks(formats.Blocks(Format));
                return graph.GatherBlockQuantized($"{node}_Q{_blocks.Value.Bits}", inputIds, _blocks.Value);
            case ExportPrecision.Nf4:
                throw new NotSupportedException(
                    "The embedding cannot be stored as nf4: no operator looks words up in it. Name the modules without it, as in "
                    + "'layers.*=nf4', or choose int4, int8w or a floating-point format for 'embed_tokens'.");
            default:
                Add();
                return graph.Gather(node, _embedding, inputIds);
        }
    }

    /// <summary>After <see cref="Lookup"/>.</summary>
    /// <param name="row">[batch, 1, hidden], or of some tokens, and perhaps of none, [n, hidden].</param>
    /// <param name="lastAxis">Of the row; counted from the first where it may be empty.</param>
    /// <returns>[batch, 1, vocab], or [n, vocab]</returns>
    public string Logits(LinearWeights linear, string row, string output, long lastAxis = -1)
    {
        if (!tied)
            return linear.Multiply("/lm_head", WeightFormats.Head, row, hiddenSize, vocabSize, output, lastAxis);
        weights.Drop("lm_head.weight", "tied: the embedding serves as the head (tie_word_embeddings)");
        if (Format == ExportPrecision.Int8)
            return linear.MultiplyIntegers("/lm_head", module, row, hiddenSize, vocabSize, output, lastAxis);
        if (_blocks is not { } table)
            return graph.MatMulTransposedB("/lm_head/MatMul", output, row, _embedding);
        var blockBytes = table.BlockSize * table.Bits / 8;
        var codes = graph.Alias(
            $"lm_head.MatMul.weight_Q{table.Bits}", table.Codes, vocabSize, hiddenSize / table.BlockSize, blockBytes);
        return graph.MatMulNBits($"/lm_head/MatMul_Q{table.Bits}", output, row, table with { Codes = codes }, formats.AccuracyLevel);
    }

    private ExportPrecision Format =>
        tied ? formats.Table(WeightFormats.Embedding, WeightFormats.Head) : formats.Table(WeightFormats.Embedding);

    private void Add()
    {
        long[] table = [vocabSize, hiddenSize];
        if (!_isAdded)
            graph.Initializer(_embedding, type, table, weights.Take(_embedding, _embedding, table).To(type, _embedding));
        _isAdded = true;
    }

    private QuantizedWeight AddBlocks(BlockQuantizer quantizer)
    {
        if (hiddenSize % quantizer.BlockSize != 0)
            throw new NotSupportedException(
                $"The embedding has rows of {hiddenSize}, no multiple of the block size {quantizer.BlockSize}. Choose a smaller "
                + "block size, or keep it: embed_tokens=fp32.");
        return LinearWeights.AddBlocks(graph, weights, quantizer, module, _embedding, vocabSize, hiddenSize, flat: true);
    }
}
