using System.Runtime.InteropServices;
using System.Text.Json;
using ParquetSharp;
using ParquetSharp.Schema;

namespace XlLoraOnnx.Datasets;

/// <summary>Answers as the hub has them: a structure of two lists, <c>text</c> and <c>answer_start</c>.</summary>
internal sealed class AnswerBlock : ParquetBlock
{
    private const string Text = "text", Start = "answer_start";

    // structure, list, element and value may all be missing; of a list without elements the first two are there
    private const short OfValue = 4, OfEmptyList = 2;

    private readonly TextBlock _texts = new();
    private readonly List<int> _starts = [];
    private readonly List<short> _definitions = [], _repetitions = [];

    public override int Bytes => _texts.Bytes + _starts.Count * sizeof(int);

    public override Node Node(string name)
    {
        using var number = LogicalType.Int(32, isSigned: true);
        using var text = ListOf(Text, _texts.Node("element"));
        using var start = ListOf(Start, new PrimitiveNode("element", Repetition.Optional, number, PhysicalType.Int32));
        return new GroupNode(name, Repetition.Optional, [text, start]);
    }

    /// <param name="text">JSON: <c>{"text": ["…"], "answer_start": [0]}</c></param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public override void Add(string text)
    {
        try
        {
            using var answers = JsonDocument.Parse(text);
            var (texts, starts) = (answers.RootElement.GetProperty(Text), answers.RootElement.GetProperty(Start));
            if (texts.GetArrayLength() != starts.GetArrayLength())
                throw new ArgumentException($"{texts.GetArrayLength()} answers have {starts.GetArrayLength()} starts.", nameof(text));
            foreach (var (i, (answer, start)) in texts.EnumerateArray().Zip(starts.EnumerateArray()).Index())
            {
                _texts.Add(answer.GetString()!);
                _starts.Add(start.GetInt32());
                AddLevels(OfValue, isFirst: i == 0);
            }
            if (texts.GetArrayLength() == 0)
                AddLevels(OfEmptyList, isFirst: true);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ArgumentException(
                $"Answers are {{\"text\": [\"…\"], \"answer_start\": [0]}}; this is {Shortened.Of(text)}.", nameof(text), e);
        }
    }

    public override void WriteTo(RowGroupWriter group)
    {
        var definitions = CollectionsMarshal.AsSpan(_definitions);
        var repetitions = CollectionsMarshal.AsSpan(_repetitions);
        _texts.WriteTo(group, definitions, repetitions);
        using var column = (ColumnWriter<int>)group.NextColumn();
        column.WriteBatch(definitions.Length, definitions, repetitions, CollectionsMarshal.AsSpan(_starts));
    }

    public override void Clear()
    {
        _texts.Clear();
        _starts.Clear();
        _definitions.Clear();
        _repetitions.Clear();
    }

    private void AddLevels(short definition, bool isFirst)
    {
        _definitions.Add(definition);
        _repetitions.Add((short)(isFirst ? 0 : 1));
    }

    private static GroupNode ListOf(string name, Node element)
    {
        using (element)
        {
            using var list = new GroupNode("list", Repetition.Repeated, [element]);
            using var type = LogicalType.List();
            return new GroupNode(name, Repetition.Optional, [list], type);
        }
    }
}
