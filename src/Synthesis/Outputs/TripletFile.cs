using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>A table of triplets, or of other texts, under another name until it is whole.</summary>
internal sealed class TripletFile : IDisposable
{
    private readonly TripletFormat _format;
    private readonly IReadOnlyList<string> _columns;
    private readonly IReadOnlyCollection<string> _answers;
    private readonly OutputFile _file;
    private readonly ParquetTextWriter? _parquet;

    /// <param name="answers">Columns of answers, which come as JSON: of a table they are that, else they are what JSON says.</param>
    public TripletFile(string path, TripletFormat format, IReadOnlyList<string> columns, IReadOnlyCollection<string>? answers = null)
    {
        (_format, _columns, _answers) = (format, columns, answers ?? []);
        _file = new OutputFile(path);
        if (format == TripletFormat.Csv)
            _file.Write(OutputLines.Csv(columns));
        else if (format == TripletFormat.Parquet)
            _parquet = new ParquetTextWriter(new OutputFileStream(_file), columns, _answers);
    }

    public OutputFile File => _file;

    /// <summary>Writes a row.</summary>
    /// <param name="texts">One for each column.</param>
    public void Write(IReadOnlyList<string> texts)
    {
        if (_parquet is not null)
            _parquet.Write(texts);
        else
            _file.Write(_format == TripletFormat.Csv ? OutputLines.Csv(texts) : Json(texts));
    }

    /// <summary>Writes the triplets among some rows.</summary>
    public void Write(OutputLines lines)
    {
        if (_parquet is null)
        {
            _file.Write(_format == TripletFormat.Csv ? lines.Table : lines.Triplets);
            return;
        }
        foreach (var texts in lines.Texts)
            _parquet.Write(texts);
    }

    /// <summary>Writes what is left, and waits for the disk.</summary>
    public RunFile Close()
    {
        _parquet?.Close();
        return _file.Close();
    }

    public void Dispose()
    {
        _parquet?.Dispose();
        _file.Dispose();
    }

    private byte[] Json(IReadOnlyList<string> texts)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, OutputLines.JsonFormat))
        {
            json.WriteStartObject();
            for (var i = 0; i < texts.Count; i++)
            {
                json.WritePropertyName(_columns[i]);
                if (_answers.Contains(_columns[i]))
                    json.WriteRawValue(texts[i]);
                else
                    json.WriteStringValue(texts[i]);
            }
            json.WriteEndObject();
        }
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }
}
