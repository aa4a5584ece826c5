namespace XlLoraOnnx.Server;

/// <summary>A model that generates text, and what it is called.</summary>
/// <param name="Defaults">Of requests that say nothing.</param>
internal sealed record ServedGenerator(string Name, ITextGenerator Generator, SamplingOptions Defaults)
{
    /// <summary>Takes a name and the path of a file.</summary>
    public Action<string, string> Add { get; init; } = Generator.AddAdapter;

    public Action<string> Remove { get; init; } = Generator.RemoveAdapter;

    /// <summary>What it runs on; ONNX Runtime GenAI can do less.</summary>
    public TextEngine Engine { get; init; } = TextEngine.Continuous;

    /// <summary>Null where no token is told of.</summary>
    public XlLoraTokenizer? Tokenizer { get; init; }
}

/// <summary>What requests may name as their model: the base, each of its adapters, and the encoder.</summary>
internal sealed class ServedModels
{
    /// <summary>The base model, whatever its folder is called.</summary>
    private const string Base = "base";

    private const char Separator = ':';

    public ServedModels(ServedGenerator? generator, TextEmbedder? embedder)
    {
        if (generator is not null && generator.Name == embedder?.ModelName)
            throw new ArgumentException(
                $"Both models are called '{generator.Name}', and a request could mean either. Give one of them another name.");
        (Generator, Embedder) = (generator, embedder);
        Embeddings = embedder is null ? null : new XlLoraEmbeddingGenerator(embedder);
    }

    public ServedGenerator? Generator { get; }

    public TextEmbedder? Embedder { get; }

    public XlLoraEmbeddingGenerator? Embeddings { get; }

    /// <summary>When they began to be served.</summary>
    public DateTimeOffset Created { get; } = DateTimeOffset.UtcNow;

    public int RowsTogether => Generator?.Generator.PreferredBatchSize ?? 1;

    /// <summary>Those that are there now.</summary>
    public IReadOnlyList<string> Names =>
    [
        .. Generator is { } generator ? [generator.Name, .. generator.Generator.Adapters.Select(a => NameOf(generator, a))] : (string[])[],
        .. Embedder is { } embedder ? [embedder.ModelName] : (string[])[],
    ];

    /// <returns>The generator, and the adapter that is meant; null for the base model.</returns>
    /// <exception cref="RequestRefusedException">There is no such model, or it generates nothing.</exception>
    public (ServedGenerator Generator, string? Adapter) Generating(string name)
    {
        if (Generator is { } generator && AdapterOf(generator, name) is (true, var adapter))
            return (generator, adapter);
        throw name == Embedder?.ModelName
            ? RequestRefusedException.Of("model", $"'{name}' embeds texts and generates none; ask for vectors at /v1/embeddings.")
            : NotThere(name);
    }

    /// <exception cref="RequestRefusedException">There is no such model, or it embeds nothing.</exception>
    public (XlLoraEmbeddingGenerator Embeddings, TextEmbedder Embedder) Embedding(string name)
    {
        if (name == Embedder?.ModelName)
            return (Embeddings!, Embedder!);
        throw Generator is { } generator && AdapterOf(generator, name).IsThere
            ? RequestRefusedException.Of("model", $"'{name}' generates text and embeds none; serve an encoder folder beside it.")
            : NotThere(name);
    }

    public RequestRefusedException NotThere(string name) => new(404, "invalid_request_error", "model", "model_not_found",
        $"The model '{name}' does not exist. There are: {string.Join(", ", Names)}.");

    public static string NameOf(ServedGenerator generator, string? adapter) =>
        adapter is null ? generator.Name : generator.Name + Separator + adapter;

    private static (bool IsThere, string? Adapter) AdapterOf(ServedGenerator generator, string name)
    {
        foreach (var known in (string[])[generator.Name, Base])
        {
            if (name == known)
                return (true, null);
            if (name.StartsWith(known + Separator, StringComparison.Ordinal) && name[(known.Length + 1)..] is var adapter
                && generator.Generator.Adapters.Contains(adapter))
                return (true, adapter);
        }
        return (false, null);
    }
}
