using System.Globalization;

namespace XlLoraOnnx.Runtime;

/// <summary>One recorded prompt of a reference file.</summary>
/// <param name="Name"><c>prompt.i</c>.</param>
/// <param name="InputIds">[length], chat template applied.</param>
/// <param name="Logits">[positions, vocab], row-major: every position, or the last one only.</param>
/// <param name="Positions">Rows of <paramref name="Logits"/>.</param>
/// <param name="Greedy">Tokens that the reference chose; empty if not recorded.</param>
/// <param name="Margin">Winner minus runner-up at each of them; empty if not recorded.</param>
internal sealed record ReferencePrompt(string Name, int[] InputIds, float[] Logits, int Positions, int[] Greedy, float[] Margin)
{
    /// <summary>Reads <c>prompt.i.{input_ids,logits,greedy,margin}</c> for i = 0, 1, …</summary>
    /// <exception cref="InvalidDataException">No prompts, or tensors that do not fit each other or the vocabulary.</exception>
    public static IReadOnlyList<ReferencePrompt> ReadAll(string path, int vocabulary)
    {
        using var file = SafetensorsFile.Open(path);
        var prompts = new List<ReferencePrompt>();
        for (var i = 0; ; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"prompt.{i}");
            if (!file.Tensors.ContainsKey($"{name}.input_ids"))
                break;
            prompts.Add(Read(file, path, name, vocabulary));
        }
        return prompts.Count > 0 ? prompts : throw new InvalidDataException(
            $"'{path}' records no prompts: it has no tensor 'prompt.0.input_ids'. A reference holds prompt.i.input_ids and " +
            "prompt.i.logits, and may hold prompt.i.greedy and prompt.i.margin; " +
            $"this file holds {string.Join(", ", file.Tensors.Keys.Take(5))} …");
    }

    private static ReferencePrompt Read(SafetensorsFile file, string path, string name, int vocabulary)
    {
        if (!file.Tensors.TryGetValue($"{name}.logits", out var logits))
            throw new InvalidDataException($"'{path}' has '{name}.input_ids' but no '{name}.logits'.");
        var ids = ReadIds(file, path, $"{name}.input_ids", vocabulary);
        if (logits.Shape is not [var positions, var width] || width != vocabulary || (positions != 1 && positions != ids.Length))
            throw new InvalidDataException(
                $"'{path}': '{name}.logits' has shape [{string.Join(", ", logits.Shape)}]; for {ids.Length} input ids and this model's " +
                $"vocabulary it must be [1, {vocabulary}] or [{ids.Length}, {vocabulary}]. Is it the reference of another model?");
        var greedy = file.Tensors.ContainsKey($"{name}.greedy") ? ReadIds(file, path, $"{name}.greedy", vocabulary) : [];
        var margin = file.Tensors.ContainsKey($"{name}.margin") ? file.ReadFloat32($"{name}.margin") : [];
        if (margin.Length != greedy.Length)
            throw new InvalidDataException($"'{path}': '{name}.greedy' has {greedy.Length} values and '{name}.margin' {margin.Length}.");
        return new ReferencePrompt(name, ids, file.ReadFloat32($"{name}.logits"), (int)positions, greedy, margin);
    }

    private static int[] ReadIds(SafetensorsFile file, string path, string tensor, int vocabulary)
    {
        var values = file.ReadInt64(tensor);
        if (values.Length == 0)
            throw new InvalidDataException($"'{path}': '{tensor}' is empty.");
        foreach (var id in values)
        {
            if (id < 0 || id >= vocabulary)
                throw new InvalidDataException(
                    $"'{path}': '{tensor}' holds token id {id}; this model has ids 0 to {vocabulary - 1}. " +
                    "Is it the reference of another model?");
        }
        return Array.ConvertAll(values, id => (int)id);
    }
}
