using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace XlLoraOnnx.Training;

/// <summary>A row of the data as a model reads it.</summary>
/// <param name="Source">Ids of the same text in the other language; null for none.</param>
/// <param name="First">The class; of an answer the place of its first token in <paramref name="Target"/>.</param>
/// <param name="Last">Of an answer the place of its last token; else 0.</param>
/// <param name="Row">Of the data, from 0.</param>
internal sealed record FusionExample(int[] Target, int[]? Source, int First, int Last, int Row)
{
    /// <summary>Tokens of the longer text.</summary>
    public int Length => Math.Max(Target.Length, Source?.Length ?? 0);
}

/// <summary>The rows of the data as ids, laid out and cut as FLARE does it, made once.</summary>
internal sealed class FusionExamples
{
    private const int MostShown = 5;

    private readonly List<string> _notices = [];

    private FusionExamples(FusionData data, IReadOnlyList<EncodedExample> encoded, FusionTrainingOptions options)
    {
        (Data, Items) = (data, [.. encoded.Select(e => e.Example)]);
        _notices.AddRange(data.Notices);
        if (Rows(e => e.IsCut) is { Length: > 0 } cut)
            _notices.Add($"{cut.Length} of {encoded.Count} rows of {data.Name} have more than {options.MaxLength} tokens in a language "
                + $"and are cut: {Shown(cut)}.");
        if (Rows(e => e.IsAbsent) is { Length: > 0 } absent)
            _notices.Add($"{absent.Length} of {encoded.Count} answers of {data.Name} do not stand within the tokens that are read; as in "
                + $"FLARE the first token is learned instead: {Shown(absent)}.");

        int[] Rows(Func<EncodedExample, bool> isMeant) => [.. encoded.Where(isMeant).Select(e => e.Example.Row)];
    }

    public FusionData Data { get; }

    /// <summary>In the order of the data.</summary>
    public IReadOnlyList<FusionExample> Items { get; }

    /// <summary>What somebody should know who looks at the data alone.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <param name="translation">Reads the target in place of a source; null for none.</param>
    /// <exception cref="InvalidDataException">A row has no label, no answer, or no source where one is needed.</exception>
    public static FusionExamples Encode(FusionData data, TaskEncoding encoding, TranslationEncoder? translation,
        FusionTrainingOptions options, CancellationToken cancellationToken)
    {
        var encoded = new EncodedExample[data.Rows.Count];
        try
        {
            Parallel.ForEach(Partitioner.Create(0, encoded.Length), new ParallelOptions { CancellationToken = cancellationToken }, range =>
            {
                for (var row = range.Item1; row < range.Item2; row++)
                    encoded[row] = Encode(data.Rows[row], row, encoding, translation, options);
            });
        }
        catch (AggregateException e)
        {
            // one says what is wrong as well as all
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        return new FusionExamples(data, encoded, options);
    }

    /// <summary>Whether the model knows all ids and has room for them.</summary>
    /// <exception cref="InvalidDataException">The tokenizer is that of another model.</exception>
    /// <exception cref="ArgumentException">An example is longer than the model reads.</exception>
    public void Check(ModelDimensions model, bool readsSources)
    {
        foreach (var example in Items)
        {
            var ids = example.Target.Concat(readsSources ? example.Source ?? [] : []);
            if (ids.FirstOrDefault(id => id >= model.VocabSize, -1) is var unknown and >= 0)
                throw new InvalidDataException($"{Data.Where(example.Row)} has the token {unknown}, and the model has {model.VocabSize} "
                    + "(vocab_size of config.json): the tokenizer is that of another model.");
            if (example.Length > model.ContextLength)
                throw new ArgumentException($"{Data.Where(example.Row)} has {example.Length} tokens, and the model reads "
                    + $"{model.ContextLength}. Give a smaller MaxLength.");
        }
    }

    /// <summary>The tokens that a part of the context stands in, as transformers' examples of question answering find them.</summary>
    /// <param name="offsets">Of the tokens of the context.</param>
    /// <param name="first">Where the first of them stands.</param>
    /// <param name="start">In UTF-16 units.</param>
    /// <returns>Null where not all of it is there.</returns>
    internal static (int First, int Last)? PlaceOf(IReadOnlyList<TokenOffset> offsets, int first, int start, int length)
    {
        if (start < 0 || offsets.Count == 0 || offsets[0].Start > start || offsets[^1].End < start + length)
            return null;
        var (begin, end) = (0, offsets.Count - 1);
        while (begin + 1 < offsets.Count && offsets[begin + 1].Start <= start)
            begin++;
        while (end > 0 && offsets[end - 1].End >= start + length)
            end--;
        return (first + begin, first + end);
    }

    private static EncodedExample Encode(
        TaskExample example, int row, TaskEncoding encoding, TranslationEncoder? translation, FusionTrainingOptions options)
    {
        var text = TextOf(example.Texts);
        var source = options.TakesSource ? encoding.Encode(SourceOf(example)) : null;
        var target = encoding.Encode(text, options.JoinsTexts ? SourceOf(example) : null);
        var ids = translation?.Encode(encoding.Task, text, isDecoder: false, encoding.MaxLength)
            ?? (options.JoinsTexts ? null : source?.Ids);
        var isCut = target.IsCut || source?.IsCut == true;
        if (!options.AnswersSpans)
            return new(new FusionExample(target.Ids, ids, LabelOf(example), 0, row), isCut, IsAbsent: false);
        var answer = AnswerOf(example);
        // the first token of the target: behind the source, but for the end token that it has alone
        var none = options.JoinsTexts ? source!.Ids.Length - 1 : 0;
        var place = PlaceOf(target.Offsets, target.Context.Start.Value, answer.Start, answer.Text.Length);
        var (first, last) = place ?? (none, none);
        return new(new FusionExample(target.Ids, ids, first, last, row), isCut, place is null);
    }

    private static TaskAnswer AnswerOf(TaskExample example) => example.Answers.Count > 0 ? example.Answers[0]
        : throw new InvalidDataException($"{example.Where} has no answer; each row of the data needs one.");

    private static int LabelOf(TaskExample example) => example.Label
        ?? throw new InvalidDataException($"{example.Where} has no label; each row of the data needs one.");

    private static TaskText SourceOf(TaskExample example) => example.SourceTexts is { } texts ? TextOf(texts)
        : throw new InvalidDataException($"{example.Where} has no text in the source language. Give a column source_FIELD or "
            + "FIELD_translated for each text, or the same rows in a file of their own (SourceData).");

    private static TaskText TextOf(IReadOnlyList<string> texts) => new(texts[0], texts.Count > 1 ? texts[1] : null);

    private string Shown(int[] rows) =>
        string.Join("; ", rows.Take(MostShown).Select(Data.Where)) + (rows.Length > MostShown ? "; …" : "");

    private readonly record struct EncodedExample(FusionExample Example, bool IsCut, bool IsAbsent);
}
