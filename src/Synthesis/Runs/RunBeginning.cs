using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Begins a run, or finds that it was begun.</summary>
internal static class RunBeginning
{
    /// <param name="folder">Where run.json is or will be; null where the run has none.</param>
    /// <exception cref="InvalidDataException">The folder holds something else, or a run with other options.</exception>
    public static RunManifest Open(
        RunFolder? folder, RunSource source, SynthesisOptions options, SynthesisJobOptions job, RunInput input)
    {
        var identity = RunIdentity.Of(source, options, job, input);
        if (folder is null)
            return New(source, options, input, identity);
        folder.Create();
        if (!RunFolder.IsRun(folder.FullPath))
        {
            var manifest = New(source, options, input, identity) with
            {
                Options = RecordedJob.Of(source, options, job, folder).ToJson(),
                CommandLine = job.Command.Count == 0 ? null : RunCommand.Line(job.Command),
            };
            RunFiles.Publish(folder.Manifest, manifest.ToBytes());
        }
        var found = RunManifest.Read(folder.Manifest);
        var differences = RunIdentity.Differences(found.Identity, identity);
        CheckPlace(folder, found, job.Backend?.Place);
        return differences.Count == 0 ? found : throw new InvalidDataException(
            $"{folder.FullPath} was begun with other options, so it cannot be continued with these:\n  "
            + string.Join("\n  ", differences) + "\nUse the options of before, or another --output. Nothing was changed.");
    }

    /// <summary>Answers that are elsewhere would all be made again.</summary>
    private static void CheckPlace(RunFolder folder, RunManifest found, string? place)
    {
        var recorded = found.Options is { ValueKind: JsonValueKind.Object } options && options.TryGetProperty("backend", out var backend)
            ? backend.ToString() : null;
        if (recorded != place)
            throw new InvalidDataException($"{folder.FullPath} has its answers in {recorded ?? "its journals"}, and this command looks for "
                + $"them in {place ?? "the folder"}. {(recorded is null ? "Leave --run out" : "Give --run")}, or another --output. Nothing was "
                + "changed.");
    }

    private static RunManifest New(
        RunSource source, SynthesisOptions options, RunInput input, SortedDictionary<string, string> identity) =>
        new()
        {
            Format = RunManifest.CurrentFormat,
            // the same for all processes that begin the same run at the same time
            RunId = RunIdentity.NameOf(identity),
            Created = DateTimeOffset.UtcNow,
            ToolVersion = source.ToolVersion,
            Input = input,
            ShardRows = ShardRows(input.Rows),
            Identity = identity,
            Prompts = new SortedDictionary<string, string>(
                options.Strategy.Templates.ToDictionary(t => t.Key, t => t.Value), StringComparer.Ordinal),
        };

    /// <summary>Anchors that are cut into so many shards that a few processes share them well, and that a dead one loses little
    /// time.</summary>
    private static int ShardRows(long rows) => (int)Math.Clamp(rows / 64, 16, 4096);
}
