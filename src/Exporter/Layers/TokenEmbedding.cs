namespace XlLoraOnnx.Exporter;

/// <summary>Token ids to the residual stream.</summary>
internal static class TokenEmbedding
{
    /// <param name="scale">Multiplied after the cast to the residual stream, so that an exact scale stays one; null for none.</param>
    /// <returns>[batch, seq, hidden]</returns>
    public static string Add(DecoderGraph decoder, float? scale)
    {
        const string Node = "/model/embed_tokens";
        var embedded = decoder.ToResidual(Node, decoder.Tokens.Lookup(decoder.InputIds));
        return scale is { } factor ? decoder.Graph.Mul(Node + "/Mul", embedded, decoder.Graph.Constant(factor)) : embedded;
    }
}
