namespace XlLoraOnnx.Tokenizers;

/// <summary>Tokens to statements. What Jinja has and this interpreter has not is refused here, by name and place.</summary>
internal sealed partial class TemplateParser(TemplateSource source, ChatTemplateLimits limits)
{
    private static readonly HashSet<string> UnsupportedTags =
    [
        "autoescape", "block", "call", "debug", "do", "extends", "filter", "from", "import", "include", "pluralize", "raw", "trans", "with",
    ];

    private static readonly HashSet<string> ReservedNames = ["true", "false", "none", "True", "False", "None"];

    private readonly List<TemplateToken> _tokens = new TemplateLexer(source).Read();
    private int _index;
    private int _depth;
    private int _loops;

    private TemplateToken Current => _tokens[_index];

    public IReadOnlyList<TemplateStatement> Parse()
    {
        var body = ParseBody(null);
        return body;
    }

    /// <summary>Up to one of the tags that end this block; its name is the current token. Null: to the end of the source.</summary>
    private List<TemplateStatement> ParseBody(TemplateToken? opening, params ReadOnlySpan<string> ends)
    {
        Enter();
        var body = new List<TemplateStatement>();
        while (true)
        {
            var token = Next();
            switch (token.Kind)
            {
                case TemplateTokenKind.Text:
                    body.Add(new TextStatement(token.At, token.Value));
                    break;
                case TemplateTokenKind.OutputBegin:
                    body.Add(new OutputStatement(token.At, ParseTuple()));
                    Expect(TemplateTokenKind.OutputEnd, "'}}'");
                    break;
                case TemplateTokenKind.BlockBegin:
                    if (Current.Kind == TemplateTokenKind.Name && ends.Contains(Current.Value))
                    {
                        _depth--;
                        return body;
                    }
                    body.Add(ParseTag());
                    break;
                default:
                    if (opening is { } block)
                        throw source.Invalid(block.At, $"the block '{block.Value}' that begins here has no end");
                    _depth--;
                    return body;
            }
        }
    }

    private TemplateStatement ParseTag()
    {
        var tag = Expect(TemplateTokenKind.Name, "the name of a tag");
        TemplateStatement statement = tag.Value switch
        {
            "if" => ParseIf(tag),
            "for" => ParseFor(tag),
            "set" => ParseSet(tag),
            "macro" => ParseMacro(tag),
            "generation" => new GenerationStatement(tag.At, ParseBlock(tag, "endgeneration")),
            "break" or "continue" when _loops > 0 => new LoopControlStatement(tag.At, tag.Value == "break"),
            "break" or "continue" => throw source.Invalid(tag.At, $"'{tag.Value}' stands outside a loop"),
            _ when UnsupportedTags.Contains(tag.Value) => throw source.Unsupported(tag.At,
                $"the tag '{tag.Value}' is not supported; if, for, set, macro, generation, break and continue are"),
            _ => throw source.Invalid(tag.At, $"the tag '{TemplateSource.Shown(tag.Value)}' is unknown or stands where it has no meaning"),
        };
        Expect(TemplateTokenKind.BlockEnd, "'%}'");
        return statement;
    }

    /// <summary>From the end of the opening tag to the name of the closing one.</summary>
    private List<TemplateStatement> ParseBlock(TemplateToken tag, string end)
    {
        Expect(TemplateTokenKind.BlockEnd, "'%}'");
        var body = ParseBody(tag, end);
        Next();
        return body;
    }

    private IfStatement ParseIf(TemplateToken tag)
    {
        var branches = new List<(TemplateExpression, IReadOnlyList<TemplateStatement>)>();
        while (true)
        {
            var test = ParseTuple();
            Expect(TemplateTokenKind.BlockEnd, "'%}'");
            branches.Add((test, ParseBody(tag, "elif", "else", "endif")));
            switch (Next().Value)
            {
                case "elif":
                    continue;
                case "else":
                    return new IfStatement(tag.At, branches, ParseBlock(tag, "endif"));
                default:
                    return new IfStatement(tag.At, branches, []);
            }
        }
    }

    private ForStatement ParseFor(TemplateToken tag)
    {
        var target = ParseTarget(withAttribute: false);
        if (target.Names.Contains("loop"))
            throw source.Invalid(target.At, "'loop' cannot be the variable of a loop");
        if (!Skip("in"))
            throw Unexpected("'in'");
        var sequence = ParseTuple(withConditional: false);
        var filter = Skip("if") ? ParseExpression() : null;
        if (Is("recursive"))
            throw source.Unsupported(Current.At, "recursive loops are not supported");
        Expect(TemplateTokenKind.BlockEnd, "'%}'");
        _loops++;
        var body = ParseBody(tag, "endfor", "else");
        _loops--;
        var otherwise = Next().Value == "else" ? ParseBlock(tag, "endfor") : [];
        return new ForStatement(tag.At, target, sequence, filter, body, otherwise);
    }

    private TemplateStatement ParseSet(TemplateToken tag)
    {
        var target = ParseTarget(withAttribute: true);
        if (SkipOperator("="))
            return new SetStatement(tag.At, target, ParseTuple());
        var filter = IsOperator("|") ? (FilterExpression)ParseFilters(null) : null;
        return new SetBlockStatement(tag.At, target, filter, OutsideLoops(() => ParseBlock(tag, "endset")));
    }

    private MacroStatement ParseMacro(TemplateToken tag)
    {
        var name = Expect(TemplateTokenKind.Name, "the name of the macro");
        ExpectOperator("(");
        var parameters = new List<(string, TemplateExpression?)>();
        while (!SkipOperator(")"))
        {
            if (parameters.Count > 0)
                ExpectOperator(",");
            var parameter = ParseName();
            var fallback = SkipOperator("=") ? ParseExpression() : null;
            if (fallback is null && parameters.Exists(p => p.Item2 is not null))
                throw source.Invalid(parameter.At, $"the parameter '{parameter.Value}' without a default follows one with a default");
            if (parameters.Exists(p => p.Item1 == parameter.Value))
                throw source.Invalid(parameter.At, $"the parameter '{parameter.Value}' occurs twice");
            parameters.Add((parameter.Value, fallback));
        }
        return new MacroStatement(tag.At, name.Value, parameters, OutsideLoops(() => ParseBlock(tag, "endmacro")));
    }

    /// <summary>A loop control within these would have to leave them first, which Jinja cannot either.</summary>
    private T OutsideLoops<T>(Func<T> parse)
    {
        (var loops, _loops) = (_loops, 0);
        var result = parse();
        _loops = loops;
        return result;
    }

    private AssignmentTarget ParseTarget(bool withAttribute)
    {
        var at = Current.At;
        var bracketed = SkipOperator("(");
        if (IsOperator("("))
            throw source.Unsupported(at, "unpacking within unpacking is not supported");
        var first = ParseName();
        if (withAttribute && !bracketed && SkipOperator("."))
            return new AssignmentTarget(at, [first.Value], false, Expect(TemplateTokenKind.Name, "the name of an attribute").Value);
        var (names, isTuple) = (new List<string> { first.Value }, false);
        while (SkipOperator(","))
        {
            isTuple = true;
            if (Current.Kind == TemplateTokenKind.Name && !Is("in"))
                names.Add(ParseName().Value);
        }
        if (bracketed)
            ExpectOperator(")");
        return new AssignmentTarget(at, names, isTuple, null);
    }

    private TemplateToken ParseName()
    {
        var name = Expect(TemplateTokenKind.Name, "the name of a variable");
        return ReservedNames.Contains(name.Value) ? throw source.Invalid(name.At, $"'{name.Value}' cannot be assigned to") : name;
    }

    private void Enter()
    {
        if (++_depth > limits.Depth)
            throw source.Invalid(Current.At, $"it is nested deeper than the {limits.Depth} levels allowed");
    }

    private TemplateToken Next() => _index < _tokens.Count - 1 ? _tokens[_index++] : _tokens[_index];

    private bool Is(string name) => Current.Kind == TemplateTokenKind.Name && Current.Value == name;

    private bool IsOperator(string value) => Current.Kind == TemplateTokenKind.Operator && Current.Value == value;

    private bool Skip(string name)
    {
        var found = Is(name);
        if (found)
            Next();
        return found;
    }

    private bool SkipOperator(string value)
    {
        var found = IsOperator(value);
        if (found)
            Next();
        return found;
    }

    private TemplateToken Expect(TemplateTokenKind kind, string what) => Current.Kind == kind ? Next() : throw Unexpected(what);

    private void ExpectOperator(string value)
    {
        if (!SkipOperator(value))
            throw Unexpected($"'{value}'");
    }

    private InvalidDataException Unexpected(string expected) => source.Invalid(Current.At, Current.Kind switch
    {
        TemplateTokenKind.End => $"the template ends where {expected} is expected",
        TemplateTokenKind.OutputEnd or TemplateTokenKind.BlockEnd => $"the tag ends where {expected} is expected",
        _ => $"found '{TemplateSource.Shown(Current.Value)}' where {expected} is expected",
    });
}
