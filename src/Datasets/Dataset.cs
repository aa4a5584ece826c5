using System.Globalization;

namespace XlLoraOnnx.Datasets;

/// <summary>Texts or rows as they lie on disk, known by their content.</summary>
public sealed class Dataset
{
    private Dataset(string path) => Path = path;

    /// <summary>As it was given; <c>-</c> is standard input.</summary>
    public string Path { get; }

    /// <summary>Finds out what there is; nothing is read.</summary>
    /// <param name="path">A file, or <c>-</c> for standard input.</param>
    /// <exception cref="FileNotFoundException">There is nothing of that name.</exception>
    public static Dataset Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new FileNotFoundException(
                $"{path} is a folder; give a file of texts ({string.Join(", ", DataEndings.Known)} or plain text).", path);
        if (path != StrictUtf8.StandardInput && !File.Exists(path))
            throw new FileNotFoundException($"There is no file {path} to read texts from.", path);
        return new Dataset(path);
    }

    /// <summary>One column, as texts for a job.</summary>
    /// <param name="column">Null for <paramref name="defaultColumn"/>, and for what has no columns.</param>
    /// <param name="defaultColumn">Of tables and objects where nobody names one.</param>
    public TextInput Texts(string? column = null, string defaultColumn = "text") => new()
    {
        Name = Path,
        IsReadOnce = Path == StrictUtf8.StandardInput,
        Identity = new Dictionary<string, string> { ["input"] = Identity(), ["column"] = column ?? "" },
        Read = cancellationToken => TextColumn.ReadAsync(Path, column, defaultColumn, cancellationToken),
    };

    private string Identity()
    {
        if (Path == StrictUtf8.StandardInput)
            return "standard input";
        var file = new FileInfo(Path);
        return string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} bytes {file.LastWriteTimeUtc.Ticks}");
    }
}
