namespace XlLoraOnnx.Synthesis;

/// <summary>Where the files of a run are.</summary>
internal sealed class RunFolder
{
    public const string Triplets = "triplets.csv";
    public const string TripletLines = "triplets.jsonl";
    public const string TripletParquet = "triplets.parquet";
    public const string Translations = "translations.csv";
    public const string TranslationParquet = "translations.parquet";
    public const string TranslationLines = "translations.jsonl";
    public const string Receipts = "receipts.jsonl";
    public const string Rejected = "rejected.jsonl";
    public const string Card = "README.md";
    public const string Report = "report.html";
    public const string AdapterFolder = "adapters";

    private RunFolder(string path, string? table, TripletFormat? format) => (FullPath, Table, Format) = (path, table, format);

    public string FullPath { get; }

    /// <summary>A copy of the triplets that the user wants under this name.</summary>
    public string? Table { get; }

    /// <summary>How that is written; null where nobody said.</summary>
    public TripletFormat? Format { get; }

    public string Manifest => File(RunManifest.FileName);

    public string Journals => File("journal");

    public string Leases => File("leases");

    public static bool IsRun(string path) => System.IO.File.Exists(Path.Combine(path, RunManifest.FileName));

    /// <param name="output">A folder, or a <c>.csv</c>, <c>.jsonl</c> or <c>.parquet</c> file beside which the folder lies.</param>
    /// <exception cref="DirectoryNotFoundException">The folder that it is to be made in is not there.</exception>
    /// <exception cref="ArgumentException">A file or a folder is where the other one should be, or triplets are not written with that
    /// ending.</exception>
    public static RunFolder At(string output)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        TripletFormat? format = Directory.Exists(full) ? null : TripletFormats.Of(full);
        var folder = format is null ? full : Path.ChangeExtension(full, ".run");
        if (System.IO.File.Exists(folder))
            throw new ArgumentException(
                $"{folder} is a file; give the name of a folder for the run, or of a .csv, .jsonl or .parquet file.");
        var parent = Path.GetDirectoryName(folder);
        if (parent is not null && !Directory.Exists(parent))
            throw new DirectoryNotFoundException($"There is no folder {parent} to put {Path.GetFileName(full)} into; make it first.");
        return new RunFolder(folder, format is null ? null : full, format);
    }

    /// <summary>Name of a table of translations in the folder.</summary>
    public static string TranslationTable(TripletFormat format) => format switch
    {
        TripletFormat.Parquet => TranslationParquet,
        TripletFormat.JsonLines => TranslationLines,
        _ => Translations,
    };

    /// <summary>Writes the table that the user wants under a name of his own, if he does.</summary>
    /// <param name="name">Of the table of that form in the folder.</param>
    public void CopyTable(Func<TripletFormat, string> name)
    {
        if (Table is null || Format is not { } format)
            return;
        System.IO.File.Copy(File(name(format)), Table + ".partial", overwrite: true);
        RunFiles.Rename(Table + ".partial", Table);
    }

    public string File(string name) => Path.Combine(FullPath, name);

    /// <summary>Makes the folder, unless there is a run or nothing in it.</summary>
    /// <exception cref="InvalidDataException">It holds something else.</exception>
    public void Create()
    {
        CheckOwn();
        Directory.CreateDirectory(FullPath);
        Directory.CreateDirectory(Journals);
        Directory.CreateDirectory(Leases);
    }

    /// <exception cref="InvalidDataException">It holds something else than a run.</exception>
    public void CheckOwn()
    {
        if (Directory.Exists(FullPath) && !IsRun(FullPath))
        {
            var foreign = Directory.EnumerateFileSystemEntries(FullPath).Select(Path.GetFileName)
                .Where(n => n is not ("journal" or "leases" or AdapterFolder))
                .FirstOrDefault(n => !n!.StartsWith(RunManifest.FileName, StringComparison.Ordinal));
            if (foreign is not null)
                throw new InvalidDataException($"{FullPath} is no run folder: it has no {RunManifest.FileName}, but {foreign}. "
                    + "Give a new or an empty folder; nothing in this one was touched.");
        }
    }
}
