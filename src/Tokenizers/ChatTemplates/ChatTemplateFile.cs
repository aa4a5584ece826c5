using System.Text.Json;

namespace XlLoraOnnx.Tokenizers;

/// <summary>The chat template of a folder, with the special tokens that it prints.</summary>
/// <param name="BosToken">Text of the token, as tokenizer_config.json has it; null if it names none.</param>
public sealed record ChatTemplateFile(ChatTemplate Template, string? BosToken, string? EosToken)
{
    private const string Config = "tokenizer_config.json";
    private const string Plain = "chat_template.jinja";
    private const string Wrapped = "chat_template.json";

    /// <summary>chat_template.jinja, else tokenizer_config.json, else chat_template.json: the first stands above the second in transformers
    /// too (tokenization_utils_base.py).</summary>
    /// <exception cref="InvalidDataException">A file or the template is malformed.</exception>
    /// <exception cref="NotSupportedException">There is no template, or it uses what the interpreter does not run.</exception>
    public static ChatTemplateFile Load(string folder)
    {
        var path = Path.Combine(folder, Config);
        using var config = File.Exists(path) ? UntrustedJson.Parse(path) : null;
        var (text, name) = Find(folder, config?.RootElement);
        return new ChatTemplateFile(
            ChatTemplate.Parse(text, name), Token(config?.RootElement, "bos_token", path), Token(config?.RootElement, "eos_token", path));
    }

    /// <summary>Renders a conversation, and the beginning of the model's answer.</summary>
    public string Render(IReadOnlyList<ChatTurn> messages, DateTimeOffset now) => Render(messages, now, addGenerationPrompt: true);

    /// <summary>Renders a conversation.</summary>
    /// <param name="now">What strftime_now prints; null if templates shall not know the time.</param>
    /// <param name="addGenerationPrompt">Whether the beginning of the model's answer follows.</param>
    public string Render(IReadOnlyList<ChatTurn> messages, DateTimeOffset? now, bool addGenerationPrompt)
    {
        var variables = JsonSerializer.SerializeToElement(new ChatVariables
        {
            Messages = messages,
            BosToken = BosToken ?? "",
            EosToken = EosToken ?? "",
            AddGenerationPrompt = addGenerationPrompt,
        }, ChatJson.Default.ChatVariables);
        return Template.Render(variables, now);
    }

    private static (string Text, string Name) Find(string folder, JsonElement? config)
    {
        var plain = Path.Combine(folder, Plain);
        if (File.Exists(plain))
            return (UntrustedJson.ReadText(plain), $"'{plain}'");
        if (config?.TryGetProperty("chat_template", out var template) == true && template.ValueKind != JsonValueKind.Null)
            return (Choose(template, Path.Combine(folder, Config)), $"'{Path.Combine(folder, Config)}' (chat_template)");
        var wrapped = Path.Combine(folder, Wrapped);
        if (!File.Exists(wrapped))
            throw new NotSupportedException(
                $"'{folder}' has no chat template: neither {Plain}, nor chat_template in {Config}, nor {Wrapped}. "
                + "Export a chat (\"-it\") checkpoint.");
        using var document = UntrustedJson.Parse(wrapped);
        if (!document.RootElement.TryGetProperty("chat_template", out template))
            throw new InvalidDataException($"'{wrapped}' has no chat_template.");
        return (Choose(template, wrapped), $"'{wrapped}'");
    }

    /// <summary>One template, or a list of named ones of which <c>default</c> is meant.</summary>
    private static string Choose(JsonElement template, string path)
    {
        if (template.ValueKind == JsonValueKind.String)
            return template.GetString()!;
        if (template.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException(
                $"'{path}': chat_template is {template.ValueKind}, expected a string or a list of named templates.");
        foreach (var entry in template.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object
                || !entry.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
                || !entry.TryGetProperty("template", out var text) || text.ValueKind != JsonValueKind.String)
                throw new InvalidDataException($"'{path}': an entry of the list chat_template has no name and template.");
            if (name.GetString() == "default")
                return text.GetString()!;
        }
        throw new NotSupportedException(
            $"'{path}': none of the {template.GetArrayLength()} templates in chat_template is named 'default'.");
    }

    /// <summary>A string, or an object with its content (AddedToken).</summary>
    private static string? Token(JsonElement? config, string name, string path)
    {
        if (config is not { } root || !root.TryGetProperty(name, out var token) || token.ValueKind == JsonValueKind.Null)
            return null;
        if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out var content))
            token = content;
        return token.ValueKind == JsonValueKind.String
            ? token.GetString()
            : throw new InvalidDataException($"'{path}': {name} is {token.ValueKind}, expected a string or an object with its content.");
    }
}
