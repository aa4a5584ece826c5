namespace XlLoraOnnx.Runtime;

/// <summary>One text on its way to a vector.</summary>
/// <param name="Ids">Token ids, special tokens included.</param>
/// <param name="Text">As the caller gave it, for messages.</param>
/// <param name="Index">Of its row in the request's matrix.</param>
internal sealed record EncodedText(int[] Ids, string Text, int Index, EmbeddingRequest Request)
{
    /// <summary>Is in a batch, or was given up.</summary>
    public bool Taken { get; set; }
}
