using System.Text;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>The updates of one answer, in the order of its stream.</summary>
internal sealed class ChatAnswer(string modelName)
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _created = DateTimeOffset.UtcNow;
    private readonly StringBuilder _text = new();

    public ChatResponseUpdate Piece(string text)
    {
        _text.Append(text);
        return Update([new TextContent(text)]);
    }

    public ChatResponseUpdate End(GenerationResult result) => Last(
        result.FinishReason == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop,
        result.PromptTokenCount, result.TokenCount);

    /// <summary>The row ended before its result; what it used is counted.</summary>
    public ChatResponseUpdate CutAtStopSequence(GenerationRequest request, PromptEncoder? prompts, XlLoraTokenizer? tokenizer) => Last(
        ChatFinishReason.Stop, prompts?.Encode(request).Length, tokenizer?.WithSpecialTokens(false).CountTokens(_text.ToString()));

    private ChatResponseUpdate Last(ChatFinishReason reason, int? inputTokens, int? outputTokens)
    {
        var last = Update([new UsageContent(new UsageDetails
        {
            InputTokenCount = inputTokens,
            OutputTokenCount = outputTokens,
            TotalTokenCount = inputTokens + outputTokens,
        })]);
        last.FinishReason = reason;
        return last;
    }

    private ChatResponseUpdate Update(IList<AIContent> contents) => new(ChatRole.Assistant, contents)
    {
        ResponseId = _id,
        MessageId = _id,
        CreatedAt = _created,
        ModelId = modelName,
    };
}
