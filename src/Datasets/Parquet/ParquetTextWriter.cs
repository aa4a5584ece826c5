using ParquetSharp;
using ParquetSharp.IO;
using ParquetSharp.Schema;

namespace XlLoraOnnx.Datasets;

/// <summary>Columns of texts as a Parquet file, a row group at a time; the same texts are always the same bytes.</summary>
/// <remarks>
/// The memory is that of a row group: at most 10,000 rows, or the rows that make 16 MB. The columns are strings by their logical type, none
/// of them null; what reads Parquet (the datasets library, DuckDB, pandas) needs no more. Answers to questions are the structure of two
/// lists that the hub has. Not thread-safe.
/// </remarks>
public sealed class ParquetTextWriter : IDisposable
{
    private const int MaxRows = 10_000;
    private const int MaxBytes = 1 << 24;

    private readonly Stream _output;
    private readonly MemoryStream _written = new();
    private readonly WrittenStream _native;
    private readonly ManagedOutputStream _stream;
    private readonly ParquetFileWriter _file;
    private readonly ParquetBlock[] _columns;
    private int _rows;

    /// <param name="output">Written in order and never read; stays the caller's.</param>
    /// <param name="columns">Their names, in their order.</param>
    /// <param name="answers">Those among them whose texts are JSON, <c>{"text": ["…"], "answer_start": [0]}</c>, and columns <c>text</c>
    /// and <c>answer_start</c> of lists in the file; null for none.</param>
    public ParquetTextWriter(Stream output, IReadOnlyList<string> columns, IReadOnlyCollection<string>? answers = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count);
        _output = output;
        _columns = [.. columns.Select(c => answers?.Contains(c) == true ? new AnswerBlock() : (ParquetBlock)new TextBlock())];
        // The library writes to memory, and what it wrote is passed on outside of its calls: of an exception that goes through native code
        // only the words would be left.
        _native = new WrittenStream(_written);
        _stream = new ManagedOutputStream(_native, leaveOpen: true);
        using var schema = Schema([.. columns.Zip(_columns, (name, column) => column.Node(name))]);
        using var builder = new WriterPropertiesBuilder();
        // as the datasets library writes it
        using var properties = builder.Compression(Compression.Snappy).Build();
        _file = new ParquetFileWriter(_stream, schema, properties);
    }

    /// <summary>Adds a row.</summary>
    /// <param name="texts">One for each column.</param>
    /// <exception cref="ArgumentException">There are more or fewer, one has half of a surrogate pair, or answers are none.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public void Write(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count != _columns.Length)
            throw new ArgumentException($"A row has {texts.Count} texts; the file has {_columns.Length} columns.", nameof(texts));
        for (var i = 0; i < texts.Count; i++)
            _columns[i].Add(texts[i]);
        _rows++;
        if (_rows >= MaxRows || _columns.Sum(c => (long)c.Bytes) >= MaxBytes)
            WriteGroup();
    }

    /// <summary>Writes what is left, and the directory at the end.</summary>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public void Close()
    {
        if (_rows > 0)
            WriteGroup();
        _file.Close();
        PassOn();
    }

    /// <summary>Frees what it has; a file that was not closed is none.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _stream.Dispose();
        _native.Dispose();
        _written.Dispose();
    }

    private static GroupNode Schema(Node[] nodes)
    {
        try
        {
            return new GroupNode("schema", Repetition.Required, nodes);
        }
        finally
        {
            foreach (var node in nodes)
                node.Dispose();
        }
    }

    private void WriteGroup()
    {
        using (var group = _file.AppendRowGroup())
        {
            foreach (var column in _columns)
            {
                column.WriteTo(group);
                column.Clear();
            }
        }
        _rows = 0;
        PassOn();
    }

    private void PassOn()
    {
        _output.Write(_written.GetBuffer(), 0, (int)_written.Length);
        _written.SetLength(0);
    }
}
