namespace XlLoraOnnx.Evaluation;

/// <summary>Measures translations: BLEU, chrF and chrF++ with sacreBLEU's definitions and signatures, with intervals, and systems beside
/// each other by paired bootstrap.</summary>
public static class TranslationEvaluator
{
    /// <summary>Measures the systems of one set.</summary>
    /// <param name="set">Texts, from wherever they come.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <returns>For each system BLEU, chrF2 and chrF2++.</returns>
    /// <exception cref="ArgumentException">A system has not as many translations as there are segments, or there are none; or a segment
    /// has no reference.</exception>
    public static IReadOnlyList<TranslationScores> Evaluate(
        TranslationSet set, TranslationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        options ??= new TranslationOptions();
        options.Validate();
        return new TranslationRun(set, options).Run(cancellationToken);
    }

    /// <summary>Reads translations and references and measures.</summary>
    /// <param name="data">Tables with hypotheses and references; or, with <paramref name="systems"/>, one FLORES folder, or text files of
    /// references, several of which are several references of each line.</param>
    /// <param name="systems">Name → text file of translations, or a folder of them (<c>eng_Latn-hau_Latn.txt</c>) for a FLORES folder.
    /// Empty where tables have the translations. The first system is what the others are compared with.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="ArgumentException">There is no data, or what is given does not go together.</exception>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="InvalidDataException">A file that was named by itself is malformed, or there are not as many translations as
    /// references.</exception>
    public static async Task<TranslationReport> EvaluateAsync(
        IReadOnlyList<string> data, IReadOnlyDictionary<string, string>? systems = null, TranslationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Count == 0)
            throw new ArgumentException(
                "There is no data to evaluate on; give tables, a FLORES folder or files of references.", nameof(data));
        options ??= new TranslationOptions();
        options.Validate();
        var found = await TranslationData.ReadAsync(data, systems ?? new Dictionary<string, string>(), options, cancellationToken)
            .ConfigureAwait(false);
        return new TranslationReport
        {
            Results = [.. found.Sets.SelectMany(set => new TranslationRun(set, options).Run(cancellationToken))],
            Skipped = found.Skipped,
            Unreadable = found.Unreadable,
        };
    }

    /// <summary>Writes, for each system, what each segment scored and what was counted of it (<c>*.items.jsonl</c>), which <see
    /// cref="EvaluationComparer"/> reads, and what happened to each set (<c>evaluation.jsonl</c>).</summary>
    /// <returns>The folder of each system.</returns>
    public static IReadOnlyList<string> Write(TranslationReport report, string folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return TranslationFiles.Write(report, folder);
    }
}
