using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>Checks that a model folder is what was exported: every hash, every graph, the canary of every adapter.</summary>
public static class FolderVerifier
{
    /// <summary>Runs every check, also after one has failed.</summary>
    /// <param name="folder">Model folder.</param>
    /// <param name="progress">Told of each check as it ends.</param>
    /// <param name="cancellationToken">Checked between checks and while hashing.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It has no manifest that can be read.</exception>
    public static IReadOnlyList<FolderCheck> Verify(
        string folder, IProgress<FolderCheck>? progress = null, CancellationToken cancellationToken = default)
    {
        var manifest = ModelManifest.Read(folder);
        var checks = new List<FolderCheck>();
        foreach (var check in Checks(folder, manifest, cancellationToken))
        {
            checks.Add(check);
            progress?.Report(check);
        }
        return checks;
    }

    private static IEnumerable<FolderCheck> Checks(string folder, ModelManifest manifest, CancellationToken cancellationToken)
    {
        var adapters = manifest.Adapters.Values.Select(a => new ManifestFile(a.File, a.Bytes, a.Sha256));
        var banks = manifest.Banks?.Values.Select(b => new ManifestFile(b.File, b.Bytes, b.Sha256)) ?? [];
        foreach (var file in manifest.Files.Concat(adapters).Concat(banks))
            yield return CheckHash(folder, file, cancellationToken);
        foreach (var graph in manifest.Files.Where(f => f.Path.EndsWith(".onnx", StringComparison.Ordinal)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return CheckGraph(folder, graph.Path);
        }
        foreach (var check in CheckAdapters(folder, manifest, cancellationToken))
            yield return check;
    }

    private static FolderCheck CheckHash(string folder, ManifestFile file, CancellationToken cancellationToken)
    {
        var name = $"sha256 {file.Path}";
        var path = Path.Combine(folder, file.Path);
        if (!File.Exists(path))
            return Failed(name, "the file is missing");
        using var stream = File.OpenRead(path);
        if (stream.Length != file.Bytes)
            return Failed(name, $"the file has {stream.Length} bytes; {file.Bytes} were exported");
        var sha256 = Convert.ToHexStringLower(SHA256.HashDataAsync(stream, cancellationToken).AsTask().GetAwaiter().GetResult());
        return sha256 == file.Sha256
            ? Passed(name, $"{file.Bytes} bytes")
            : Failed(name, $"the file has {sha256}; {file.Sha256} was exported");
    }

    private static FolderCheck CheckGraph(string folder, string graph)
    {
        var name = $"graph {graph}";
        try
        {
            using var options = QuietSession.Options();
            using var session = new InferenceSession(Path.Combine(folder, graph), options);
            return Passed(name, $"loads; {session.InputMetadata.Count} inputs, {session.OverridableInitializerMetadata.Count} optional");
        }
        catch (OnnxRuntimeException e) when (e.Message.Contains("NOT_IMPLEMENTED", StringComparison.OrdinalIgnoreCase))
        {
            // bfloat16 has no kernels on the CPU: that is this machine's limit and no fault of the graph.
            return new FolderCheck(name, FolderCheckOutcome.Skipped, $"this machine's providers cannot run it: {e.Message}");
        }
        catch (OnnxRuntimeException e)
        {
            return Failed(name, e.Message);
        }
    }

    private static IEnumerable<FolderCheck> CheckAdapters(
        string folder, ModelManifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.Adapters.Count == 0)
            yield break;
        if (manifest.Flare is not null)
        {
            foreach (var adapter in manifest.Adapters.Keys)
                yield return CheckFusionCanary(folder, manifest, adapter);
            yield break;
        }
        if (manifest.Encoder is not null)
        {
            foreach (var adapter in manifest.Adapters.Keys)
                yield return CheckVectorCanary(folder, manifest, adapter);
            yield break;
        }
        if (manifest.Decoder!.Translation is not null)
        {
            foreach (var adapter in manifest.Adapters.Keys)
                yield return CheckTranslationCanary(folder, adapter);
            yield break;
        }
        var (run, failure) = Load(folder);
        using var _ = run;
        foreach (var adapter in manifest.Adapters.Keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = $"canary {adapter}";
            yield return run is null ? failure! with { Name = name } : CheckCanary(run, adapter, name);
        }
    }

    private static (DecoderRun? Run, FolderCheck? Failure) Load(string folder)
    {
        try
        {
            return (new DecoderRun(ModelFolder.Load(folder)), null);
        }
        catch (InvalidDataException e)
        {
            return (null, Failed("", e.Message));
        }
    }

    private static FolderCheck CheckCanary(DecoderRun run, string adapter, string name)
    {
        try
        {
            run.Mount(adapter, canary: true);
            return Passed(name, "changes the logits of the canary prompt");
        }
        catch (InvalidDataException e)
        {
            return Failed(name, e.Message);
        }
    }

    private static FolderCheck CheckTranslationCanary(string folder, string adapter)
    {
        var name = $"canary {adapter}";
        try
        {
            var model = ModelFolder.Load(folder);
            var prompt = model.Manifest.Canary!.InputIds;
            CanaryCheck.Require(adapter, prompt.Count, First(null), First(adapter));
            return Passed(name, "changes the logits of the canary text");

            float[] First(string? mounted)
            {
                using var run = new TranslationRun(model, mounted);
                return run.First(prompt);
            }
        }
        catch (InvalidDataException e)
        {
            return Failed(name, e.Message);
        }
    }

    /// <summary>The heads are the adapter's, so that there is nothing without it: what must tell is the source.</summary>
    private static FolderCheck CheckFusionCanary(string folder, ModelManifest manifest, string adapter)
    {
        var name = $"canary {adapter}";
        long[] ids = [.. Enumerable.Range(0, Math.Min(8, manifest.Dimensions.VocabSize)).Select(i => (long)i)];
        var rows = new EncoderRows(1, ids.Length, ids, [.. ids.Select(_ => 1L)], null);
        try
        {
            using var run = new FusionRun(folder, manifest, adapter);
            var output = manifest.Flare!.Head == "question_answering" ? "start_logits" : "logits";
            if (manifest.Flare.Source != "model")
                return run.Run(FusionRows.Alone(rows), [output])[0].All(float.IsFinite)
                    ? Passed(name, "gives numbers for the canary prompt") : Failed(name, "gives no finite numbers for the canary prompt");
            var states = run.SourceStates(rows);
            var fused = run.Run(FusionRows.Released(rows, states), [output])[0];
            var alone = run.Run(FusionRows.Alone(rows), [output])[0];
            return fused.AsSpan().SequenceEqual(alone)
                ? Failed(name, "the canary prompt gives the same with a source and without it")
                : Passed(name, "the source changes what the canary prompt gives");
        }
        catch (InvalidDataException e)
        {
            return Failed(name, e.Message);
        }
    }

    private static FolderCheck CheckVectorCanary(string folder, ModelManifest manifest, string adapter)
    {
        const string Vector = "sentence_embedding";
        var name = $"canary {adapter}";
        long[] ids = [.. manifest.Canary?.InputIds ?? [manifest.Encoder!.PadTokenId]];
        var rows = new EncoderRows(1, ids.Length, ids, [.. ids.Select(_ => 1L)], null);
        try
        {
            using var plain = new EncoderRun(folder, manifest, GraphRoles.Embedding);
            using var adapted = new EncoderRun(folder, manifest, GraphRoles.Embedding, adapter);
            return plain.Run(rows, [Vector])[0].AsSpan().SequenceEqual(adapted.Run(rows, [Vector])[0])
                ? Failed(name, "the canary prompt has the same vector with it and without it")
                : Passed(name, "changes the vector of the canary prompt");
        }
        catch (InvalidDataException e)
        {
            return Failed(name, e.Message);
        }
    }

    private static FolderCheck Passed(string name, string detail) => new(name, FolderCheckOutcome.Passed, detail);

    private static FolderCheck Failed(string name, string detail) => new(name, FolderCheckOutcome.Failed, detail);
}
