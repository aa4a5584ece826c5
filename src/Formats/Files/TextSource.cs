namespace XlLoraOnnx.Formats;

/// <summary>A text file to be read from its beginning: by its path, or from a stream that somebody has opened on it.</summary>
/// <param name="Path">For messages, and to open the file where there is no stream; <c>-</c> is standard input.</param>
/// <param name="Content">Closed by who reads it; null to open the file.</param>
public readonly record struct TextSource(string Path, Stream? Content = null)
{
    /// <summary>A file that is opened when it is read.</summary>
    public static implicit operator TextSource(string path) => new(path);

    /// <summary>As strict UTF-8.</summary>
    public StreamReader Open() => Content is null ? StrictUtf8.Open(Path) : StrictUtf8.Open(Content);
}
