using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// An adapter of FLARE alone, as a PEFT folder: adapter_config.json and adapter_model.safetensors with PEFT's names, what FLARE trains
/// beside them under names of its own, and flare_config.json for what PEFT does not know. Whole or not there.
/// </summary>
internal static class FlareFolder
{
    /// <summary>Fusion, source and head of the adapter; what makes a PEFT folder one of FLARE.</summary>
    public const string ConfigFile = "flare_config.json";

    /// <summary>Before the name of everything that PEFT knows.</summary>
    public const string Prefix = "base_model.model.";

    /// <summary>Parts of FLARE-MT, which belong to no model and have no prefix in a run either.</summary>
    public const string Projection = "proj.";

    private const string A = ".lora_A.weight", B = ".lora_B.weight";

    public static bool IsOne(string folder) => File.Exists(Path.Combine(folder, ConfigFile));

    /// <returns>The full path.</returns>
    /// <exception cref="IOException">Something is there.</exception>
    public static string CheckFree(string output) => PartialFolder.CheckFree(output);

    /// <param name="tensors">By their names in the base model without an adapter: <c>MODULE.lora_A.weight</c> [r, in],
    /// <c>MODULE.lora_B.weight</c> [out, r], <c>MODULE.fuse_cross_attention.query.weight</c>, <c>classifier.dense.weight</c>,
    /// <c>proj.weight</c>. They are written in this order, which is also that of
    /// the adapter in a model folder.</param>
    /// <param name="copied">Files that go along.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">There is no adapter among them.</exception>
    /// <exception cref="IOException">Something is there, or the disk is full; nothing is left then.</exception>
    public static long Write(string output, FlareFolderFacts facts, IReadOnlyList<FlareFolderTensor> tensors,
        IReadOnlyList<string>? copied = null, CancellationToken cancellationToken = default)
    {
        output = CheckFree(output);
        var config = Config(facts, tensors);
        var partial = $"{output}.partial-{Guid.NewGuid().ToString("N")[..8]}";
        Directory.CreateDirectory(partial);
        try
        {
            WriteFile(partial, PeftAdapter.ConfigFile, config.Write);
            WriteFile(partial, ConfigFile, stream => WriteFacts(stream, facts));
            WriteFile(partial, PeftAdapter.WeightsFile, stream => WriteTensors(stream, tensors, cancellationToken));
            foreach (var path in copied ?? [])
                File.Copy(path, Path.Combine(partial, Path.GetFileName(path)));
            var bytes = Directory.EnumerateFiles(partial).Sum(path => new FileInfo(path).Length);
            if (Directory.Exists(output))
                Directory.Delete(output);
            Directory.Move(partial, output);
            return bytes;
        }
        catch
        {
            Directory.Delete(partial, recursive: true);
            throw;
        }
    }

    private static void WriteFile(string folder, string name, Action<Stream> write)
    {
        using var file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        write(file);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The header knows all shapes; after it the data is streamed.</summary>
    private static void WriteTensors(Stream stream, IReadOnlyList<FlareFolderTensor> tensors, CancellationToken cancellationToken)
    {
        _ = new SafetensorsWriter(stream, [.. tensors.Select(t => (NameOf(t.Name), t.Shape))],
            new Dictionary<string, string> { ["format"] = "pt" });
        foreach (var tensor in tensors)
            tensor.Source.WriteTo(stream, cancellationToken);
    }

    private static string NameOf(string name) => name.StartsWith(Projection, StringComparison.Ordinal) ? name : Prefix + name;

    private static PeftConfigFile Config(FlareFolderFacts facts, IReadOnlyList<FlareFolderTensor> tensors)
    {
        var ranks = tensors.Where(t => t.Name.EndsWith(A, StringComparison.Ordinal))
            .ToDictionary(t => t.Name[..^A.Length], t => checked((int)t.Shape[0]), StringComparer.Ordinal);
        if (ranks.Count == 0 || tensors.Count(t => t.Name.EndsWith(B, StringComparison.Ordinal)) != ranks.Count)
            throw new ArgumentException($"There are {ranks.Count} factors lora_A; each module has one, and one lora_B.", nameof(tensors));
        var most = ranks.Values.GroupBy(r => r).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).First().Key;
        var saved = tensors.Select(t => SavedModule(t.Name)).OfType<string>().Distinct().ToArray();
        return new PeftConfigFile
        {
            BaseName = facts.BaseName,
            Rank = most,
            Alpha = facts.Settings.Alpha,
            TargetModules = Targets([.. ranks.Keys]),
            // keys are regular expressions: a dot in a path is one of any character, and no other path is that close
            RankPattern = ranks.Where(r => r.Value != most).ToDictionary(),
            ModulesToSave = saved.Length == 0 ? null : saved,
        };
    }

    /// <summary>What was trained whole, as PEFT names it; null for parts of the adapter.</summary>
    private static string? SavedModule(string name)
    {
        if (name.Contains(".lora_", StringComparison.Ordinal) || name.Contains(FlareKey.CrossAttention, StringComparison.Ordinal)
            || name.StartsWith(Projection, StringComparison.Ordinal))
            return null;
        return name.StartsWith("classifier.", StringComparison.Ordinal) ? "classifier" : name[..name.LastIndexOf('.')];
    }

    /// <summary>Last names, as PEFT writes them, where every layer has all of them; else whole paths.</summary>
    private static JsonArray Targets(IReadOnlyCollection<string> modules)
    {
        var layers = modules.GroupBy(FusionLinears.LayerOf).ToArray();
        var names = modules.Select(LastName).ToHashSet(StringComparer.Ordinal);
        var areAll = layers.Max(l => l.Key) == layers.Length - 1 && layers.All(l => l.Select(LastName).ToHashSet().SetEquals(names));
        return new JsonArray([.. (areAll ? names : modules).Order(StringComparer.Ordinal).Select(n => (JsonNode)n)]);
    }

    private static string LastName(string module) => module[(module.LastIndexOf('.') + 1)..];

    /// <summary>With the names of FLARE's own options where it has one.</summary>
    private static void WriteFacts(Stream stream, FlareFolderFacts facts)
    {
        var settings = facts.Settings;
        using (var writer = new Utf8JsonWriter(stream, PeftConfigFile.Indented))
        {
            new JsonObject
            {
                ["adapter_name"] = facts.Adapter ?? settings.AdapterName,
                ["fusion_fn"] = settings.Fusion?.Name(),
                ["cross_attention_heads"] = settings.Fusion == FusionFunction.CrossAttention ? settings.Heads : null,
                ["source"] = settings.Source.Name(),
                ["inputfusion"] = settings.JoinsTexts,
                ["task"] = settings.Task,
                ["source_lang"] = settings.SourceLanguage,
                ["target_lang"] = settings.TargetLanguage,
                ["max_length"] = settings.MaxLength,
                ["head"] = facts.Head,
                ["labels"] = facts.Labels,
                ["base_fingerprint"] = facts.BaseFingerprint,
                ["merged_adapter"] = facts.MergedAdapter,
            }.WriteTo(writer);
        }
        stream.WriteByte((byte)'\n');
    }
}
