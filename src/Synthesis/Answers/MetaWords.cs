using System.Collections.Frozen;

namespace XlLoraOnnx.Synthesis;

/// <summary>Words with which a model speaks about its answer instead of giving it.</summary>
internal static class MetaWords
{
    private const string Specific = """
        entailment entailments entailed entailing entails contradiction contradictions contradictory contradicting contradicts hypothesis
        inference implicación contradicción consecuencia implication prémisse folgerung widerspruch schlussfolgerung widersprüchlicher
        implicação contradição implicazione contraddizione tegenspraak gevolgtrekking teenstrydigheid implikasi kontradiksi
        entailmen ukinzani mkanganyiko निहितार्थ विरोधाभास विरोधाभासी खंडन 함의 모순 следствие противоречие çelişki çıkarım
        تناقض استلزام
        """;

    private const string Generic = """
        answer sentence output response english example statement result reply translation assistant version respuesta oración frase ejemplo
        réponse phrase exemple antwort satz beispielsatz beispiel resposta exemplo risposta esempio antwoord zin sin voorbeeld voorbeeldsin
        jawaban kalimat contoh jibu sentensi mfano amsa jimla misali उत्तर वाक्य उदाहरण वाक्य 답변 문장 답 예문 ответ предложение пример
        yanıt cümle cevap إجابة جملة الجواب
        """;

    private const string Openers = """
        sure certainly okay ok absolutely here here's heres understood claro voici natürlich certamente ecco hier aquí aqui berikut hapa ga
        यहाँ 물론입니다 다음은 вот конечно tabii işte بالتأكيد إليك
        """;

    private const string Fillers = """
        a an the my your is are that this these it would could can be one possible valid suitable good simple short clear final correct
        appropriate potential natural language generated suggested following of for to from in on based given provided requested you
        asked i i'd i've i'll let me with as and course great happy glad help go thing follows no problem got
        there it below above option therefore thus hence so premise original sentence's text
        es está una un la el de del las los que ejemplo tienes posible en por supuesto une le du voilà bien sûr est ein eine einer der die
        das ist für zu auf natürlich mögliche möglicher um uma o da do em é uno il per di possibile een is 'n van ni moja ya kwa wa
        adalah sebuah dari untuk yang dalam bahasa ce ta एक का है के में लिए है। 입니다 예시 для на
        """;

    private static readonly FrozenSet<string> SpecificWords = Set(Specific);
    private static readonly FrozenSet<string> GenericWords = Set(Generic);
    private static readonly FrozenSet<string> OpenerWords = Set(Openers);
    private static readonly FrozenSet<string> FillerWords =
        Set($"{Fillers} {string.Join(' ', LanguageTable.All.Select(e => e.Name).Where(n => !n.Contains(' ', StringComparison.Ordinal)))}");

    private static readonly string[] HanSpecific = ["蕴含", "蕴涵", "矛盾", "含意", "伴意"];
    private static readonly string[] HanOpeners = ["以下", "这是", "好的", "当然", "下面", "もちろん", "はい", "次の"];
    private static readonly string[] HanGeneric = ["句子", "例句", "回答", "答案", "例文", "文："];
    private static readonly char[] HanFillers = [.. "一个的是为给定前提根据句子例句回答答案中文英文可能以下这好当然面如を示す文ですのはいもちろん次"];

    /// <summary>Counts the words of what may be a preamble; quoted parts, such as the premise, do not count.</summary>
    public static MetaWordCount Count(ReadOnlySpan<char> lead)
    {
        var count = new MetaWordCount();
        for (var i = 0; i < lead.Length;)
        {
            if (Quotations.ClosingOf(lead[i]) is var closing and not '\0' && lead[(i + 1)..].IndexOf(closing) is >= 0 and var length
                && !IsInnerApostrophe(lead, i))
            {
                i += length + 2;
                continue;
            }
            var end = i;
            while (end < lead.Length && (char.IsLetter(lead[end]) || IsMark(lead[end]) || IsInnerApostrophe(lead, end)))
                end++;
            if (end > i)
                count = Add(count, lead[i..end]);
            else if (char.IsDigit(lead[i]))
                count = count with { Unknown = count.Unknown + 1 };
            i = Math.Max(end, i + 1);
        }
        return count;
    }

    private static bool IsMark(char c) => c >= 0x300 && char.GetUnicodeCategory(c)
        is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static bool IsInnerApostrophe(ReadOnlySpan<char> text, int i) =>
        text[i] is '\'' or '’' && i + 1 < text.Length && char.IsLetter(text[i + 1]) && (i == 0 || char.IsLetter(text[i - 1]));

    private static MetaWordCount Add(MetaWordCount count, ReadOnlySpan<char> word)
    {
        if (ScriptBlocks.Of(word[0]) is Script.Han or Script.Kana)
            return AddHan(count, word);
        Span<char> straight = stackalloc char[32];
        if (word.Length > straight.Length)
            return count with { Words = count.Words + 1, Unknown = count.Unknown + 1 };
        word.Replace(straight, '’', '\'');
        return AddKnown(count, straight[..word.Length]);
    }

    private static MetaWordCount AddKnown(MetaWordCount count, scoped ReadOnlySpan<char> word) => count with
    {
        Words = count.Words + 1,
        Specific = count.Specific + Has(SpecificWords, word),
        Generic = count.Generic + Has(GenericWords, word),
        Openers = count.Openers + Has(OpenerWords, word),
        Unknown = count.Unknown
            + (Has(SpecificWords, word) + Has(GenericWords, word) + Has(OpenerWords, word) + Has(FillerWords, word) == 0 ? 1 : 0),
    };

    /// <summary>Chinese and Japanese have no spaces: the whole must consist of known words and of characters that join them.</summary>
    private static MetaWordCount AddHan(MetaWordCount count, ReadOnlySpan<char> run)
    {
        var (specific, generic, openers) = (Found(HanSpecific, run), Found(HanGeneric, run), Found(HanOpeners, run));
        var rest = 0;
        foreach (var c in run)
            rest += HanFillers.Contains(c) || "蕴含涵矛盾意伴例".Contains(c, StringComparison.Ordinal) ? 0 : 1;
        return count with
        {
            Words = count.Words + 1,
            Specific = count.Specific + specific,
            Generic = count.Generic + generic,
            Openers = count.Openers + openers,
            Unknown = count.Unknown + rest,
        };
    }

    private static int Found(string[] words, ReadOnlySpan<char> run)
    {
        foreach (var word in words)
            if (run.Contains(word, StringComparison.Ordinal))
                return 1;
        return 0;
    }

    private static int Has(FrozenSet<string> words, ReadOnlySpan<char> word) =>
        words.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word) ? 1 : 0;

    private static FrozenSet<string> Set(string words) =>
        words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
