using System.Text.Json.Serialization;

namespace XlLoraOnnx.Server;

/// <summary>What stands around every answer: the shapes and names are those of OpenAI's API reference.</summary>
internal sealed record Answer(string Id, string Object, long Created, string Model, IReadOnlyList<Choice> Choices)
{
    /// <summary><see cref="TokenUsage"/>; <see cref="AnswerWriter.Null"/> where it is written as null, null where it is left out.</summary>
    public object? Usage { get; init; }
}

/// <summary>One answer, or a piece of it.</summary>
/// <param name="FinishReason">Null while it goes on, and written then too.</param>
internal sealed record Choice(int Index, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason)
{
    /// <summary>Of a completion.</summary>
    public string? Text { get; init; }

    /// <summary>Of a chat.</summary>
    public ChoiceMessage? Message { get; init; }

    /// <summary>Of a chat that is streamed.</summary>
    public ChoiceMessage? Delta { get; init; }

    /// <summary>Null where nobody asks, and written then too: clients look for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public object? Logprobs { get; init; }
}

internal sealed record ChoiceMessage(string? Role, string? Content)
{
    /// <summary>Of whole messages, where it is always null: <see cref="AnswerWriter.Null"/>.</summary>
    public object? Refusal { get; init; }
}

internal sealed record TokenUsage(int PromptTokens, int CompletionTokens)
{
    public int TotalTokens => PromptTokens + CompletionTokens;

    public static TokenUsage Of(IEnumerable<GenerationResult> results) =>
        results.Aggregate(
            new TokenUsage(0, 0), (sum, r) => new(sum.PromptTokens + r.PromptTokenCount, sum.CompletionTokens + r.TokenCount));
}

internal sealed record ModelEntry(string Id, long Created)
{
    public string Object => "model";

    public string OwnedBy => XlLoraTelemetry.ProviderName;
}

internal sealed record Listing<T>(IReadOnlyList<T> Data)
{
    public string Object => "list";

    /// <summary>Of embeddings.</summary>
    public string? Model { get; init; }

    public EmbeddingUsage? Usage { get; init; }
}

/// <param name="Embedding">float[], or base64.</param>
internal sealed record EmbeddingEntry(int Index, object Embedding)
{
    public string Object => "embedding";
}

internal sealed record EmbeddingUsage(long PromptTokens, long TotalTokens);

internal sealed record ErrorAnswer(ErrorDetails Error)
{
    public static ErrorAnswer Of(RequestRefusedException e) => new(new ErrorDetails(e.Message, e.Type, e.Parameter, e.Code));
}

internal sealed record ErrorDetails(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);
