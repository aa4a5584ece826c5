using System.Text.RegularExpressions;

namespace XlLoraOnnx.Evaluation;

/// <summary>Which columns of a table have translations, references and languages.</summary>
internal sealed partial record TranslationColumns(string[] Hypotheses, string[] References, string? Source, string? Target)
{
    private static readonly string[] HypothesisNames = ["hypothesis", "translation", "prediction", "mt"];
    private static readonly string[] SourceNames = ["source_language", "source_lang", "src_lang", "from"];
    private static readonly string[] TargetNames = ["target_language", "target_lang", "tgt_lang", "to", "language", "lang"];

    /// <param name="names">What the file has.</param>
    /// <exception cref="InvalidDataException">There are no translations or no references, or not the columns that were asked
    /// for.</exception>
    public static TranslationColumns Find(IReadOnlyList<string> names, TranslationOptions options, string where)
    {
        string[] hypotheses = options.HypothesisColumns.Count > 0
            ? [.. options.HypothesisColumns]
            : [.. HypothesisNames.SelectMany(n => names.Where(h => Is(h, n))).Take(1)];
        string[] references = options.ReferenceColumns.Count > 0
            ? [.. options.ReferenceColumns]
            : [.. names.Where(n => ReferenceName().IsMatch(n))];
        var columns = $"{where} has the columns {string.Join(", ", names.Select(n => $"\"{n}\""))}";
        if (hypotheses.Concat(references).FirstOrDefault(c => !names.Contains(c)) is { } missing)
            throw new InvalidDataException($"{columns} and no \"{missing}\".");
        if (hypotheses.Length == 0)
            throw new InvalidDataException(
                $"{columns}, and none of translations ({string.Join(", ", HypothesisNames)}); name it with --hypothesis-column.");
        if (references.Length == 0)
            throw new InvalidDataException(
                $"{columns}, and none of references (reference, references, ref, reference1, …); name it with --reference-column.");
        return new TranslationColumns(hypotheses, references, First(names, SourceNames), First(names, TargetNames));
    }

    private static string? First(IReadOnlyList<string> names, string[] wanted) =>
        wanted.Select(w => names.FirstOrDefault(n => Is(n, w))).FirstOrDefault(n => n is not null);

    private static bool Is(string name, string wanted) => name.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\Aref(erence)?s?[ _-]?\d*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ReferenceName();
}
