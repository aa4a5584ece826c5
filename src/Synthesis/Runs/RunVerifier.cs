using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Checks a run folder against its own receipts; needs neither the model nor a network.</summary>
public static class RunVerifier
{
    /// <summary>Whether a folder holds a run of <see cref="SynthesisJob"/>.</summary>
    public static bool IsRunFolder(string path) => RunFolder.IsRun(path);

    /// <summary>Every file against its hash, every line against the Merkle root, the tables of triplets against each other.</summary>
    /// <exception cref="FileNotFoundException">The folder has no run.json.</exception>
    /// <exception cref="InvalidDataException">run.json is damaged, or the run is not complete.</exception>
    public static IReadOnlyList<RunCheck> Verify(string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.Combine(folder, RunManifest.FileName);
        if (!File.Exists(path))
            throw new FileNotFoundException($"{folder} is no run folder: it has no {RunManifest.FileName}.", path);
        var manifest = RunManifest.Read(path);
        if (manifest.Outcome is not { } outcome)
            throw new InvalidDataException($"The run in {folder} is not complete; run the command that began it again, then verify.");
        List<RunCheck> checks = [];
        foreach (var (name, expected) in outcome.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            checks.Add(CheckFile(Path.Combine(folder, name), name, expected));
        }
        if (File.Exists(Path.Combine(folder, TableName(outcome, TripletFormat.JsonLines))) && File.Exists(Path.Combine(folder, RunFolder.Receipts)))
            checks.AddRange(CheckLines(folder, outcome, cancellationToken));
        return checks;
    }

    /// <summary>Whether all files are there as they were written.</summary>
    internal static bool HasFiles(RunFolder folder, RunOutcome outcome) =>
        outcome.Files.All(f => CheckFile(folder.File(f.Key), f.Key, f.Value).Passed)
        && (folder is not { Table: { } table, Format: { } format } || (File.Exists(table)
            && outcome.Files.TryGetValue(TableName(outcome, format), out var expected) && CheckFile(table, "", expected).Passed));

    /// <summary>Name of the table of a form, of triplets or of translations.</summary>
    internal static string TableName(RunOutcome outcome, TripletFormat format) => outcome.Files.ContainsKey(RunFolder.TranslationLines)
        ? RunFolder.TranslationTable(format) : TripletFormats.FileName(format);

    private static RunCheck CheckFile(string path, string name, RunFile expected)
    {
        if (!File.Exists(path))
            return new RunCheck(name, false, "is missing");
        using var stream = File.OpenRead(path);
        if (stream.Length != expected.Bytes)
            return new RunCheck(name, false, string.Create(CultureInfo.InvariantCulture,
                $"has {stream.Length:N0} bytes; {expected.Bytes:N0} were written"));
        var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        return hash == expected.Sha256
            ? new RunCheck(name, true, string.Create(CultureInfo.InvariantCulture, $"{expected.Bytes:N0} bytes as they were written"))
            : new RunCheck(name, false, $"was changed: its SHA-256 is {hash}, and was {expected.Sha256}");
    }

    private static IEnumerable<RunCheck> CheckLines(string folder, RunOutcome outcome, CancellationToken cancellationToken)
    {
        var tree = new MerkleTree();
        var linesName = TableName(outcome, TripletFormat.JsonLines);
        var what = linesName == RunFolder.TripletLines ? "triplets" : "translations";
        var (lines, missing) = (0L, (string?)null);
        using var triplets = new StreamReader(Path.Combine(folder, linesName), Encoding.UTF8);
        using var receipts = new StreamReader(Path.Combine(folder, RunFolder.Receipts), Encoding.UTF8);
        using var tables = new TripletTables(folder, outcome);
        while (triplets.ReadLine() is { } triplet)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (receipts.ReadLine() is not { } receipt)
                break;
            tree.Add(MerkleTree.Leaf(Encoding.UTF8.GetBytes(triplet), Encoding.UTF8.GetBytes(receipt)));
            tables.Compare(triplet, lines);
            missing ??= UnknownContext(receipt, outcome);
            lines++;
        }
        var (root, count) = (tree.Root(), string.Create(CultureInfo.InvariantCulture, $"{lines:N0} {what}"));
        yield return new RunCheck("Merkle root", root == outcome.MerkleRoot && lines == outcome.Triplets, root == outcome.MerkleRoot
            ? $"{count}, {root}" : $"of {count} is {root}, and was {outcome.MerkleRoot} over {outcome.Triplets}");
        yield return tables.Check();
        yield return new RunCheck(
            "receipts", missing is null, missing ?? $"each names what its answers were made with ({outcome.Contexts.Count})");
    }

    private static string? UnknownContext(string receipt, RunOutcome outcome)
    {
        using var json = JsonDocument.Parse(receipt);
        var answers = json.RootElement.TryGetProperty("translations", out var translations) ? translations : json.RootElement;
        foreach (var answer in answers.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object))
        {
            var context = answer.Value.GetProperty("context").GetString()!;
            if (!outcome.Contexts.TryGetValue(context, out var facts) || RunIdentity.NameOf(facts) != context)
                return $"the receipt {json.RootElement.GetProperty("id").GetString()} names {context}, which run.json does not describe";
        }
        return null;
    }
}
