namespace XlLoraOnnx.Synthesis;

/// <summary>Where the files of a run are.</summary>
internal sealed class RunFolder
{
    public const string Triplets = "triplets.csv";
    public const string TripletLines = "triplets.jsonl";
    public const string Translations = "translations.csv";
    public const string TranslationLines = "translations.jsonl";
    public const string Receipts = "receipts.jsonl";
    public const string Rejected = "rejected.jsonl";
    public const string Card = "README.md";
    public const string Report = "report.html";

    private RunFolder(string path, string? csv) => (FullPath, Csv) = (path, csv);

    public string FullPath { get; }

    /// <summary>A copy of the triplets that the user wants under this name.</summary>
    public string? Csv { get; }

    public string Manifest => File(RunManifest.FileName);

    public string Journals => File("journal");

    public string Leases => File("leases");

    public static bool IsRun(string path) => System.IO.File.Exists(Path.Combine(path, RunManifest.FileName));

    /// <param name="output">A folder, or a <c>.csv</c> file beside which the folder lies.</param>
    /// <exception cref="DirectoryNotFoundException">The folder that it is to be made in is not there.</exception>
    /// <exception cref="ArgumentException">A file or a folder is where the other one should be.</exception>
    public static RunFolder At(string output)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        var isCsv = Path.GetExtension(full).Equals(".csv", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(full);
        var folder = isCsv ? Path.ChangeExtension(full, ".run") : full;
        if (System.IO.File.Exists(folder))
            throw new ArgumentException($"{folder} is a file; give the name of a folder for the run, or of a .csv file.");
        var parent = Path.GetDirectoryName(folder);
        if (parent is not null && !Directory.Exists(parent))
            throw new DirectoryNotFoundException($"There is no folder {parent} to put {Path.GetFileName(full)} into; make it first.");
        return new RunFolder(folder, isCsv ? full : null);
    }

    /// <summary>The table that a run writes.</summary>
    public static string TableOf(SynthesisOptions options) => options.Strategy is TranslationStrategy ? Translations : Triplets;

    /// <summary>Writes the table that the user wants under a name of his own, if he does.</summary>
    /// <param name="name">Of the table in the folder.</param>
    public void CopyTable(string name)
    {
        if (Csv is null)
            return;
        System.IO.File.Copy(File(name), Csv + ".partial", overwrite: true);
        RunFiles.Rename(Csv + ".partial", Csv);
    }

    public string File(string name) => Path.Combine(FullPath, name);

    /// <summary>Makes the folder, unless there is a run or nothing in it.</summary>
    /// <exception cref="InvalidDataException">It holds something else.</exception>
    public void Create()
    {
        if (Directory.Exists(FullPath) && !IsRun(FullPath))
        {
            var foreign = Directory.EnumerateFileSystemEntries(FullPath).Select(Path.GetFileName)
                .FirstOrDefault(n => n is not ("journal" or "leases") && !n!.StartsWith(RunManifest.FileName, StringComparison.Ordinal));
            if (foreign is not null)
                throw new InvalidDataException($"{FullPath} is no run folder: it has no {RunManifest.FileName}, but {foreign}. "
                    + "Give a new or an empty folder; nothing in this one was touched.");
        }
        Directory.CreateDirectory(FullPath);
        Directory.CreateDirectory(Journals);
        Directory.CreateDirectory(Leases);
    }
}
