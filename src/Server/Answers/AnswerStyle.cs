namespace XlLoraOnnx.Server;

/// <summary>Results as chats or as completions have them.</summary>
internal sealed record AnswerStyle(bool IsChat)
{
    private const string Assistant = "assistant";

    public Answer Whole(GenerationCall call, IReadOnlyList<GenerationResult> results)
    {
        var choices = results.Select((result, i) => IsChat
            ? new Choice(i, Reason(result)) { Message = new ChoiceMessage(Assistant, result.Text) }
            : new Choice(i, Reason(result)) { Text = result.Text });
        return Frame(call, IsChat ? "chat.completion" : "text_completion", [.. choices]) with { Usage = TokenUsage.Of(results) };
    }

    public AnswerStream Begin(GenerationCall call) => new(this, Frame(call, IsChat ? "chat.completion.chunk" : "text_completion", []));

    /// <summary>The first piece of a chat says who speaks; the last of either says why it ends.</summary>
    /// <param name="text">Null for the beginning and the end.</param>
    public Choice Piece(int index, string? text, GenerationResult? result) => IsChat
        ? new Choice(index, result is null ? null : Reason(result))
        {
            Delta = result is not null ? new ChoiceMessage(null, null)
                : text is null ? new ChoiceMessage(Assistant, "") : new ChoiceMessage(null, text),
        }
        : new Choice(index, result is null ? null : Reason(result)) { Text = text ?? "" };

    private Answer Frame(GenerationCall call, string kind, IReadOnlyList<Choice> choices)
    {
        var id = (IsChat ? "chatcmpl-" : "cmpl-") + Guid.NewGuid().ToString("N");
        return new Answer(id, kind, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), call.Model, choices);
    }

    private static string Reason(GenerationResult result) => result.FinishReason == FinishReason.Length ? "length" : "stop";
}

/// <summary>The pieces of an answer, in a stream.</summary>
/// <param name="frame">Around each of them.</param>
internal sealed class AnswerStream(AnswerStyle style, Answer frame)
{
    private readonly HashSet<int> _begun = [];

    public IEnumerable<Answer> Of(RowEvent happened)
    {
        if (_begun.Add(happened.Row) && style.IsChat)
            yield return With(style.Piece(happened.Row, null, null));
        if (happened.Result is null && happened.Piece.Length == 0)
            yield break;
        yield return With(style.Piece(happened.Row, happened.Result is null ? happened.Piece : null, happened.Result));
    }

    /// <summary>The last, without a choice.</summary>
    public Answer Usage(IEnumerable<GenerationResult> results) => frame with { Usage = TokenUsage.Of(results) };

    private Answer With(Choice choice) => frame with { Choices = [choice] };
}
