using System.Collections.Concurrent;

namespace XlLoraOnnx.Runtime;

/// <summary>What each adapter of a folder was trained for, and how texts are laid out for it.</summary>
internal sealed class AdapterTasks
{
    private readonly ConcurrentDictionary<string, TaskEncoding> _encodings = new(StringComparer.Ordinal);
    private readonly ModelManifest _manifest;
    private readonly FlareFacts _facts;
    private readonly XlLoraTokenizer _tokenizer;
    private readonly FusionOptions _options;

    /// <exception cref="ArgumentException">Nobody says what the adapter was trained for, or the head of the folder is another.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The model reads fewer tokens than are asked for.</exception>
    public AdapterTasks(ModelManifest manifest, FlareFacts facts, XlLoraTokenizer tokenizer, FusionOptions options)
    {
        (_manifest, _facts, _tokenizer, _options) = (manifest, facts, tokenizer, options);
        Default = options.Adapter ?? manifest.Adapters.Keys.FirstOrDefault() ?? "";
        Task = TaskLayout.Known(options.Task ?? Of(Default).Task ?? throw new ArgumentException(
            $"Nothing says what the adapter '{Default}' was trained for: give the task, one of {TaskLayout.All}."));
        Encoding(Default);
    }

    /// <summary>The adapter of rows that name none.</summary>
    public string Default { get; }

    public string Task { get; }

    /// <param name="adapter">Null for <see cref="Default"/>.</param>
    public FlareFacts Of(string? adapter) => _manifest.FlareOf(adapter ?? Default) ?? _facts;

    /// <exception cref="ArgumentException">There is no such adapter, or it was trained for another task.</exception>
    public void Check(int row, string? adapter)
    {
        if (adapter is null)
            return;
        if (!_manifest.Adapters.ContainsKey(adapter))
            throw new ArgumentException(
                $"Row {row} names the adapter '{adapter}'; the folder has: {string.Join(", ", _manifest.Adapters.Keys)}.");
        if (Of(adapter).Task is { } trained && trained != Task)
            throw new ArgumentException(
                $"Row {row} names the adapter '{adapter}', which was trained for {trained}; texts are laid out for {Task} here.");
    }

    public TaskEncoding Encoding(string? adapter) => _encodings.GetOrAdd(adapter ?? Default, name =>
    {
        var (facts, context) = (Of(name), _manifest.Dimensions.ContextLength);
        var length = _options.MaxLength
            ?? Math.Min(facts.MaxLength ?? TaskEncoding.DefaultMaxLength, facts.JoinsTexts ? context / 2 : context);
        return (facts.JoinsTexts ? 2 * length : length) <= context ? new TaskEncoding(_tokenizer, facts, Task, length)
            : throw new ArgumentException($"MaxLength is {length}{(facts.JoinsTexts ? ", and both languages are one input" : "")}; "
                + $"the model reads {context} tokens.");
    });
}
