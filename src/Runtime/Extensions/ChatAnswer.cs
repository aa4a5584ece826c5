using System.Text;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>The updates of one answer, in the order of its stream.</summary>
internal sealed class ChatAnswer(string modelName)
{
    private readonly DateTimeOffset _created = DateTimeOffset.UtcNow;

    private readonly StringBuilder _text = new();

    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>What has been given out.</summary>
    public string Text => _text.ToString();

    public ChatResponseUpdate Piece(string text)
    {
        _text.Append(text);
        return Update([new TextContent(text)]);
    }

    /// <summary>The last update, with the usage.</summary>
    /// <param name="promptTokens">Null where the generator does not say; so are <paramref name="tokens"/>.</param>
    public ChatResponseUpdate End(FinishReason reason, int? promptTokens, int? tokens)
    {
        var last = Update([new UsageContent(new UsageDetails
        {
            InputTokenCount = promptTokens,
            OutputTokenCount = tokens,
            TotalTokenCount = promptTokens + tokens,
        })]);
        last.FinishReason = reason == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
        return last;
    }

    private ChatResponseUpdate Update(IList<AIContent> contents) => new(ChatRole.Assistant, contents)
    {
        ResponseId = Id,
        MessageId = Id,
        CreatedAt = _created,
        ModelId = modelName,
    };
}
