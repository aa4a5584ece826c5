using System.Globalization;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// Decompositions, compositions and marks, as the reference has them: its tables stem from older versions of Unicode than those of .NET
/// (which, moreover, normalises nothing where the process runs without ICU). Written by <c>tools/reference/unicode_tables.py</c>.
/// </summary>
internal sealed class UnicodeTables
{
    private const string Resource = "Unicode/tables.txt";
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int, int), int> _composites = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly HashSet<int> _marks = [];
    private readonly HashSet<int> _nonSpacingMarks = [];
    private readonly HashSet<int> _laterPunctuation = [];

    private UnicodeTables()
    {
        using var stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks the resource '{Resource}'.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            Add(line[0], line[2..].Split(' '));
    }

    public static UnicodeTables Instance => Loaded.Value;

    /// <returns>The full decomposition; null where the character stays.</returns>
    public int[]? Decompose(int codePoint, bool compatible) =>
        compatible && _compatible.TryGetValue(codePoint, out var wide) ? wide : _canonical.GetValueOrDefault(codePoint);

    /// <returns>−1 where the two do not compose.</returns>
    public int Compose(int first, int second) => _composites.GetValueOrDefault((first, second), -1);

    /// <summary>The canonical combining class.</summary>
    public int ClassOf(int codePoint) => codePoint < 0x300 ? 0 : _classes.GetValueOrDefault(codePoint);

    public bool IsMark(int codePoint) => codePoint >= 0x300 && _marks.Contains(codePoint);

    public bool IsNonSpacingMark(int codePoint) => codePoint >= 0x300 && _nonSpacingMarks.Contains(codePoint);

    /// <summary>Punctuation that .NET knows and the reference does not.</summary>
    public bool IsLaterPunctuation(int codePoint) => _laterPunctuation.Contains(codePoint);

    private void Add(char kind, string[] fields)
    {
        var first = kind == 'C' ? 1 : 0;
        var codes = fields.Skip(first).Select(f => int.Parse(f, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
        switch (kind)
        {
            case 'D':
                _canonical.Add(codes[0], codes[1..]);
                return;
            case 'K':
                _compatible.Add(codes[0], codes[1..]);
                return;
            case 'P':
                _composites.Add((codes[1], codes[2]), codes[0]);
                return;
        }
        for (var c = codes[0]; c <= codes[1]; c++)
        {
            if (kind == 'C')
                _classes.Add(c, byte.Parse(fields[0], CultureInfo.InvariantCulture));
            else
                (kind == 'M' ? _marks : kind == 'N' ? _nonSpacingMarks : _laterPunctuation).Add(c);
        }
    }
}
