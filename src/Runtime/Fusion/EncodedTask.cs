namespace XlLoraOnnx.Runtime;

/// <summary>Token ids of a row in one language, or in both.</summary>
/// <param name="Context">Where the tokens of the context stand among the ids; empty where there is none.</param>
/// <param name="Offsets">Of the tokens of the context in it, in UTF-16 units; empty where there is none.</param>
/// <param name="IsCut">Whether the text was longer, and some of it is missing.</param>
internal sealed record EncodedTask(int[] Ids, Range Context, IReadOnlyList<TokenOffset> Offsets, bool IsCut);
