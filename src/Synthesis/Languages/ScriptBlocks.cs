namespace XlLoraOnnx.Synthesis;

/// <summary>Which script a letter belongs to, by the blocks of the Unicode Standard.</summary>
internal static class ScriptBlocks
{
    public const int Count = (int)Script.Other + 1;

    private const int TableEnd = 0x3400;
    private static readonly byte[] Table = BuildTable();

    /// <returns><see cref="Script.None"/> for what is no letter and no mark of one script.</returns>
    public static Script Of(char c)
    {
        if (c < 0x80)
            return char.IsAsciiLetter(c) ? Script.Latin : Script.None;
        if (!char.IsLetter(c))
            return Script.None;
        return c < TableEnd ? (Script)Table[c] : OfHigh(c);
    }

    /// <summary>Letters of each script; surrogates count as nothing.</summary>
    public static void CountLetters(ReadOnlySpan<char> text, Span<int> counts)
    {
        counts.Clear();
        foreach (var c in text)
            counts[(int)Of(c)]++;
        counts[0] = 0;
    }

    private static Script OfHigh(char c) => c switch
    {
        < '\uA000' => Script.Han,
        >= '\uA640' and < '\uA6A0' => Script.Cyrillic,
        >= '\uA720' and < '\uA800' => Script.Latin,
        >= '\uA8E0' and < '\uA900' => Script.Devanagari,
        >= '\uA960' and < '\uA980' or >= '\uAC00' and < '\uD800' => Script.Hangul,
        >= '\uAB00' and < '\uAB30' => Script.Ethiopic,
        >= '\uF900' and < '\uFB00' => Script.Han,
        >= '\uFB1D' and < '\uFB50' => Script.Hebrew,
        >= '\uFB50' and < '\uFE00' or >= '\uFE70' and < '\uFF00' => Script.Arabic,
        >= '\uFF21' and < '\uFF5B' => Script.Latin,
        >= '\uFF66' and < '\uFFA0' => Script.Kana,
        _ => Script.Other,
    };

    private static byte[] BuildTable()
    {
        var table = new byte[TableEnd];
        Array.Fill(table, (byte)Script.Other);
        (int From, int End, Script Script)[] blocks =
        [
            (0x80, 0x250, Script.Latin), (0x250, 0x2B0, Script.Latin), (0x370, 0x400, Script.Greek), (0x400, 0x530, Script.Cyrillic),
            (0x530, 0x590, Script.Armenian), (0x590, 0x600, Script.Hebrew), (0x600, 0x700, Script.Arabic), (0x750, 0x780, Script.Arabic),
            (0x8A0, 0x900, Script.Arabic), (0x900, 0x980, Script.Devanagari), (0x980, 0xA00, Script.Bengali),
            (0xA00, 0xA80, Script.Gurmukhi), (0xA80, 0xB00, Script.Gujarati), (0xB00, 0xB80, Script.Oriya), (0xB80, 0xC00, Script.Tamil),
            (0xC00, 0xC80, Script.Telugu), (0xC80, 0xD00, Script.Kannada), (0xD00, 0xD80, Script.Malayalam),
            (0xD80, 0xE00, Script.Sinhala), (0xE00, 0xE80, Script.Thai), (0xE80, 0xF00, Script.Lao), (0xF00, 0x1000, Script.Tibetan),
            (0x1000, 0x10A0, Script.Myanmar), (0x10A0, 0x1100, Script.Georgian), (0x1100, 0x1200, Script.Hangul),
            (0x1200, 0x13A0, Script.Ethiopic), (0x1780, 0x1800, Script.Khmer), (0x1C90, 0x1CC0, Script.Georgian),
            (0x1E00, 0x1F00, Script.Latin), (0x1F00, 0x2000, Script.Greek), (0x2D80, 0x2DE0, Script.Ethiopic),
            (0x3005, 0x3008, Script.Han), (0x3040, 0x3100, Script.Kana), (0x3130, 0x3190, Script.Hangul), (0x31F0, 0x3200, Script.Kana),
        ];
        foreach (var (from, end, script) in blocks)
            table.AsSpan(from, end - from).Fill((byte)script);
        return table;
    }
}
