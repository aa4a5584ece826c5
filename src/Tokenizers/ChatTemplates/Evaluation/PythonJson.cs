using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>json.dumps, as transformers gives it to templates as <c>tojson</c>: no escapes for HTML, ensure_ascii off.</summary>
internal sealed class PythonJson
{
    private const int MaxNesting = 32;

    private readonly TemplateRun _run;
    private readonly StringBuilder _json = new();
    private readonly bool _ascii;
    private readonly bool _sorted;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;

    public static string Of(TemplateRun run, object? value, BoundArguments arguments)
    {
        var json = new PythonJson(run, arguments);
        json.Append(value, 0);
        return json._json.ToString();
    }

    private PythonJson(TemplateRun run, BoundArguments arguments)
    {
        const int MaxIndent = 64;
        _run = run;
        _ascii = arguments.Flag("ensure_ascii");
        _sorted = arguments.Flag("sort_keys");
        _indent = arguments.Value("indent") switch
        {
            null => null,
            string text when text.Length <= MaxIndent => text,
            long count when count <= MaxIndent => new string(' ', (int)Math.Max(0, count)),
            var other => throw run.Invalid(
                $"tojson was given {PythonText.TypeName(other)} as 'indent', expected an integer up to {MaxIndent}"),
        };
        (_itemSeparator, _keySeparator) = arguments.Value("separators") switch
        {
            null => (_indent is null ? ", " : ",", ": "),
            TemplateSequence { Items: [string item, string key] } when item.Length + key.Length <= MaxIndent => (item, key),
            _ => throw run.Invalid("tojson takes two short strings as 'separators'"),
        };
    }

    private void Append(object? value, int nesting)
    {
        if (nesting > MaxNesting)
            throw _run.Invalid($"a value is nested deeper than the {MaxNesting} levels that tojson prints");
        _run.Charge(1 + (_indent?.Length ?? 0) * nesting);
        switch (value)
        {
            case string text:
                AppendString(text);
                break;
            case TemplateSequence { Kind: TemplateSequenceKind.List or TemplateSequenceKind.Tuple } sequence:
                AppendItems('[', ']', sequence.Items, nesting, item => Append(item, nesting + 1));
                break;
            case TemplateMapping mapping:
                AppendItems('{', '}', Entries(mapping), nesting, entry => AppendEntry(entry, nesting + 1));
                break;
            default:
                _json.Append(Scalar(value) ?? throw _run.Invalid($"tojson cannot print {PythonText.TypeName(value)}"));
                break;
        }
    }

    private static string? Scalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        double number => PythonText.OfFloat(number) switch { "nan" => "NaN", "inf" => "Infinity", "-inf" => "-Infinity", var text => text },
        _ => null,
    };

    private List<(string Key, object? Value)> Entries(TemplateMapping mapping)
    {
        var entries = mapping.Entries.Select(e => (Key: e.Key as string ?? Scalar(e.Key)!, e.Value)).ToList();
        _run.Charge(entries.Count);
        return _sorted ? [.. entries.OrderBy(e => e.Key, StringComparer.Ordinal)] : entries;
    }

    private void AppendEntry((string Key, object? Value) entry, int nesting)
    {
        AppendString(entry.Key);
        _json.Append(_keySeparator);
        Append(entry.Value, nesting);
    }

    private void AppendItems<T>(char open, char close, IReadOnlyList<T> items, int nesting, Action<T> append)
    {
        _json.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            _json.Append(i > 0 ? _itemSeparator : "");
            AppendLineBreak(nesting + 1);
            append(items[i]);
        }
        if (items.Count > 0)
            AppendLineBreak(nesting);
        _json.Append(close);
    }

    private void AppendLineBreak(int nesting)
    {
        if (_indent is null)
            return;
        _json.Append('\n');
        for (var i = 0; i < nesting; i++)
            _json.Append(_indent);
    }

    private void AppendString(string text)
    {
        _run.ChargeCharacters(text.Length);
        _json.Append('"');
        foreach (var c in text)
        {
            var index = "\"\\\n\r\t\f\b".IndexOf(c);
            if (index >= 0)
                _json.Append('\\').Append("\"\\nrtfb"[index]);
            else if (c < ' ' || (_ascii && c > '~'))
                _json.Append($"\\u{(int)c:x4}");
            else
                _json.Append(c);
        }
        _json.Append('"');
    }
}
