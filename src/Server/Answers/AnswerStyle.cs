namespace XlLoraOnnx.Server;

/// <summary>Results as chats or as completions have them.</summary>
internal sealed record AnswerStyle(bool IsChat)
{
    private const string Assistant = "assistant";

    public Answer Whole(GenerationCall call, IReadOnlyList<GenerationResult> results)
    {
        var choices = results.Select((result, i) => IsChat
            ? new Choice(i, Reason(result))
            {
                Message = new ChoiceMessage(Assistant, result.Text) { Refusal = AnswerWriter.Null },
                Logprobs = Logprobs(call, result),
            }
            : new Choice(i, Reason(result)) { Text = result.Text, Logprobs = Logprobs(call, result) });
        return Frame(call, IsChat ? "chat.completion" : "text_completion", [.. choices]) with { Usage = TokenUsage.Of(results) };
    }

    public AnswerStream Begin(GenerationCall call) =>
        new(this, call, Frame(call, IsChat ? "chat.completion.chunk" : "text_completion", []) with
        {
            // all chunks have the field where the last one has it
            Usage = call.HasUsage ? AnswerWriter.Null : null,
        });

    /// <summary>The first piece of a chat says who speaks; the last of either says why it ends.</summary>
    /// <param name="text">Null for the beginning and the end.</param>
    public Choice Piece(int index, string? text, GenerationResult? result) => IsChat
        ? new Choice(index, result is null ? null : Reason(result))
        {
            Delta = result is not null ? new ChoiceMessage(null, null)
                : text is null ? new ChoiceMessage(Assistant, "") : new ChoiceMessage(null, text),
        }
        : new Choice(index, result is null ? null : Reason(result)) { Text = text ?? "" };

    /// <returns>Null where they are not asked for.</returns>
    public AnswerProbabilities? Probabilities(GenerationCall call) =>
        call.Rows[0].LogProbabilities is null ? null : new AnswerProbabilities(call.Generator.Tokenizer!, IsChat);

    private object? Logprobs(GenerationCall call, GenerationResult result) =>
        Probabilities(call)?.Of(result.LogProbabilities ?? []);

    private Answer Frame(GenerationCall call, string kind, IReadOnlyList<Choice> choices)
    {
        var id = (IsChat ? "chatcmpl-" : "cmpl-") + Guid.NewGuid().ToString("N");
        return new Answer(id, kind, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), call.Model, choices);
    }

    private static string Reason(GenerationResult result) => result.FinishReason == FinishReason.Length ? "length" : "stop";
}

/// <summary>The pieces of an answer, in a stream.</summary>
/// <param name="frame">Around each of them.</param>
internal sealed class AnswerStream(AnswerStyle style, GenerationCall call, Answer frame)
{
    private readonly HashSet<int> _begun = [];
    private readonly AnswerProbabilities?[] _probabilities = [.. call.Rows.Select(_ => style.Probabilities(call))];

    public IEnumerable<Answer> Of(RowEvent happened)
    {
        if (_begun.Add(happened.Row) && style.IsChat)
            yield return With(style.Piece(happened.Row, null, null));
        // what the last tokens were comes with a piece too, if an empty one: the end has none
        if (happened.Piece.Length > 0 || happened.Told.Count > 0)
            yield return With(style.Piece(happened.Row, happened.Piece, null) with
            {
                Logprobs = happened.Told.Count > 0 ? _probabilities[happened.Row]?.Of(happened.Told) : null,
            });
        if (happened.Result is not null)
            yield return With(style.Piece(happened.Row, null, happened.Result));
    }

    /// <summary>The last, without a choice.</summary>
    public Answer Usage(IEnumerable<GenerationResult> results) => frame with { Usage = TokenUsage.Of(results) };

    private Answer With(Choice choice) => frame with { Choices = [choice] };
}
