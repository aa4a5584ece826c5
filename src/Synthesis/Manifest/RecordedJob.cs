using System.Text.Json;
using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary>How a run was begun, as it stands in run.json: all that is needed to take it up again, by whomever.</summary>
/// <remarks>
/// What belongs to a process and not to the run (its part of the rows, its devices) is not here. Paths are those of
/// <see cref="RecordedPath"/>.
/// </remarks>
internal sealed record RecordedJob
{
    public const int CurrentVersion = 1;

    public required int Version { get; init; }

    /// <summary>Null where it was no model folder.</summary>
    public required RecordedModel? Model { get; init; }

    public required string Input { get; init; }

    /// <summary>Of a folder with several; null where it has one. Runs of before folders were read do not have it.</summary>
    public string? Split { get; init; }

    /// <summary>Column of texts to be translated; null where nobody named one, and of other runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Column { get; init; }

    /// <summary>With the language of each row; null where rows have none. Runs of before rows had one do not have it.</summary>
    public string? LanguageColumn { get; init; }

    /// <summary>A table of triplets beside the run folder, as its ending says; null where none is wanted.</summary>
    /// <remarks>CSV was the only one when the field got its name.</remarks>
    [JsonPropertyName("csv")]
    public required string? Table { get; init; }

    public required long? Limit { get; init; }

    public required bool Dedupe { get; init; }

    public required bool RejectNearDuplicates { get; init; }

    public required int? MaxOccurrences { get; init; }

    /// <summary>Null without a judge.</summary>
    public required RecordedJudge? Judge { get; init; }

    public required bool RejectJudged { get; init; }

    public required double LeaseTimeoutSeconds { get; init; }

    public required string? License { get; init; }

    /// <summary>File of the truth of a closed world; null without one.</summary>
    public required string? Truth { get; init; }

    public required int ReportRows { get; init; }

    /// <summary><see cref="SynthesisBackend.Place"/> of where the answers are; null where they are in the run folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Backend { get; init; }

    public required RecordedSynthesis Synthesis { get; init; }

    /// <param name="options">With the sampling that is used.</param>
    public static RecordedJob Of(RunSource source, SynthesisOptions options, SynthesisJobOptions job, RunFolder folder)
    {
        var workingFolder = Directory.GetCurrentDirectory();
        string Recorded(string path) => RecordedPath.Of(path, folder.FullPath, workingFolder);
        return new RecordedJob
        {
            Version = CurrentVersion,
            Model = source.Loaded is { } model ? model with { Folder = Recorded(model.Folder) } : null,
            Input = Recorded(job.Input),
            Split = job.Split,
            Column = job.Column,
            LanguageColumn = job.LanguageColumn,
            Table = folder.Table is { } table ? RecordedPath.Of(table, folder.FullPath, Path.GetDirectoryName(folder.FullPath)!) : null,
            Limit = job.Limit,
            Dedupe = job.Dedupe,
            RejectNearDuplicates = job.RejectNearDuplicates,
            MaxOccurrences = job.MaxOccurrences,
            Judge = job.Judge is { } judge
                ? new RecordedJudge(judge.GetService(typeof(TextEmbedder)) is TextEmbedder embedder ? Recorded(embedder.Folder) : null)
                : null,
            RejectJudged = job.RejectJudged,
            LeaseTimeoutSeconds = job.LeaseTimeout.TotalSeconds,
            License = job.License,
            Truth = job.Truth is { } truth ? Recorded(truth.FilePath) : null,
            ReportRows = job.ReportRows,
            Backend = job.Backend?.Place,
            Synthesis = RecordedSynthesis.Of(options, Recorded),
        };
    }

    /// <param name="where">The file that it stands in.</param>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    /// <exception cref="NotSupportedException">A newer version wrote it.</exception>
    public static RecordedJob Parse(JsonElement json, string where)
    {
        try
        {
            var version = json.GetProperty("version").GetInt32();
            if (version != CurrentVersion)
                throw new NotSupportedException($"{where} has options of version {version}; this version reads {CurrentVersion}. "
                    + "Use the version of xllora-onnx that began the run.");
            return json.Deserialize(RunJson.Default.RecordedJob)
                ?? throw new InvalidDataException($"{where}: its options are null; they must describe a job.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{where}: its options do not describe a job: {e.Message} Was it edited?", e);
        }
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, RunJson.Default.RecordedJob);

    /// <summary>The job without its judge and its truth, which are files to be loaded.</summary>
    /// <param name="runFolder">Full path of the folder, where it is now.</param>
    /// <exception cref="NotSupportedException">The prompts are those of a strategy that this program does not have.</exception>
    public SynthesisJobOptions ToJob(string runFolder)
    {
        // a table of a folder that has another name now is somebody else's
        var table = Table is null ? null : RecordedPath.Full(Table, runFolder);
        return new SynthesisJobOptions
        {
            Input = RecordedPath.Full(Input, runFolder),
            Split = Split,
            Column = Column,
            LanguageColumn = LanguageColumn,
            Output = table is not null && Path.ChangeExtension(table, ".run") == runFolder ? table : runFolder,
            Synthesis = Synthesis.ToOptions(runFolder),
            Limit = Limit,
            Dedupe = Dedupe,
            RejectNearDuplicates = RejectNearDuplicates,
            MaxOccurrences = MaxOccurrences,
            RejectJudged = RejectJudged,
            LeaseTimeout = TimeSpan.FromSeconds(LeaseTimeoutSeconds),
            License = License,
            ReportRows = ReportRows,
        };
    }
}

/// <param name="BatchSize">See <see cref="XlLoraModelOptions.BatchSize"/>.</param>
/// <param name="Canary">See <see cref="XlLoraModelOptions.Canary"/>.</param>
/// <param name="Search">How a model that translates looks for its answers; null for greedily.</param>
internal sealed record RecordedModel(string Folder, int BatchSize, bool Canary,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RecordedSearch? Search = null)
{
    public static RecordedModel Of(XlLoraModel model) => new(model.Info.Folder, model.Options.BatchSize, model.Options.Canary,
        model.Options.NumBeams == 1 ? null
            : new RecordedSearch(model.Options.NumBeams, model.Options.LengthPenalty, model.Options.EarlyStopping));

    /// <summary>What belongs to the run of how the model was loaded.</summary>
    public XlLoraModelOptions ToOptions()
    {
        var options = new XlLoraModelOptions { BatchSize = BatchSize, Canary = Canary };
        return Search is not { } search ? options : options with
        {
            NumBeams = search.NumBeams,
            LengthPenalty = search.LengthPenalty,
            EarlyStopping = search.EarlyStopping,
        };
    }
}

/// <param name="NumBeams">See <see cref="XlLoraModelOptions.NumBeams"/>.</param>
/// <param name="LengthPenalty">See <see cref="XlLoraModelOptions.LengthPenalty"/>.</param>
/// <param name="EarlyStopping">See <see cref="XlLoraModelOptions.EarlyStopping"/>.</param>
internal sealed record RecordedSearch(int NumBeams, double LengthPenalty, bool EarlyStopping);

/// <param name="Folder">Null where it was no encoder folder.</param>
internal sealed record RecordedJudge(string? Folder);
