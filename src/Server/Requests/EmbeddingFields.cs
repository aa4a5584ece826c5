using System.Text.Json;

namespace XlLoraOnnx.Server;

/// <summary>Body of <c>/v1/embeddings</c>, read.</summary>
/// <param name="IsBase64">Whether vectors come as the bytes of little-endian float32 rather than as numbers.</param>
internal sealed record EmbeddingFields(XlLoraEmbeddingGenerator Embeddings, string Model, IReadOnlyList<string> Texts, bool IsBase64)
{
    /// <summary>As in OpenAI's API.</summary>
    private const int MaxTexts = 2048;

    public static EmbeddingFields Read(JsonElement body, ServedModels models)
    {
        var fields = new JsonFields(body);
        var name = fields.Required("model");
        var (embeddings, embedder) = models.Embedding(name);
        // nothing in a model folder says that the front of its vectors is a vector too, as Matryoshka training makes it
        if (fields.Integer("dimensions", least: 1) is { } dimensions && dimensions != embedder.Dimension)
            throw RequestRefusedException.Unsupported("dimensions",
                $"'dimensions' is {dimensions}; vectors of '{name}' have {embedder.Dimension} numbers, and were not trained to be cut.");
        return new EmbeddingFields(embeddings, name, Input(fields), IsBase64Of(fields));
    }

    private static IReadOnlyList<string> Input(JsonFields fields)
    {
        if (fields.Value("input") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0
            && list[0].ValueKind is JsonValueKind.Number or JsonValueKind.Array)
            throw RequestRefusedException.Unsupported(
                "input", "'input' holds token ids; give texts, which the model's own tokenizer reads.");
        var texts = fields.Texts("input", MaxTexts);
        return texts.Count > 0 && texts.All(t => t.Length > 0) ? texts
            : throw RequestRefusedException.Of(
                "input", "'input' is missing or empty, or holds an empty text; it must be a text or a list of them.");
    }

    private static bool IsBase64Of(JsonFields fields) => fields.Text("encoding_format") switch
    {
        null or "float" => false,
        "base64" => true,
        var other => throw RequestRefusedException.Of("encoding_format", $"'encoding_format' is '{other}'; it must be float or base64."),
    };
}
