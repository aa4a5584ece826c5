using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>A translator as Microsoft.Extensions.AI knows chat models: it answers the last message of the user with its
/// translation.</summary>
/// <remarks>
/// Safe for concurrent use. The languages are those of the constructor unless <c>ChatOptions.AdditionalProperties</c> has a
/// <c>source_language</c> or a <c>target_language</c>. Messages before the last one of the user, and instructions, are not looked at.
/// </remarks>
public sealed class TranslatorChatClient : IChatClient
{
    /// <summary>Property of <c>ChatOptions.AdditionalProperties</c> with the code of the language of the message.</summary>
    public const string SourceLanguageProperty = "source_language";

    /// <summary>Property of <c>ChatOptions.AdditionalProperties</c> with the code of the language of the answer.</summary>
    public const string TargetLanguageProperty = "target_language";

    private readonly ITranslator _translator;
    private readonly string? _source, _target;
    private readonly string _modelName;
    private readonly ChatClientMetadata _metadata;

    /// <param name="translator">Stays the caller's.</param>
    /// <param name="sourceLanguage">Of requests that name none; null: each must.</param>
    /// <param name="targetLanguage">Likewise.</param>
    /// <param name="modelName">What answers say that they are from; null for the name of the translator's model.</param>
    public TranslatorChatClient(
        ITranslator translator, string? sourceLanguage = null, string? targetLanguage = null, string? modelName = null)
    {
        ArgumentNullException.ThrowIfNull(translator);
        (_translator, _source, _target) = (translator, sourceLanguage, targetLanguage);
        _modelName = modelName ?? (translator as Translator)?.ModelName ?? "translator";
        _metadata = new ChatClientMetadata(XlLoraTelemetry.ProviderName, providerUri: null, _modelName);
    }

    /// <inheritdoc/>
    /// <inheritdoc cref="GetStreamingResponseAsync" path="/param|/exception"/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <param name="messages">The last one of the user is translated; it must be text.</param>
    /// <param name="options">The languages, as properties; MaxOutputTokens and Temperature 0 are heeded, anything else that would change
    /// the answer is refused.</param>
    /// <param name="cancellationToken">Ends the row.</param>
    /// <exception cref="ArgumentException">There is no message of the user, a language is not named, the pair is unknown, or the text was
    /// refused.</exception>
    /// <exception cref="NotSupportedException">Tools, sampling or another option that is not there is asked for.</exception>
    /// <exception cref="InvalidOperationException">The adapter was removed or the device failed.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Refuse(options);
        var message = messages.LastOrDefault(m => m.Role == ChatRole.User)
            ?? throw new ArgumentException("There is no message of the user to translate.", nameof(messages));
        if (message.Contents.FirstOrDefault(c => c is not TextContent) is { } other)
            throw new NotSupportedException($"The message holds {other.GetType().Name}; supported is text.");
        var request = new TranslationRequest
        {
            RowId = 0,
            Text = message.Text,
            SourceLanguage = Language(options, SourceLanguageProperty, _source),
            TargetLanguage = Language(options, TargetLanguageProperty, _target),
            MaxNewTokens = options?.MaxOutputTokens,
        };
        var result = await _translator.TranslateAsync([request], cancellationToken).SingleAsync(cancellationToken).ConfigureAwait(false);
        var answer = new ChatAnswer(_modelName);
        yield return answer.Piece(result.TextOrThrow());
        yield return answer.End(result.FinishReason, result.PromptTokenCount, result.TokenCount);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_translator) ? _translator
            : null;
    }

    /// <summary>Nothing: the translator stays the caller's.</summary>
    public void Dispose()
    {
        // nothing is owned
    }

    private static string Language(ChatOptions? options, string property, string? given)
    {
        if (options?.AdditionalProperties?.TryGetValue(property, out var value) != true)
            return given ?? throw new ArgumentException(
                $"No language is named: set AdditionalProperties[\"{property}\"], or give the client one that it uses otherwise.",
                nameof(options));
        return value as string ?? throw new ArgumentException(
            $"AdditionalProperties[\"{property}\"] is {value?.GetType().Name ?? "null"}; expected the code of a language.",
            nameof(options));
    }

    private void Refuse(ChatOptions? options)
    {
        if (options is null)
            return;
        List<string> unsupported = [];
        if (options.Tools is { Count: > 0 })
            unsupported.Add("Tools");
        if (options.ResponseFormat is not null and not ChatResponseFormatText)
            unsupported.Add("ResponseFormat");
        if (options.Temperature is not null and not 0)
            unsupported.Add("Temperature (other than 0)");
        foreach (var (name, isSet) in new[]
        {
            ("TopK", options.TopK is not null), ("TopP", options.TopP is not null and not 1),
            ("FrequencyPenalty", options.FrequencyPenalty is not null and not 0),
            ("PresencePenalty", options.PresencePenalty is not null and not 0),
            ("StopSequences", options.StopSequences is { Count: > 0 }), ("ConversationId", options.ConversationId is not null),
        })
        {
            if (isSet)
                unsupported.Add(name);
        }
        if (unsupported.Count > 0)
            throw new NotSupportedException($"'{_modelName}' translates; not supported: {string.Join(", ", unsupported)}.");
    }
}
