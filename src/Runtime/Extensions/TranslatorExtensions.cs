namespace XlLoraOnnx.Runtime;

/// <summary>Shorter ways to a translation.</summary>
public static class TranslatorExtensions
{
    /// <summary>Translates one text.</summary>
    /// <returns>The translation; empty for a text of nothing but white space.</returns>
    /// <exception cref="ArgumentException">The pair is unknown, or the text was refused: it is too long, for example.</exception>
    /// <exception cref="InvalidOperationException">The adapter was removed or the device failed in the middle of the text.</exception>
    public static async Task<string> TranslateAsync(this ITranslator translator, string text, string sourceLanguage, string targetLanguage,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(translator);
        ArgumentNullException.ThrowIfNull(text);
        var request = new TranslationRequest { RowId = 0, Text = text, SourceLanguage = sourceLanguage, TargetLanguage = targetLanguage };
        var result = await translator.TranslateAsync([request], cancellationToken).SingleAsync(cancellationToken).ConfigureAwait(false);
        return result.TextOrThrow();
    }

    /// <summary>A translator as Microsoft.Extensions.AI knows chat models: the last message of the user is translated.</summary>
    /// <inheritdoc cref="TranslatorChatClient(ITranslator, string?, string?, string?)"/>
    public static TranslatorChatClient AsChatClient(
        this ITranslator translator, string? sourceLanguage = null, string? targetLanguage = null) =>
        new(translator, sourceLanguage, targetLanguage);

    internal static string TextOrThrow(this TranslationResult result) => result.RejectionKind switch
    {
        null => result.Text,
        RejectionKind.AdapterRemoved or RejectionKind.Failed => throw new InvalidOperationException(result.Error),
        _ => throw new ArgumentException(result.Error),
    };
}
