using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>The tables of a run folder beside its JSON lines, compared with them triplet by triplet.</summary>
internal sealed class TripletTables : IDisposable
{
    private readonly string _folder;
    private readonly FileStream? _csv;
    private readonly bool _hasParquet;
    private IEnumerator<string?[]>? _parquet;
    private string? _difference;

    public TripletTables(string folder, RunOutcome outcome)
    {
        bool IsThere(string name) => outcome.Files.ContainsKey(name) && File.Exists(Path.Combine(folder, name));
        _folder = folder;
        if (IsThere(RunFolder.Triplets))
            _csv = new FileStream(Path.Combine(folder, RunFolder.Triplets), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        _hasParquet = IsThere(RunFolder.TripletParquet);
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
        string[] texts = [.. json.RootElement.EnumerateObject().Select(p => p.Value.GetString()!)];
        if (_csv is not null && line == 0 && !Follows(OutputLines.Csv(columns)))
            _difference = $"{RunFolder.Triplets} has another header";
        else if (_csv is not null && !Follows(OutputLines.Csv(texts)))
            _difference = Differ(RunFolder.Triplets, line);
        else if (_hasParquet)
            _difference = CompareParquet(columns, texts, line);
    }

    public RunCheck Check()
    {
        List<string> names = [];
        if (_csv is not null)
            names.Add(RunFolder.Triplets);
        if (_hasParquet)
            names.Add(RunFolder.TripletParquet);
        return new RunCheck("tables", _difference is null, _difference ?? (names.Count == 0 ? $"there is {RunFolder.TripletLines} alone"
            : $"{string.Join(", ", names)} and {RunFolder.TripletLines} say the same"));
    }

    public void Dispose()
    {
        _csv?.Dispose();
        _parquet?.Dispose();
    }

    private static string Differ(string name, long line) => $"{name} and {RunFolder.TripletLines} differ in triplet {line}";

    private string? CompareParquet(string[] columns, string[] texts, long line)
    {
        try
        {
            _parquet ??= TextRecords.ReadAsync(Path.Combine(_folder, RunFolder.TripletParquet), columns, CancellationToken.None)
                .ToBlockingEnumerable().GetEnumerator();
            return _parquet.MoveNext() && _parquet.Current.SequenceEqual(texts) ? null : Differ(RunFolder.TripletParquet, line);
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
