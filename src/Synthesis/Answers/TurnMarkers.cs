namespace XlLoraOnnx.Synthesis;

/// <summary>What a chat template leaves before and after an answer.</summary>
internal static class TurnMarkers
{
    /// <summary>After these nothing is the answer any more.</summary>
    private static readonly string[] Ends =
    [
        "<end_of_turn>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<|im_end|>", "<|end|>", "</s>", "<eos>", "\nuser\n",
        "\nmodel\n", "\nassistant\n", "\nUser:", "\nHuman:", "<start_of_turn>user", "<|im_start|>user",
    ];

    private static readonly string[] Starts =
    [
        "<start_of_turn>model\n", "<start_of_turn>model", "<start_of_turn>", "<|start_header_id|>assistant<|end_header_id|>",
        "<|im_start|>assistant\n", "<|assistant|>", "[/INST]", "<|begin_of_text|>", "<bos>", "<s>", "</s>", "<end_of_turn>", "user\n",
        "model\n", "assistant\n", "Model:", "model:", "Assistant:", "assistant:",
    ];

    /// <returns>The text without them; the same where it has none.</returns>
    public static string Cut(string text)
    {
        if (!text.AsSpan().ContainsAny("<[\n:"))
            return text;
        for (var i = 0; i < Starts.Length; i++)
        {
            if (!text.StartsWith(Starts[i], StringComparison.Ordinal))
                continue;
            text = text[Starts[i].Length..].TrimStart();
            i = -1;
        }
        var end = text.Length;
        foreach (var marker in Ends)
            if (text.IndexOf(marker, StringComparison.Ordinal) is >= 0 and var at && at < end)
                end = at;
        return end == text.Length ? text : text[..end].TrimEnd();
    }
}
