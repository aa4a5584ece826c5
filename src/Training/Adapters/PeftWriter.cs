using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Training;

/// <summary>What an adapter folder says of itself.</summary>
/// <param name="BaseName">What the adapter calls its base.</param>
/// <param name="Text">Where the text model lies within the base, e.g. <c>model.</c> or <c>model.language_model.</c></param>
/// <param name="Slots">All linear modules of the text model; those with parameters are the adapter's.</param>
internal sealed record PeftSource(string BaseName, string Text, IReadOnlyList<LoraSlot> Slots, AdapterTrainingOptions Options)
{
    /// <summary>Of the graph, e.g. <c>model.layers.0.mlp.up_proj</c>, under its path in the base.</summary>
    public string InBase(string module) => Text + module["model.".Length..];
}

/// <summary>Parameters to a PEFT folder, which is there whole or not at all.</summary>
internal static partial class PeftWriter
{
    private const string Key = "base_model.model.";

    /// <param name="folder">What is written until it is whole, on the same disk; begun anew if it is there.</param>
    /// <param name="output">What it is called then: nothing, or an empty folder.</param>
    /// <param name="parameters">Of <see cref="LoraParameters.Create"/>.</param>
    /// <param name="readme">The card.</param>
    /// <param name="copied">Files that go along.</param>
    /// <exception cref="IOException">The disk is full, for example; <paramref name="output"/> is as it was.</exception>
    public static void Write(string folder, string output, PeftSource source, IReadOnlyList<Parameter> parameters, string readme,
        IReadOnlyList<string> copied)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        WriteFile(folder, PeftAdapter.ConfigFile, stream => WriteSettings(stream, source, parameters));
        WriteFile(folder, PeftAdapter.WeightsFile, stream => WriteWeights(stream, source, parameters));
        WriteFile(folder, "README.md", stream => stream.Write(Encoding.UTF8.GetBytes(readme)));
        foreach (var path in copied)
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        if (Directory.Exists(output))
            Directory.Delete(output);
        Directory.Move(folder, output);
    }

    private static void WriteFile(string folder, string name, Action<Stream> write)
    {
        using var file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        write(file);
        file.Flush(flushToDisk: true);
    }

    private static void WriteWeights(Stream stream, PeftSource source, IReadOnlyList<Parameter> parameters)
    {
        var tensors = parameters.Select(p => (Name: Key + source.InBase(p.Name), p)).OrderBy(t => t.Name, StringComparer.Ordinal).ToArray();
        var writer = new SafetensorsWriter(stream,
            [.. tensors.Select(t => (t.Name, (IReadOnlyList<long>)[t.p.Shape[1], t.p.Shape[0]]))],
            new Dictionary<string, string> { ["format"] = "pt" });
        foreach (var (name, parameter) in tensors)
            writer.Write(name, Transposed(parameter));
    }

    /// <summary>[in, r] to [r, in], and [r, out] to [out, r].</summary>
    private static float[] Transposed(Parameter parameter)
    {
        var values = parameter.Values;
        var (rows, columns) = ((int)parameter.Shape[0], (int)parameter.Shape[1]);
        var transposed = new float[values.Length];
        for (var i = 0; i < rows; i++)
        {
            for (var k = 0; k < columns; k++)
                transposed[k * rows + i] = values[i * columns + k];
        }
        return transposed;
    }

    private static void WriteSettings(Stream stream, PeftSource source, IReadOnlyList<Parameter> parameters) => new PeftConfigFile
    {
        BaseName = source.BaseName,
        Rank = source.Options.Rank,
        Alpha = source.Options.Alpha,
        Dropout = source.Options.Dropout,
        TargetModules = Targets(source, parameters),
        TaskType = "CAUSAL_LM",
    }.Write(stream);

    /// <summary>Last names where they mean no other module of the base, as PEFT writes them; else an expression over whole paths: a vision
    /// tower has modules of the same names.</summary>
    private static JsonNode Targets(PeftSource source, IReadOnlyList<Parameter> parameters)
    {
        var own = parameters.Select(p => p.Name[..p.Name.LastIndexOf(".lora_", StringComparison.Ordinal)]).ToHashSet();
        var names = source.Slots.Where(s => own.Contains(s.Name)).Select(LoraParameters.LastName).ToHashSet();
        if (source.Text == "model." && source.Slots.All(s => own.Contains(s.Name) == names.Contains(LoraParameters.LastName(s))))
            return new JsonArray([.. names.Order(StringComparer.Ordinal).Select(n => (JsonNode)n)]);
        var inLayers = own.Select(InLayer).ToHashSet();
        if (source.Slots.Any(s => own.Contains(s.Name) != inLayers.Contains(InLayer(s.Name))))
            return string.Join('|', source.Slots.Where(s => own.Contains(s.Name)).Select(s => Regex.Escape(source.InBase(s.Name))));
        return $@"{Regex.Escape(source.Text)}layers\.\d+\.(?:"
            + $"{string.Join('|', inLayers.Order(StringComparer.Ordinal).Select(Regex.Escape))})";
    }

    /// <summary>e.g. <c>mlp.up_proj</c></summary>
    private static string InLayer(string module) => Layer().Replace(module, "");

    [GeneratedRegex(@"^model\.layers\.\d+\.", RegexOptions.CultureInvariant)]
    private static partial Regex Layer();
}
