using System.Text.RegularExpressions;

namespace XlLoraOnnx.Exporter;

/// <summary>What adapter_config.json and flare_config.json say of a folder that <see cref="FlareFolder"/> writes.</summary>
internal sealed class FlareFolderSettings
{
    private readonly PeftAdapterConfig _peft;
    private readonly HashSet<string> _saved;

    /// <exception cref="FileNotFoundException">One of the two is missing.</exception>
    /// <exception cref="InvalidDataException">One is malformed, lacks something, or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">A setting is none that FLARE has, or that is done here.</exception>
    public FlareFolderSettings(string folder)
    {
        Flare = ConfigReader.Open(Path.Combine(folder, FlareFolder.ConfigFile));
        var path = Path.Combine(folder, PeftAdapter.ConfigFile);
        if (!File.Exists(path))
            throw new FileNotFoundException($"'{folder}' has {FlareFolder.ConfigFile} and no {PeftAdapter.ConfigFile}. Copy it again.", path);
        Lora = ConfigReader.Open(path);
        var reasons = new List<string>();
        _peft = new PeftAdapterConfig(Lora, reasons, takesModules: true);
        if (reasons.Count > 0)
            throw new NotSupportedException(string.Join(' ', reasons));
        // PEFT has a default for it, and the shapes of a folder that lost it would be anybody's
        if (!Lora.Has("r"))
            throw new InvalidDataException($"{Lora.Describe("r")}; it must say the rank. Write the adapter again.");
        _saved = [.. Lora.OptionalStrings("modules_to_save") ?? []];
        Adapter = Required("adapter_name");
        CheckFusion();
        BaseFingerprint = Flare.OptionalString("base_fingerprint");
        if (BaseFingerprint is not null)
            BaseFingerprints.ModelVersion(BaseFingerprint);
        MergedAdapter = Flare.OptionalString("merged_adapter");
    }

    /// <summary>flare_config.json, whose names are those of results_test.json where that has them.</summary>
    public ConfigReader Flare { get; }

    /// <summary>adapter_config.json</summary>
    public ConfigReader Lora { get; }

    /// <summary>What FLARE calls the adapter.</summary>
    public string Adapter { get; }

    /// <summary>Of the model that the adapter was trained over; null where nobody said.</summary>
    public string? BaseFingerprint { get; }

    /// <summary><see cref="Formats.MergedAdapter.Sha256"/> of what was merged into that model; null where it is not known.</summary>
    public string? MergedAdapter { get; }

    /// <summary>What the tensors must be that these settings are of.</summary>
    /// <exception cref="InvalidDataException">They are others.</exception>
    public void Check(FlareRun run)
    {
        try
        {
            foreach (var (name, module) in run.Modules)
                CheckModule(run, name, module);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InvalidDataException($"'{Lora.Path}': the regular expression '{e.Pattern}' takes too long to match.", e);
        }
        if (run.Base.Keys.Select(FlareKey.ModuleOf).FirstOrDefault(module => !_saved.Contains(module)) is { } stray)
            throw new NotSupportedException($"'{run.Folder}' holds '{stray}', which is no part of the adapter, and modules_to_save in "
                + $"{PeftAdapter.ConfigFile} does not name it.");
        var head = FlareShape.HeadOf(run.Head);
        if (Required("head") is var said && said != (head?.Kind ?? FlareShape.LanguageModel))
            throw new InvalidDataException($"{Flare.Describe("head")}; the tensors of '{run.Folder}' are "
                + $"{(head is null ? $"those of a {FlareShape.LanguageModel}: there is no head" : $"a head for {head.Value.Kind}")}.");
        if (Flare.PositiveInt("labels", 0) is var labels && head is not null && labels != head.Value.Labels)
            throw new InvalidDataException($"{Flare.Describe("labels")}; the head of '{run.Folder}' has {head.Value.Labels}.");
    }

    private void CheckModule(FlareRun run, string name, FlareModule module)
    {
        if (!_peft.Selects(name))
            throw new InvalidDataException($"'{run.Folder}' holds an adapter of '{name}', which {Lora.Describe("target_modules")} "
                + "leaves out.");
        if (module.Rank != _peft.RankOf(name))
            throw new InvalidDataException($"'{module.A!.File.Path}': '{module.A.Tensor.Name}' {module.A.Tensor.ShapeText} has rank "
                + $"{module.Rank}; r or rank_pattern in {PeftAdapter.ConfigFile} says {_peft.RankOf(name)}.");
        if (_peft.ScaleOf(name) != (float)(_peft.Alpha / module.Rank))
            throw new NotSupportedException($"'{Lora.Path}': '{name}' has the scale {_peft.ScaleOf(name)} by use_rslora or alpha_pattern; "
                + $"FLARE's is lora_alpha / r, {_peft.Alpha / module.Rank}.");
    }

    private void CheckFusion()
    {
        var name = Required("source");
        var source = FlareSources.Find(name) ?? throw new NotSupportedException(
            $"{Flare.Describe("source")}; there are {FlareSources.All}.");
        var fusion = Flare.OptionalString("fusion_fn");
        if (source != FlareSource.None && fusion is null)
            throw new InvalidDataException($"{Flare.Describe("fusion_fn")}, and the adapter sees a source ({name}); there are "
                + $"{FusionFunctions.All}.");
        if (source == FlareSource.None && fusion is not null)
            throw new InvalidDataException($"{Flare.Describe("fusion_fn")}, and source is {name}: there is nothing to be fused.");
        if (fusion is not null)
            FusionFunctions.Parse(fusion, Flare.Describe("fusion_fn"));
    }

    private string Required(string name) => Flare.OptionalString(name) ?? throw new InvalidDataException(
        $"{Flare.Describe(name)}; {FlareFolder.ConfigFile} must say it. Write the adapter again.");
}
