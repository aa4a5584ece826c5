using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>A model folder that generates text, as Microsoft.Extensions.AI knows chat models.</summary>
/// <remarks>
/// Safe for concurrent use; whether requests run together is the engine's business (<see cref="XlLoraModel.Engine"/>). The adapter is that
/// of the constructor unless <c>ChatOptions.AdditionalProperties["adapter"]</c> names another ("none" for the base model). A request
/// without <see cref="ChatOptions.Seed"/> draws with a seed of its own; one with a seed gives the same answer each time.
/// </remarks>
public sealed class XlLoraChatClient : IChatClient
{
    private readonly XlLoraModel? _model;
    private readonly bool _owns;
    private readonly ITextGenerator _generator;
    private readonly PromptEncoder? _prompts;
    private readonly ChatRequests _requests;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Loads a model folder, and owns it.</summary>
    /// <inheritdoc cref="XlLoraModel.Load"/>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    public XlLoraChatClient(string folder, XlLoraModelOptions? options = null, string? adapter = null)
        : this(XlLoraModel.Load(folder, options), adapter, owns: true)
    {
    }

    /// <summary>Serves a loaded model, which stays the caller's.</summary>
    /// <param name="model">It must live as long as this.</param>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    public XlLoraChatClient(XlLoraModel model, string? adapter = null)
        : this(model ?? throw new ArgumentNullException(nameof(model)), adapter, owns: false)
    {
    }

    /// <summary>Serves any generator, which stays the caller's.</summary>
    internal XlLoraChatClient(ITextGenerator generator, SamplingOptions sampling, string modelName, string? adapter)
    {
        _generator = generator;
        _requests = new ChatRequests(sampling, modelName, adapter);
        _metadata = new ChatClientMetadata("xllora-onnx", providerUri: null, modelName);
    }

    private XlLoraChatClient(XlLoraModel model, string? adapter, bool owns)
        : this(model.Generator, model.DefaultSampling, Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Info.Folder)), adapter)
    {
        (_model, _owns) = (model, owns);
        _prompts = new PromptEncoder(model.Folder);
    }

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
        var pieces = Channel.CreateUnbounded<string>();
        var request = _requests.Of(messages, options) with { OnText = piece => pieces.Writer.TryWrite(piece) };
        var stops = new StopSequences([.. options?.StopSequences ?? []]);
        var answer = new ChatAnswer(_metadata.DefaultModelId!);
        // Leaving the stream early must end the row too.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = RunAsync(request, pieces.Writer, stop.Token);
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (stops.Append(piece) is { Length: > 0 } text)
                    yield return answer.Piece(text);
                if (stops.Found)
                    break;
            }
            if (stops.Found)
            {
                yield return answer.CutAtStopSequence(request, _prompts, _model?.Folder.Tokenizer);
                yield break;
            }
            var result = await running.ConfigureAwait(false);
            if (stops.Finish() is { Length: > 0 } rest)
                yield return answer.Piece(rest);
            yield return answer.End(result);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // Whoever leaves early wants to hear of no failure; otherwise it was already thrown above.
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

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

    /// <returns>The result of the row, which was not rejected.</returns>
    private async Task<GenerationResult> RunAsync(
        GenerationRequest request, ChannelWriter<string> pieces, CancellationToken cancellationToken)
    {
        try
        {
            GenerationResult? result = null;
            await foreach (var row in _generator.GenerateAsync([request], cancellationToken).ConfigureAwait(false))
                result = row;
            return result switch
            {
                null => throw new InvalidOperationException("The generator gave no result for the request."),
                { FinishReason: not FinishReason.Rejected } => result,
                { RejectionKind: RejectionKind.AdapterRemoved or RejectionKind.Failed } =>
                    throw new InvalidOperationException(result.Error),
                _ => throw new ArgumentException(result.Error),
            };
        }
        finally
        {
            pieces.Complete();
        }
    }
}
