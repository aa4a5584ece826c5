using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Server;

/// <summary>How likely the tokens of one answer were, in its order, as chats or completions of OpenAI's API tell it.</summary>
internal sealed class AnswerProbabilities(XlLoraTokenizer tokenizer, bool isChat)
{
    /// <summary>What OpenAI's API says instead of −∞, which JSON has not.</summary>
    private const double Lowest = -9999;

    private const char Broken = '\uFFFD';

    private int? _last;
    private int _offset;

    /// <summary>Of the next tokens.</summary>
    public object Of(IReadOnlyList<TokenLogProbabilities> tokens) =>
        isChat ? new ChatLogprobs([.. tokens.Select(OfChat)]) : OfCompletion(tokens);

    private ChosenToken OfChat(TokenLogProbabilities token)
    {
        var chosen = Entry(token.Chosen);
        var top = token.Top.Select(Entry).ToArray();
        _last = token.Chosen.Token;
        return new ChosenToken(chosen.Token, chosen.Logprob, chosen.Bytes, top);
    }

    private CompletionLogprobs OfCompletion(IReadOnlyList<TokenLogProbabilities> tokens)
    {
        var told = new CompletionLogprobs([], [], [], []);
        foreach (var token in tokens)
        {
            var text = TextOf(token.Chosen.Token);
            told.Tokens.Add(text);
            told.TokenLogprobs.Add(Finite(token.Chosen));
            told.TextOffset.Add(_offset);
            var top = new Dictionary<string, double>();
            // the chosen one is always among them; of several that read alike the likeliest is told
            foreach (var other in token.Top.Append(token.Chosen))
                top.TryAdd(TextOf(other.Token), Finite(other));
            told.TopLogprobs.Add(top);
            _offset += ByteOf(token.Chosen.Token) is { } value ? CharactersOf(value) : text.Length;
            _last = token.Chosen.Token;
        }
        return told;
    }

    private TopToken Entry(TokenLogProbability token)
    {
        var text = TextOf(token.Token);
        int[]? bytes = ByteOf(token.Token) is { } value ? [value]
            // a part of a character of which only the tokenizer knows the bytes
            : text.Contains(Broken, StringComparison.Ordinal) ? null
            : [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];
        return new TopToken(text, Finite(token), bytes);
    }

    /// <summary>What a token adds after the one before it: some decoders drop the space of the first.</summary>
    private string TextOf(int token)
    {
        if (ByteOf(token) is not null)
            return tokenizer.IdToToken(token)!;
        var alone = Decode(token);
        if (_last is not { } last || ByteOf(last) is not null)
            return alone;
        var (before, both) = (Decode(last), Decode(last, token));
        return both.StartsWith(before, StringComparison.Ordinal) && !before.EndsWith(Broken) ? both[before.Length..] : alone;
    }

    private string Decode(params ReadOnlySpan<int> tokens) => tokenizer.Decode(tokens, skipSpecialTokens: false);

    /// <summary>Of a token <c>&lt;0xE2&gt;</c>; null for another.</summary>
    private int? ByteOf(int token) =>
        tokenizer.IdToToken(token) is ['<', '0', 'x', .. { Length: 2 } digits, '>']
        && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>UTF-16 units of the character that begins with a byte; none for a byte within one.</summary>
    private static int CharactersOf(int first) => (first & 0xC0) == 0x80 ? 0 : first >= 0xF0 ? 2 : 1;

    private static double Finite(TokenLogProbability token) => Math.Max(token.LogProbability, Lowest);
}

internal sealed record ChatLogprobs(IReadOnlyList<ChosenToken> Content)
{
    /// <summary>Always null, and always there: nothing here refuses in a channel of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public object? Refusal => null;
}

/// <param name="Bytes">Of UTF-8; null where the token has none of its own.</param>
internal sealed record ChosenToken(
    string Token,
    double Logprob,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<int>? Bytes,
    IReadOnlyList<TopToken> TopLogprobs);

/// <inheritdoc cref="ChosenToken"/>
internal sealed record TopToken(
    string Token, double Logprob, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<int>? Bytes);

/// <param name="TextOffset">Where each token begins in the text of the answer.</param>
internal sealed record CompletionLogprobs(
    IList<string> Tokens, IList<double> TokenLogprobs, IList<IReadOnlyDictionary<string, double>> TopLogprobs, IList<int> TextOffset);
