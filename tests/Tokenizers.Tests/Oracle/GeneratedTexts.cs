using System.Text;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>
/// Texts made of what tokenizers disagree about, the same for a seed on every machine. No halves of surrogate pairs: the binding of the
/// reference refuses them ("Invalid UTF-16 text string"), and what we make of them is tested elsewhere.
/// </summary>
internal sealed class GeneratedTexts
{
    private static readonly (int First, int Last)[] Scripts =
    [
        ('a', 'z'), ('A', 'Z'), (0xC0, 0x17F), (0x180, 0x24F), (0x250, 0x2AF), (0x370, 0x3FF), (0x400, 0x52F),
        (0x531, 0x586), (0x5D0, 0x5EA), (0x620, 0x64A), (0x904, 0x939), (0x985, 0x9B9), (0xE01, 0xE30),
        (0x10D0, 0x10FA), (0x1200, 0x1248), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x3041, 0x3096), (0x30A1, 0x30FA),
        (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1100, 0x1175), (0x10400, 0x1044F), (0x20000, 0x2A6D6),
    ];

    private static readonly (int First, int Last)[] Marks =
    [
        (0x300, 0x36F), (0x591, 0x5BD), (0x610, 0x61A), (0x64B, 0x65F), (0x93A, 0x94F), (0xE31, 0xE4E),
        (0x1AB0, 0x1ABD), (0x20D0, 0x20F0), (0x302A, 0x302F),
    ];

    private static readonly string[] Digits =
    [
        "0", "1", "7", "42", "1984", "3.14", "1,000,000", "٣", "४", "１２", "²", "½", "Ⅷ", "①", "𝟗", "〇", "৪", "1e-9",
        "0x1F", "1st",
    ];

    private static readonly string[] Spaces =
    [
        " ", " ", " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", " \n", "\n ", "\t\t ", "\v", "\f", "\u0085",
        "\u00A0", "\u1680", "\u2003", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000",
        "        ", "\n\n\n\n", " \u00A0 ",
    ];

    private static readonly string[] Symbols =
    [
        ".", ",", "!", "?", "...", "…", "'", "\"", "’", "“", "”", "«", "»", "-", "–", "—", "_", "__", "(", ")", "[",
        "]", "{", "}", "<", ">", "/", "\\", "|", "@", "#", "##", "$", "€", "%", "^", "&", "*", "+", "=", "~", "`",
        "§", "°", "©", "™", "→", "∑", "≠", "¿", "।", "。", "、", "・", "؟", "،", "״", "𝄞", "'s", "'re", "'LL", "'ſ",
        "'T", "don't", "I'M", "▁", "▁▁", "Ġ", "Ċ", "<0x0A>", "<0x41>", "http://a.b/c?d=e&f", "a@b.cd", "C++", "a_b",
    ];

    private static readonly string[] Emoji =
    [
        "😀", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "🇰🇪🇹", "1️⃣", "❤️", "❤", "☺︎", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🤷🏿‍♀️", "🧑‍💻", "😀😀", "🫠",
    ];

    private static readonly string[] Odd =
    [
        "\0", "\u0001", "\u001F", "\u007F", "\u0080", "\u009F", "\u00AD", "\u034F", "\u061C", "\u180E", "\u200B",
        "\u200C", "\u200D", "\u200E", "\u202A", "\u2060", "\u2066", "\uFEFF", "\uFFF9", "\uFFFC", "\uFFFD", "\uFFFF",
        "\uE000", "\uF8FF", "\U000F0000", "\U000E0041", "\U0001FFFE", "\U0010FFFF", "ﬁ", "ﬃ", "ﷺ", "㍿", "ℌ", "Å",
        "ｆｕｌｌ", "ｶﾞ", "ⓐ", "ǅ", "İ", "ı", "ẞ", "ß", "ΐ", "ﬀ", "ͅ", "각", "가\u11A8", "\u0958", "\u2126", "㏒", "ά",
    ];

    private readonly IReadOnlyList<string> _tokens;
    private readonly IReadOnlyList<string> _pieces;
    private ulong _state;

    public GeneratedTexts(XlLoraTokenizer tokenizer, int seed)
    {
        _tokens = [.. tokenizer.SpecialTokens.Keys.Order(StringComparer.Ordinal)];
        _pieces = [.. Enumerable.Range(0, tokenizer.VocabSize).Select(tokenizer.IdToToken).OfType<string>()];
        _state = (ulong)seed;
    }

    public string Next()
    {
        var text = new StringBuilder();
        for (var parts = Below(12) + (Below(20) == 0 ? 60 : 0); parts >= 0; parts--)
        {
            text.Append(Part());
            if (Below(3) > 0)
                text.Append(Pick(Spaces));
        }
        return text.ToString();
    }

    private string Part() => Below(16) switch
    {
        < 5 => Word(Below(9) + 1),
        5 => Marked(),
        6 => Pick(Digits),
        7 => Pick(Symbols),
        8 => Pick(Emoji),
        9 => Pick(Odd),
        10 => Pick(_pieces),
        11 => string.Concat(Enumerable.Range(0, Below(5) + 1).Select(_ => Pick(_pieces))),
        12 => Token(),
        13 => Text(0, 0x10FFFF),
        14 => Text(0, 0x2FFF),
        _ => string.Concat(Enumerable.Repeat(Below(2) == 0 ? Word(1) : Pick(Symbols), Below(6) == 0 ? Below(150) : Below(8) + 1)),
    };

    private string Word(int length)
    {
        var (first, last) = Pick(Scripts);
        return string.Concat(Enumerable.Range(0, length).Select(_ => Text(first, last)));
    }

    /// <summary>Letters with marks, in any order of their classes.</summary>
    private string Marked() => string.Concat(Enumerable.Range(0, Below(4) + 1).Select(_ =>
        Word(1) + string.Concat(Enumerable.Range(0, Below(5)).Select(_ => Pick(Marks)).Select(range => Text(range.First, range.Last)))));

    /// <summary>A special token, or what is nearly one.</summary>
    private string Token()
    {
        var token = Pick(_tokens);
        return Below(6) switch
        {
            0 => token[..Below(token.Length)],
            1 => token.ToUpperInvariant(),
            2 => Pick(Spaces) + token + Pick(Spaces),
            3 => token + token,
            _ => token,
        };
    }

    /// <summary>A code point of a range, surrogates left out.</summary>
    private string Text(int first, int last) =>
        first + Below(last - first + 1) is var codePoint && Rune.IsValid(codePoint) ? new Rune(codePoint).ToString() : "x";

    private T Pick<T>(IReadOnlyList<T> list) => list[Below(list.Count)];

    /// <summary>SplitMix64 (Steele et al. 2014).</summary>
    private int Below(int limit)
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)limit);
    }
}
