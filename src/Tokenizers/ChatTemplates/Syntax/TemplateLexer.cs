using System.Globalization;

namespace XlLoraOnnx.Tokenizers;

internal enum TemplateTokenKind
{
    Text,
    OutputBegin,
    OutputEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <param name="Value">Of a string: with its escapes resolved.</param>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Value, int At);

/// <summary>
/// Source to tokens, with white space as transformers asks Jinja to treat it (trim_blocks, lstrip_blocks). Source of the rules:
/// jinja2/lexer.py 3.1.
/// </summary>
internal sealed class TemplateLexer(TemplateSource source)
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ":", "|", ",", "(", ")", "[", "]", "{", "}"];

    private readonly string _text = source.Text;
    private readonly List<TemplateToken> _tokens = [];
    private readonly Stack<char> _open = new();
    private int _position;
    private bool _atLineStart = true;

    public List<TemplateToken> Read()
    {
        while (_position < _text.Length)
            ReadTextAndTag();
        Add(TemplateTokenKind.End, "", _text.Length);
        return _tokens;
    }

    private void ReadTextAndTag()
    {
        var tag = FindTag(_position);
        var start = _position;
        if (tag < 0)
        {
            AddText(start, _text.Length);
            _position = _text.Length;
            return;
        }
        var sign = tag + 2 < _text.Length ? _text[tag + 2] : '\0';
        var kind = _text[tag + 1];
        AddText(start, TextEnd(start, tag, sign, isOutput: kind == '{'));
        _position = tag + 2 + (sign is '-' or '+' ? 1 : 0);
        if (kind == '#')
            SkipComment(tag);
        else
            ReadTag(tag, isOutput: kind == '{');
    }

    private int FindTag(int from)
    {
        for (var at = _text.IndexOf('{', from); at >= 0 && at < _text.Length - 1; at = _text.IndexOf('{', at + 1))
        {
            if (_text[at + 1] is '{' or '%' or '#')
                return at;
        }
        return -1;
    }

    private int TextEnd(int start, int tag, char sign, bool isOutput)
    {
        var end = tag;
        if (sign == '-')
        {
            while (end > start && PythonText.IsSpace(_text[end - 1]))
                end--;
            return end;
        }
        if (isOutput || sign == '+')
            return end;
        while (end > start && _text[end - 1] != '\n' && PythonText.IsSpace(_text[end - 1]))
            end--;
        var startsLine = end > start ? _text[end - 1] == '\n' : _atLineStart;
        return startsLine ? end : tag;
    }

    private void AddText(int start, int end)
    {
        if (end > start)
            Add(TemplateTokenKind.Text, _text[start..end], start);
    }

    private void SkipComment(int tag)
    {
        var end = _text.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
            throw source.Invalid(tag, "the comment that begins here has no end '#}'");
        var sign = end > _position ? _text[end - 1] : '\0';
        _position = end + 2;
        EndTag(sign, trimNewline: true);
    }

    private void ReadTag(int tag, bool isOutput)
    {
        Add(isOutput ? TemplateTokenKind.OutputBegin : TemplateTokenKind.BlockBegin, "", tag);
        _open.Clear();
        while (true)
        {
            while (_position < _text.Length && PythonText.IsSpace(_text[_position]))
                _position++;
            if (_position >= _text.Length)
                throw source.Invalid(tag, $"the tag that begins here has no end '{(isOutput ? "}}" : "%}")}'");
            if (TryEnd(isOutput))
                return;
            ReadToken();
        }
    }

    /// <summary>Brackets that are open hide the end of a tag: <c>{{ {'a': {}} }}</c>.</summary>
    private bool TryEnd(bool isOutput)
    {
        var at = _position;
        var sign = _text[at] is '-' || (_text[at] == '+' && !isOutput) ? _text[at] : '\0';
        var mark = sign == '\0' ? at : at + 1;
        if (_open.Count > 0 || string.CompareOrdinal(_text, mark, isOutput ? "}}" : "%}", 0, 2) != 0)
            return false;
        Add(isOutput ? TemplateTokenKind.OutputEnd : TemplateTokenKind.BlockEnd, "", at);
        _position = mark + 2;
        EndTag(sign, trimNewline: !isOutput);
        return true;
    }

    private void EndTag(char sign, bool trimNewline)
    {
        if (sign == '-')
        {
            while (_position < _text.Length && PythonText.IsSpace(_text[_position]))
                _position++;
        }
        else if (sign != '+' && trimNewline && _position < _text.Length && _text[_position] == '\n')
        {
            _position++;
        }
        _atLineStart = _text[_position - 1] == '\n';
    }

    private void ReadToken()
    {
        var first = _text[_position];
        if (first is '\'' or '"')
            ReadString(first);
        else if (char.IsAsciiDigit(first))
            ReadNumber();
        else if (char.IsLetter(first) || first == '_')
            ReadWhile(TemplateTokenKind.Name, c => char.IsLetterOrDigit(c) || c == '_');
        else
            ReadOperator();
    }

    private void ReadWhile(TemplateTokenKind kind, Func<char, bool> belongs)
    {
        var start = _position;
        while (_position < _text.Length && belongs(_text[_position]))
            _position++;
        Add(kind, _text[start.._position], start);
    }

    private void ReadString(char quote)
    {
        var start = _position++;
        while (_position < _text.Length && _text[_position] != quote)
            _position += _text[_position] == '\\' ? 2 : 1;
        if (_position >= _text.Length)
            throw source.Invalid(start, $"the string that begins here has no closing {quote}");
        var raw = _text.AsSpan(start + 1, _position - start - 1);
        _position++;
        Add(TemplateTokenKind.String, TemplateEscapes.Resolve(raw, source, start), start);
    }

    private void ReadNumber()
    {
        var start = _position;
        Digits();
        if (_text[start] == '0' && _position < _text.Length && char.IsAsciiLetter(_text[_position]) && _position == start + 1)
            throw source.Unsupported(start, "only decimal numbers are supported");
        var isFloat = Fraction() | Exponent();
        var text = _text[start.._position].Replace("_", "", StringComparison.Ordinal);
        if (!isFloat && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw source.Unsupported(start, $"the number {TemplateSource.Shown(text)} does not fit into 64 bits");
        Add(isFloat ? TemplateTokenKind.Float : TemplateTokenKind.Integer, text, start);
    }

    private void Digits()
    {
        while (_position < _text.Length && (char.IsAsciiDigit(_text[_position]) || (_text[_position] == '_' && IsDigit(_position + 1))))
            _position++;
    }

    private bool Fraction()
    {
        if (_position >= _text.Length || _text[_position] != '.' || !IsDigit(_position + 1))
            return false;
        _position++;
        Digits();
        return true;
    }

    private bool Exponent()
    {
        if (_position >= _text.Length || _text[_position] is not ('e' or 'E'))
            return false;
        var digits = _position + 1 < _text.Length && _text[_position + 1] is '+' or '-' ? _position + 2 : _position + 1;
        if (!IsDigit(digits))
            return false;
        _position = digits;
        Digits();
        return true;
    }

    private bool IsDigit(int position) => position < _text.Length && char.IsAsciiDigit(_text[position]);

    private void ReadOperator()
    {
        var found = Array.Find(Operators, o => string.CompareOrdinal(_text, _position, o, 0, o.Length) == 0)
            ?? throw source.Invalid(_position, $"the character '{_text[_position]}' has no meaning here");
        if (found is "(" or "[" or "{")
            _open.Push(found[0]);
        else if (found is ")" or "]" or "}" && (!_open.TryPop(out var open) || !Matches(open, found[0])))
            throw source.Invalid(_position, $"'{found}' closes nothing that is open");
        Add(TemplateTokenKind.Operator, found, _position);
        _position += found.Length;
    }

    private static bool Matches(char open, char close) => (open, close) is ('(', ')') or ('[', ']') or ('{', '}');

    private void Add(TemplateTokenKind kind, string value, int at) => _tokens.Add(new TemplateToken(kind, value, at));
}
