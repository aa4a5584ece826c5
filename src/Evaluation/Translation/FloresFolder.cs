namespace XlLoraOnnx.Evaluation;

/// <summary>FLORES-200 as published: <c>devtest/eng_Latn.devtest</c>, one sentence a line, the same in every language.</summary>
internal sealed class FloresFolder
{
    public const string TaskName = "FLORES";
    private static readonly string[] Splits = ["devtest", "dev"];

    private readonly string _folder;
    private readonly Dictionary<string, string> _files;

    private FloresFolder(string folder, string split, Dictionary<string, string> files) =>
        (_folder, Split, _files) = (folder, split, files);

    public string Split { get; }

    public IReadOnlyCollection<string> Languages => _files.Keys;

    public static bool IsOne(string path) => Directory.Exists(path) && Splits.Any(split => FilesOf(path, split).Count > 0);

    /// <param name="split">Null for devtest, or dev where there is no other.</param>
    /// <exception cref="InvalidDataException">There are no such files.</exception>
    public static FloresFolder Open(string folder, string? split)
    {
        foreach (var candidate in split is null ? Splits : [split])
        {
            if (FilesOf(folder, candidate) is { Count: > 0 } files)
                return new FloresFolder(folder, candidate, files);
        }
        var expected = split ?? Splits[0];
        throw new InvalidDataException(
            $"{folder} has no files of references like {expected}/eng_Latn.{expected}. Give the folder of FLORES-200 (with devtest/ and " +
            "dev/), or text files of references.");
    }

    /// <exception cref="InvalidDataException">The language has no file.</exception>
    public string FileOf(string language) => _files.TryGetValue(language, out var file)
        ? file
        : throw new InvalidDataException($"{_folder} has no {language}.{Split}; it has {string.Join(", ", _files.Keys.Order().Take(8))}" +
            $"{(_files.Count > 8 ? $" and {_files.Count - 8} more" : "")}.");

    /// <summary>The part of a file's name that is two codes with a hyphen, of which the second has references here.</summary>
    public string? PairOf(string path) => Path.GetFileName(path).Split('.')
        .FirstOrDefault(part => part.Split('-') is [{ Length: > 0 }, var target] && _files.ContainsKey(target));

    private static Dictionary<string, string> FilesOf(string folder, string split) =>
        new[] { Path.Combine(folder, split), folder }.Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, $"*.{split}"))
            .DistinctBy(Path.GetFileNameWithoutExtension)
            .ToDictionary(f => Path.GetFileNameWithoutExtension(f)!, StringComparer.Ordinal);
}
