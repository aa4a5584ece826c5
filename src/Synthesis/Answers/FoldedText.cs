using System.Buffers;
using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>
/// What is left of a text for comparison: compatibility decomposition, lower case, letters, marks, digits and symbols, words one space
/// apart. Punctuation is gone but within numbers (<c>3.5</c>, <c>−5</c>).
/// </summary>
/// <remarks>Holds a rented array, so it is disposed. The same on every machine: .NET's own normalisation depends on ICU.</remarks>
internal ref struct FoldedText : IDisposable
{
    private static readonly SearchValues<char> Symbols = SearchValues.Create("<>=+$%&@#");

    private const int MaxMarks = 30;

    private char[] _buffer;
    private int _length;
    private bool _spacePending;

    public FoldedText(ReadOnlySpan<char> text)
    {
        _buffer = ArrayPool<char>.Shared.Rent(text.Length * 2 + 32);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c >= 0x80 && !IsApostrophe(c))
                i += AddOther(text[i..]) - 1;
            else if (char.IsAsciiLetterOrDigit(c))
                Add(char.ToLowerInvariant(c));
            else if (Symbols.Contains(c) || IsOfNumber(text, i))
                Add(c);
            else if (!IsApostrophe(c) || !IsBetween(text, i, char.IsLetter))
                _spacePending = _length > 0;
        }
    }

    public readonly ReadOnlySpan<char> Text => _buffer.AsSpan(0, _length);

    /// <summary>A text that is kept, such as a phrase to look for.</summary>
    public static string Of(string text)
    {
        using var folded = new FoldedText(text);
        return folded.Text.ToString();
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<char>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private static bool IsApostrophe(char c) => c is '\'' or '’' or 'ʼ' or '＇';

    private static bool IsOfNumber(ReadOnlySpan<char> text, int i) => text[i] switch
    {
        '.' or ',' => IsBetween(text, i, char.IsDigit),
        '-' => i + 1 < text.Length && char.IsDigit(text[i + 1]) && (i == 0 || text[i - 1] == ' '),
        _ => false,
    };

    private static bool IsBetween(ReadOnlySpan<char> text, int i, Func<char, bool> neighbour) =>
        i > 0 && i + 1 < text.Length && neighbour(text[i - 1]) && neighbour(text[i + 1]);

    /// <returns>How many UTF-16 units it was.</returns>
    private int AddOther(ReadOnlySpan<char> text)
    {
        Rune.DecodeFromUtf16(text, out var rune, out var units);
        switch (Rune.GetUnicodeCategory(rune))
        {
            case UnicodeCategory.Format:
                break;
            case UnicodeCategory.DecimalDigitNumber:
                Add((char)('0' + (int)Rune.GetNumericValue(rune)));
                break;
            case UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark:
                AddDecomposed(rune.Value, isMark: true);
                break;
            case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol
                or UnicodeCategory.OtherSymbol:
                AddDecomposed(rune.Value, isMark: false);
                break;
            default:
                _spacePending = _length > 0;
                break;
        }
        return units;
    }

    private void AddDecomposed(int codePoint, bool isMark)
    {
        if (isMark && _spacePending)
            return;
        Span<int> parts = stackalloc int[UnicodeDecomposition.MaxLength];
        var count = UnicodeDecomposition.Decompose(codePoint, parts);
        if (count == 0)
            AddFolded(codePoint);
        foreach (var part in parts[..count])
            AddFolded(part);
    }

    private void AddFolded(int codePoint)
    {
        if (codePoint == ' ')
        {
            _spacePending = _length > 0;
            return;
        }
        var lower = Rune.ToLowerInvariant(new Rune(codePoint));
        switch (lower.Value)
        {
            case 'ß':
                Add('s');
                Add('s');
                break;
            case 'ς':
                Add('σ');
                break;
            default:
                Span<char> units = stackalloc char[2];
                var count = lower.EncodeToUtf16(units);
                for (var u = 0; u < count; u++)
                    Add(units[u]);
                Reorder(lower.Value);
                break;
        }
    }

    /// <summary>Marks in canonical order, so that it does not matter they were typed; no more than 30 of a row (UAX #15).</summary>
    private readonly void Reorder(int mark)
    {
        var kind = UnicodeDecomposition.CombiningClass(mark);
        if (kind == 0 || mark > char.MaxValue)
            return;
        for (var i = _length - 1; i > Math.Max(0, _length - MaxMarks) && UnicodeDecomposition.CombiningClass(_buffer[i - 1]) > kind; i--)
            (_buffer[i - 1], _buffer[i]) = (_buffer[i], _buffer[i - 1]);
    }

    private void Add(char c)
    {
        if (_length + 2 > _buffer.Length)
            Grow();
        if (_spacePending)
            _buffer[_length++] = ' ';
        _spacePending = false;
        _buffer[_length++] = c;
    }

    private void Grow()
    {
        var larger = ArrayPool<char>.Shared.Rent(_buffer.Length * 2);
        Text.CopyTo(larger);
        ArrayPool<char>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
