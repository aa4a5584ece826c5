using System.Security.Cryptography;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>Messages and options of Microsoft.Extensions.AI as requests to a generator. Thread-safe.</summary>
internal sealed class ChatRequests(SamplingOptions defaults, string modelName, string? adapter)
{
    private const string AdapterProperty = "adapter";
    private const string BaseModel = "none";
    private const int DefaultMaxOutputTokens = 256;
    private long _lastRow;

    /// <exception cref="NotSupportedException">Names everything that is asked for and is not there.</exception>
    public GenerationRequest Of(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        options ??= new ChatOptions();
        var turns = Turns(messages, options.Instructions);
        Refuse(options);
        return new GenerationRequest
        {
            RowId = Interlocked.Increment(ref _lastRow),
            // the seed alone decides: with the same one the answer is the same, whichever row it is
            RandomStream = 0,
            Messages = turns,
            Adapter = AdapterOf(options),
            Sampling = SamplingOf(options),
            MaxNewTokens = options.MaxOutputTokens ?? DefaultMaxOutputTokens,
        };
    }

    private static List<ChatTurn> Turns(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var turns = new List<ChatTurn>();
        foreach (var message in messages)
        {
            if (message.Role != ChatRole.System && message.Role != ChatRole.User && message.Role != ChatRole.Assistant)
                throw new NotSupportedException(
                    $"Message {turns.Count} has the role '{message.Role}'; supported are system, user and assistant.");
            if (message.Contents.FirstOrDefault(c => c is not TextContent and not UsageContent) is { } other)
                throw new NotSupportedException($"Message {turns.Count} holds {other.GetType().Name}; supported is text.");
            turns.Add(new ChatTurn(message.Role.Value, message.Text));
        }
        if (string.IsNullOrEmpty(instructions))
            return turns;
        // Templates that know a system message know one.
        if (turns is [{ Role: "system" } system, ..])
            turns[0] = system with { Content = $"{instructions}\n\n{system.Content}" };
        else
            turns.Insert(0, new ChatTurn("system", instructions));
        return turns;
    }

    private void Refuse(ChatOptions options)
    {
        var unsupported = new List<string>();
        if (options.Tools is { Count: > 0 } tools)
            unsupported.Add($"Tools ({string.Join(", ", tools.Select(t => t.Name))})");
        if (options.ToolMode is RequiredChatToolMode)
            unsupported.Add($"ToolMode ({options.ToolMode})");
        if (options.ResponseFormat is not null and not ChatResponseFormatText)
            unsupported.Add($"ResponseFormat ({options.ResponseFormat.GetType().Name})");
        if (options.FrequencyPenalty is not null and not 0)
            unsupported.Add("FrequencyPenalty");
        if (options.PresencePenalty is not null and not 0)
            unsupported.Add("PresencePenalty");
        if (options.ConversationId is not null)
            unsupported.Add("ConversationId");
        if (unsupported.Count > 0)
            throw new NotSupportedException($"'{modelName}' answers in plain text; not supported: {string.Join(", ", unsupported)}.");
        if (options.ModelId is { } model && model != modelName)
            throw new NotSupportedException(
                $"The model '{model}' is asked for; this is '{modelName}'. An adapter is chosen with AdditionalProperties[\"adapter\"].");
    }

    private string? AdapterOf(ChatOptions options)
    {
        if (options.AdditionalProperties?.TryGetValue(AdapterProperty, out var value) != true)
            return adapter;
        return value switch
        {
            null or BaseModel => null,
            string name => name,
            _ => throw new ArgumentException(
                $"AdditionalProperties[\"{AdapterProperty}\"] is {value.GetType().Name}; expected the name of an adapter.",
                nameof(options)),
        };
    }

    private SamplingOptions SamplingOf(ChatOptions options)
    {
        var seed = options.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        if (options.Temperature == 0)
            return defaults with { DoSample = false, Temperature = 1, Seed = seed };
        return defaults with
        {
            DoSample = defaults.DoSample || options.Temperature is not null || options.TopK is not null || options.TopP is not null,
            Temperature = options.Temperature ?? defaults.Temperature,
            TopK = options.TopK ?? defaults.TopK,
            TopP = options.TopP ?? defaults.TopP,
            Seed = seed,
        };
    }
}
