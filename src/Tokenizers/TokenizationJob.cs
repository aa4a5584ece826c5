using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Texts to ids, one at a time.</summary>
public static class TokenizationJob
{
    /// <summary>Encodes each text, in their order.</summary>
    /// <param name="tokenizer">Says whether there are special tokens. May be used elsewhere at the same time.</param>
    /// <param name="input">The texts; an empty one is a text.</param>
    /// <param name="cancellationToken">Ends it between two texts.</param>
    /// <exception cref="InvalidDataException">A text cannot be read. Those before it were given out.</exception>
    public static async IAsyncEnumerable<TokenizedText> RunAsync(
        XlLoraTokenizer tokenizer, TextInput input, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(input);
        await foreach (var text in input.Read(cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ids = tokenizer.EncodeToIds(text);
            yield return new TokenizedText(ids, [.. ids.Select(id => tokenizer.IdToToken(id)!)], tokenizer.Decode(ids));
        }
    }
}

/// <summary>A text as its tokens.</summary>
/// <param name="Ids">Ids of the vocabulary.</param>
/// <param name="Tokens">The piece of each id.</param>
/// <param name="Decoded">What the ids decode to, without special tokens.</param>
public sealed record TokenizedText(IReadOnlyList<int> Ids, IReadOnlyList<string> Tokens, string Decoded);
