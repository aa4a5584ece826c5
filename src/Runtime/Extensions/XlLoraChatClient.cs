using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>A model folder that generates text, as Microsoft.Extensions.AI knows chat models.</summary>
/// <remarks>
/// Safe for concurrent use; whether requests run together is the engine's business (<see cref="XlLoraModel.Engine"/>). The adapter is that
/// of the constructor unless <c>ChatOptions.AdditionalProperties["adapter"]</c> names another ("none" for the base model). A request
/// without <see cref="ChatOptions.Seed"/> draws with a seed of its own; one with a seed gives the same answer each time. Answers and
/// streams end with their usage: tokens of the prompt, template included, and tokens that were generated, those of a stop sequence too.
/// </remarks>
public sealed class XlLoraChatClient : IChatClient, IAsyncDisposable
{
    private readonly XlLoraModel? _model;
    private readonly bool _owns;
    private readonly ITextGenerator _generator;
    private readonly TracedModel _traced;
    private readonly ChatRequests _requests;
    private readonly ChatClientMetadata _metadata;
    private bool _callerMeasures;

    /// <summary>Loads a model folder, and owns it.</summary>
    /// <inheritdoc cref="XlLoraModel.Load"/>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    public XlLoraChatClient(string folder, XlLoraModelOptions? options = null, string? adapter = null)
        : this(XlLoraModel.Load(folder, options), adapter, owns: true)
    {
    }

    /// <summary>Serves a loaded model; the caller keeps ownership.</summary>
    /// <param name="model">It must live as long as this.</param>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    public XlLoraChatClient(XlLoraModel model, string? adapter = null)
        : this(model ?? throw new ArgumentNullException(nameof(model)), adapter, owns: false)
    {
    }

    /// <summary>Serves any generator; the caller keeps ownership.</summary>
    internal XlLoraChatClient(ITextGenerator generator, TracedModel traced, string? adapter)
    {
        (_generator, _traced) = (generator, traced);
        _requests = new ChatRequests(traced.Sampling, traced.Name, adapter);
        _metadata = new ChatClientMetadata(XlLoraTelemetry.ProviderName, providerUri: null, traced.Name);
    }

    private XlLoraChatClient(XlLoraModel model, string? adapter, bool owns)
        : this(model.Generator, model.Traced, adapter) => (_model, _owns) = (model, owns);

    /// <inheritdoc/>
    /// <inheritdoc cref="GetStreamingResponseAsync" path="/param|/exception"/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <param name="messages">Texts of the roles system, user and assistant.</param>
    /// <param name="options">Temperature (0: always the likeliest token), TopK, TopP, Seed, MaxOutputTokens (256 if it says nothing),
    /// StopSequences, Instructions and the adapter; what is not in the options is as generation_config.json has it.</param>
    /// <param name="cancellationToken">Ends the row; leaving the stream does as well.</param>
    /// <exception cref="ArgumentException">The prompt was refused: it is too long, holds special tokens, or the chat template refuses
    /// it; or an option is out of range, or there is no such adapter.</exception>
    /// <exception cref="NotSupportedException">Tools, a response format or another option that is not there is asked for.</exception>
    /// <exception cref="InvalidOperationException">The adapter was removed or the device failed in the middle of the answer.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var request = _requests.Of(messages, options);
        string[] stopSequences = [.. options?.StopSequences ?? []];
        var stops = new StopSequences(stopSequences);
        var answer = new ChatAnswer(_traced.Name);
        await using var row = new ChatRow(_generator, request, _traced, _callerMeasures, cancellationToken);
        row.Trace?.Describe(answer.Id, stopSequences, options?.Seed);
        await foreach (var piece in row.Pieces.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (stops.Append(piece.Text) is { Length: > 0 } text)
                yield return answer.Piece(text);
            if (!stops.Found)
                continue;
            row.Trace?.End(FinishReason.Stop, row.PromptTokens, piece.Tokens, answer.Text);
            yield return answer.End(FinishReason.Stop, row.PromptTokens, piece.Tokens);
            yield break;
        }
        var result = await row.Result.ConfigureAwait(false);
        if (stops.Finish() is { Length: > 0 } rest)
            yield return answer.Piece(rest);
        yield return answer.End(result.FinishReason, result.PromptTokenCount, result.TokenCount);
    }

    /// <summary>A pipeline around this client, which counts nothing that <c>UseOpenTelemetry()</c> counts.</summary>
    /// <remarks>Its <c>Build</c> makes a client that owns this one.</remarks>
    public ChatClientBuilder AsBuilder() => Pipeline(_ => this);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_model) ? _model
            : serviceType.IsInstanceOfType(_generator) ? _generator
            : null;
    }

    /// <summary>Disposes of the model if it was loaded here.</summary>
    public void Dispose()
    {
        if (_owns)
            _model!.Dispose();
    }

    /// <summary>Disposes of the model if it was loaded here, without holding up the caller while rows run.</summary>
    public ValueTask DisposeAsync() => _owns ? _model!.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>What is used first is outermost, so that it sees what else has been used.</summary>
    internal static ChatClientBuilder Pipeline(Func<IServiceProvider, IChatClient> client) => new ChatClientBuilder(client).Use(whole =>
    {
        if (whole.GetService<OpenTelemetryChatClient>() is not null && whole.GetService<XlLoraChatClient>() is { } inner)
            inner._callerMeasures = true;
        return whole;
    });
}
