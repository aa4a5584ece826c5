using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>The tables of a run folder beside its JSON lines, compared with them triplet by triplet.</summary>
internal sealed class TripletTables : IDisposable
{
    private readonly string _folder, _csvName, _parquetName, _linesName;
    private readonly FileStream? _csv;
    private readonly bool _hasParquet;
    private IEnumerator<string?[]>? _parquet;
    private string? _difference;

    public TripletTables(string folder, RunOutcome outcome)
    {
        bool IsThere(string name) => outcome.Files.ContainsKey(name) && File.Exists(Path.Combine(folder, name));
        _folder = folder;
        string[] names = [.. ((TripletFormat[])[TripletFormat.Csv, TripletFormat.Parquet, TripletFormat.JsonLines])
            .Select(format => RunVerifier.TableName(outcome, format))];
        (_csvName, _parquetName, _linesName) = (names[0], names[1], names[2]);
        if (IsThere(_csvName))
            _csv = new FileStream(Path.Combine(folder, _csvName), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        _hasParquet = IsThere(_parquetName);
    }

    /// <summary>Takes the lines in their order.</summary>
    /// <param name="triplet">The next one.</param>
    /// <param name="line">Its number, from 0.</param>
    public void Compare(string triplet, long line)
    {
        if (_difference is not null)
            return;
        using var json = JsonDocument.Parse(triplet);
        string[] columns = [.. json.RootElement.EnumerateObject().Select(p => p.Name)];
        string[] texts = [.. json.RootElement.EnumerateObject().Select(p => p.Value.GetString() ?? "")];
        if (_csv is not null && line == 0 && !Follows(OutputLines.Csv(columns)))
            _difference = $"{_csvName} has another header";
        else if (_csv is not null && !Follows(OutputLines.Csv(texts)))
            _difference = Differ(_csvName, line);
        else if (_hasParquet)
            _difference = CompareParquet(columns, texts, line);
    }

    public RunCheck Check()
    {
        List<string> names = [];
        if (_csv is not null)
            names.Add(_csvName);
        if (_hasParquet)
            names.Add(_parquetName);
        return new RunCheck("tables", _difference is null, _difference ?? (names.Count == 0 ? $"there is {_linesName} alone"
            : $"{string.Join(", ", names)} and {_linesName} say the same"));
    }

    public void Dispose()
    {
        _csv?.Dispose();
        _parquet?.Dispose();
    }

    private string Differ(string name, long line) =>
        $"{name} and {_linesName} differ in {(_linesName == RunFolder.TripletLines ? "triplet" : "line")} {line}";

    private string? CompareParquet(string[] columns, string[] texts, long line)
    {
        try
        {
            _parquet ??= TextRecords.ReadAsync(Path.Combine(_folder, _parquetName), columns, CancellationToken.None)
                .ToBlockingEnumerable().GetEnumerator();
            return _parquet.MoveNext() && _parquet.Current.SequenceEqual(texts) ? null : Differ(_parquetName, line);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            return e.Message;
        }
    }

    private bool Follows(byte[] expected)
    {
        var found = new byte[expected.Length];
        return _csv!.ReadAtLeast(found, found.Length, throwOnEndOfStream: false) == found.Length
            && found.AsSpan().SequenceEqual(expected);
    }
}
