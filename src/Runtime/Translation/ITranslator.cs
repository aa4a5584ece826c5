namespace XlLoraOnnx.Runtime;

/// <summary>Texts from one language to another; a request names its languages, and not the adapter that translates them.</summary>
/// <remarks>Safe for concurrent use, as far as what generates is.</remarks>
public interface ITranslator
{
    /// <summary>What is translated, and how.</summary>
    TranslationPairs Pairs { get; }

    /// <summary>Translates all requests, whatever their pairs, together; one result for each, as rows finish, in any order.</summary>
    /// <remarks>A bad row, such as a text longer than the model, is a rejected result and not an exception.</remarks>
    /// <exception cref="ArgumentException">A pair is unknown (the message lists those there are, the nearest first); an adapter is not
    /// there; or a row id occurs twice. Nothing has run.</exception>
    IAsyncEnumerable<TranslationResult> TranslateAsync(
        IEnumerable<TranslationRequest> requests, CancellationToken cancellationToken = default);
}
