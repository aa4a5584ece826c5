using System.Globalization;
using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Datasets;

/// <summary>Texts or rows as they lie on disk, known by their content: a file, or several that are read as one.</summary>
public sealed class Dataset
{
    private const int MaxNames = 10;

    private Dataset(string path, IReadOnlyList<string> files) => (Path, Files) = (path, files);

    /// <summary>As it was given; <c>-</c> is standard input.</summary>
    public string Path { get; }

    /// <summary>In the order in which they are read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>A sentence about which files are read as one; null where it is the one that was named.</summary>
    public string? Notice
    {
        get
        {
            if (Files.Count == 1)
                return null;
            var names = WithShardsTogether(Files).Select(System.IO.Path.GetFileName).ToList();
            var more = names.Count > MaxNames ? $" and {names.Count - MaxNames} more" : "";
            return $"{Path}: {Files.Count} files are read as one, in this order: {string.Join(", ", names.Take(MaxNames))}{more}";
        }
    }

    /// <summary>Finds out which files there are; none is read.</summary>
    /// <param name="path">A file; <c>-</c> for standard input; the shards of a name, <c>train-*-of-00003.parquet</c>; or a folder of
    /// files of one kind, or with them in <c>data</c>.</param>
    /// <param name="split">Of a folder with several: <c>train</c>, for example; null where it has one.</param>
    /// <exception cref="FileNotFoundException">There is nothing of that name, or a shard is missing.</exception>
    /// <exception cref="InvalidDataException">The folder has several splits or kinds.</exception>
    public static Dataset Open(string path, string? split = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return new Dataset(path, DatasetFolder.Find(path, split));
        if (path == StrictUtf8.StandardInput || File.Exists(path))
            return new Dataset(path, [path]);
        if (ShardName.Parse(System.IO.Path.GetFileName(path)) is { Index: null } shards)
            return new Dataset(path, shards.Files(System.IO.Path.GetDirectoryName(path)!));
        throw new FileNotFoundException($"There is no file or folder {path} to read texts from.", path);
    }

    /// <summary>One column, as texts for a job.</summary>
    /// <param name="column">Null for <paramref name="defaultColumn"/>, and for what has no columns.</param>
    /// <param name="defaultColumn">Of tables and objects where nobody names one.</param>
    public TextInput Texts(string? column = null, string defaultColumn = "text") => new()
    {
        Name = Path,
        IsReadOnce = Path == StrictUtf8.StandardInput,
        Identity = new Dictionary<string, string>
        {
            ["input"] = string.Join('\n', Files.Select(Identity)),
            ["column"] = column ?? "",
        },
        Read = cancellationToken => TextsAsync(column, defaultColumn, null, cancellationToken),
    };

    /// <summary>Texts of all files. Of several, each is looked at before the first is read: one without the column must not be found
    /// after hours.</summary>
    /// <param name="open">How a file is opened; null to open it as it lies there.</param>
    /// <inheritdoc cref="TextColumn.ReadAsync"/>
    public async IAsyncEnumerable<string> TextsAsync(string? column, string defaultColumn, Func<string, ValueTask<TextSource>>? open,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Files.Count > 1)
            await CheckAsync(column, defaultColumn, cancellationToken).ConfigureAwait(false);
        foreach (var file in Files)
        {
            var source = open is null ? file : await open(file).ConfigureAwait(false);
            await foreach (var text in TextColumn.ReadAsync(source, column, defaultColumn, cancellationToken).ConfigureAwait(false))
                yield return text;
        }
    }

    /// <summary>Several columns, as <see cref="TextRecords"/> gives them.</summary>
    /// <param name="columns">The first must be there.</param>
    /// <param name="open">How a file is opened; null to open it as it lies there.</param>
    public async IAsyncEnumerable<string?[]> RecordsAsync(string[] columns, Func<string, ValueTask<TextSource>>? open,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in Files)
        {
            var source = open is null ? file : await open(file).ConfigureAwait(false);
            await foreach (var record in TextRecords.ReadAsync(source, columns, cancellationToken).ConfigureAwait(false))
                yield return record;
        }
    }

    /// <summary>Files with the shards of one name as one, as <see cref="Open"/> takes them.</summary>
    public static IEnumerable<string> WithShardsTogether(IEnumerable<string> files) => DatasetFolder.WithShardsTogether(files);

    private async Task CheckAsync(string? column, string defaultColumn, CancellationToken cancellationToken)
    {
        foreach (var file in Files)
        {
            var texts = TextColumn.ReadAsync(file, column, defaultColumn, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (texts.ConfigureAwait(false))
                await texts.MoveNextAsync().ConfigureAwait(false);
        }
    }

    private static string Identity(string path)
    {
        if (path == StrictUtf8.StandardInput)
            return "standard input";
        var file = new FileInfo(path);
        return string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} bytes {file.LastWriteTimeUtc.Ticks}");
    }
}
