using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace XlLoraOnnx.Training;

/// <summary>A row of the data as a model reads it.</summary>
/// <param name="Ids">At most <see cref="AdapterTrainingOptions.MaxLength"/>.</param>
/// <param name="FirstLabel">From this token on all are to be learned.</param>
/// <param name="Row">Of the data, from 0.</param>
internal sealed record AdapterExample(int[] Ids, int FirstLabel, int Row)
{
    /// <summary>What transformers divides a loss by (<c>num_items_in_batch</c>): it counts the first token of a sequence too, before
    /// which nothing is that could tell it.</summary>
    public int Labels => Ids.Length - FirstLabel;

    /// <summary>The first token that is told by one before it.</summary>
    public int FirstTold => Math.Max(FirstLabel, 1);
}

/// <summary>The rows of the data as ids, made once.</summary>
internal sealed class AdapterExamples
{
    private const int MostShown = 5;

    private readonly List<string> _notices = [];

    private AdapterExamples(AdapterData data, ConversationEncoder encoder, AdapterTrainingOptions options,
        IReadOnlyList<(int[] Ids, int FirstLabel)> encoded)
    {
        (Data, PadTokenId, CompletionOnly) = (data, encoder.PadTokenId, IsCompletionOnly(data, options));
        Items = [.. encoded.Index().Where(e => e.Item.FirstLabel < Math.Min(e.Item.Ids.Length, options.MaxLength))
            .Select(e => new AdapterExample(Cut(e.Item.Ids, options.MaxLength), e.Item.FirstLabel, e.Index))];
        if (data.Notice is { } notice)
            _notices.Add(notice);
        NoteCuts(encoded, options.MaxLength);
        NoteSpecialTokens(encoded, encoder);
    }

    public AdapterData Data { get; }

    /// <summary>In the order of the data, but for rows whose answer is cut off as a whole.</summary>
    public IReadOnlyList<AdapterExample> Items { get; }

    public int PadTokenId { get; }

    /// <summary>Whether answers are learned, and not their prompts.</summary>
    public bool CompletionOnly { get; }

    /// <summary>What somebody should know who looks at the data alone.</summary>
    public IReadOnlyList<string> Notices => _notices;

    public long Tokens => Items.Sum(e => (long)e.Ids.Length);

    /// <param name="modelFolder">With tokenizer and chat template.</param>
    /// <exception cref="InvalidDataException">A text is no text, or nothing of any answer is left to be learned.</exception>
    /// <exception cref="NotSupportedException">The folder has no chat template, or one that hides where an answer begins.</exception>
    public static AdapterExamples Encode(
        AdapterData data, string modelFolder, AdapterTrainingOptions options, CancellationToken cancellationToken)
    {
        var encoder = new ConversationEncoder(modelFolder);
        var completionOnly = IsCompletionOnly(data, options);
        var encoded = new (int[] Ids, int FirstLabel)[data.Rows];
        try
        {
            Parallel.ForEach(Partitioner.Create(0, data.Rows), new ParallelOptions { CancellationToken = cancellationToken }, EncodeRows);
        }
        catch (AggregateException e)
        {
            // one says what is wrong as well as all
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        var examples = new AdapterExamples(data, encoder, options, encoded);
        return examples.Items.Count > 0 ? examples : throw new InvalidDataException(
            $"{data.Name}: of none of its {data.Rows} rows a token of the answer is within the first {options.MaxLength} tokens, so that "
            + "there is nothing to learn. Give a larger MaxLength, or shorter texts.");

        void EncodeRows(Tuple<int, int> range)
        {
            for (var row = range.Item1; row < range.Item2; row++)
            {
                var prompt = data.Prompt.Fill(options.Language, data[row].Question);
                encoded[row] = options.AssistantOnly ? encoder.EncodeAnswer(prompt, data[row].Answer)
                    : completionOnly ? encoder.Encode(prompt, data[row].Answer)
                    : (encoder.EncodeWhole(prompt, data[row].Answer), 0);
            }
        }
    }

    /// <summary>Whether the model knows all ids and has room for them.</summary>
    /// <exception cref="InvalidDataException">The tokenizer is that of another model.</exception>
    /// <exception cref="ArgumentException">An example is longer than the model reads.</exception>
    public void Check(ModelDimensions model)
    {
        foreach (var example in Items)
        {
            if (Array.FindIndex(example.Ids, id => id >= model.VocabSize) is >= 0 and var at)
                throw new InvalidDataException($"{Data.Where(example.Row)} has the token {example.Ids[at]}, and the model has "
                    + $"{model.VocabSize} (vocab_size of config.json): the tokenizer is that of another model.");
            if (example.Ids.Length > model.ContextLength)
                throw new ArgumentException($"{Data.Where(example.Row)} has {example.Ids.Length} tokens, and the model reads "
                    + $"{model.ContextLength}. Give a MaxLength of {model.ContextLength} or less.");
        }
    }

    private static bool IsCompletionOnly(AdapterData data, AdapterTrainingOptions options) =>
        options.AssistantOnly || (options.CompletionOnly ?? !data.Prompt.IsOfLanguage);

    private static int[] Cut(int[] ids, int maxLength) => ids.Length <= maxLength ? ids : ids[..maxLength];

    private void NoteCuts(IReadOnlyList<(int[] Ids, int FirstLabel)> encoded, int maxLength)
    {
        int[] cut = Rows(encoded, e => e.Ids.Length > maxLength && e.FirstLabel < maxLength);
        if (cut.Length > 0)
            _notices.Add($"{cut.Length} of {encoded.Count} rows have more than {maxLength} tokens; what is beyond is not learned: "
                + $"{Shown(cut)}. The longest has {encoded.Max(e => e.Ids.Length)}.");
        int[] lost = Rows(encoded, e => e.FirstLabel >= Math.Min(e.Ids.Length, maxLength));
        if (lost.Length > 0)
            _notices.Add($"{lost.Length} of {encoded.Count} rows are left out, because their answers begin only after {maxLength} tokens: "
                + $"{Shown(lost)}.");
    }

    /// <summary>As transformers does it, they count as what they are, and change the shape of the conversation.</summary>
    private void NoteSpecialTokens(IReadOnlyList<(int[] Ids, int FirstLabel)> encoded, ConversationEncoder encoder)
    {
        var expected = encoder.EncodeWhole("x", "x").Count(encoder.SpecialTokens.Contains);
        int[] rows = Rows(encoded, e => e.Ids.Count(encoder.SpecialTokens.Contains) != expected);
        if (rows.Length > 0)
            _notices.Add($"{rows.Length} of {encoded.Count} rows hold special tokens in their texts, such as those that end a turn, and "
                + $"are read as if these were meant: {Shown(rows)}.");
    }

    private static int[] Rows(IReadOnlyList<(int[] Ids, int FirstLabel)> encoded, Func<(int[] Ids, int FirstLabel), bool> isMeant) =>
        [.. encoded.Index().Where(e => isMeant(e.Item)).Select(e => e.Index)];

    private string Shown(int[] rows) => string.Join("; ", rows.Take(MostShown).Select(Data.Where)) + (rows.Length > MostShown ? "; …" : "");
}
