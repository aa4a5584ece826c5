using System.Globalization;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Expressions, from the loosest operator to the tightest. Source of the order: jinja2/parser.py 3.1.</summary>
internal sealed partial class TemplateParser
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>One expression, or several with commas between them, which are a tuple.</summary>
    private TemplateExpression ParseTuple(bool withConditional = true, bool mayBeEmpty = false)
    {
        var at = Current.At;
        var items = new List<TemplateExpression>();
        var isTuple = false;
        while (true)
        {
            if ((isTuple || mayBeEmpty) && EndsTuple())
                break;
            items.Add(withConditional ? ParseExpression() : ParseOr());
            if (!SkipOperator(","))
                break;
            isTuple = true;
        }
        return items.Count == 1 && !isTuple ? items[0] : new SequenceExpression(at, items, TemplateSequenceKind.Tuple);
    }

    private bool EndsTuple() => IsOperator(")") || Current.Kind is TemplateTokenKind.OutputEnd or TemplateTokenKind.BlockEnd;

    private TemplateExpression ParseExpression()
    {
        Enter();
        var expression = ParseOr();
        while (Current is { Kind: TemplateTokenKind.Name, Value: "if" } token)
        {
            Next();
            var test = ParseOr();
            expression = new ConditionalExpression(token.At, test, expression, Skip("else") ? ParseExpression() : null);
        }
        _depth--;
        return expression;
    }

    private TemplateExpression ParseOr()
    {
        var left = ParseAnd();
        while (Current is { Kind: TemplateTokenKind.Name, Value: "or" } token)
        {
            Next();
            left = new BinaryExpression(token.At, "or", left, ParseAnd());
        }
        return left;
    }

    private TemplateExpression ParseAnd()
    {
        var left = ParseNot();
        while (Current is { Kind: TemplateTokenKind.Name, Value: "and" } token)
        {
            Next();
            left = new BinaryExpression(token.At, "and", left, ParseNot());
        }
        return left;
    }

    private TemplateExpression ParseNot()
    {
        if (Current is not { Kind: TemplateTokenKind.Name, Value: "not" } token)
            return ParseComparison();
        Next();
        Enter();
        var operand = ParseNot();
        _depth--;
        return new UnaryExpression(token.At, "not", operand);
    }

    private TemplateExpression ParseComparison()
    {
        var at = Current.At;
        var first = ParseSum();
        var rest = new List<(string, TemplateExpression)>();
        while (true)
        {
            if (Current.Kind == TemplateTokenKind.Operator && Comparisons.Contains(Current.Value))
                rest.Add((Next().Value, ParseSum()));
            else if (Skip("in"))
                rest.Add(("in", ParseSum()));
            else if (Is("not") && _tokens[_index + 1] is { Kind: TemplateTokenKind.Name, Value: "in" })
                rest.Add((Next().Value + " " + Next().Value, ParseSum()));
            else
                return rest.Count == 0 ? first : new CompareExpression(at, first, rest);
        }
    }

    private TemplateExpression ParseSum() => ParseBinary(ParseConcatenation, "+", "-");

    private TemplateExpression ParseConcatenation()
    {
        var at = Current.At;
        var parts = new List<TemplateExpression> { ParseProduct() };
        while (SkipOperator("~"))
            parts.Add(ParseProduct());
        return parts.Count == 1 ? parts[0] : new ConcatExpression(at, parts);
    }

    private TemplateExpression ParseProduct() => ParseBinary(() => ParseBinary(() => ParseUnary(), "**"), "*", "/", "//", "%");

    private TemplateExpression ParseBinary(Func<TemplateExpression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        while (Current.Kind == TemplateTokenKind.Operator && operators.Contains(Current.Value))
        {
            var token = Next();
            left = new BinaryExpression(token.At, token.Value, left, operand());
        }
        return left;
    }

    private TemplateExpression ParseUnary(bool withFilter = true)
    {
        TemplateExpression expression;
        if (IsOperator("-") || IsOperator("+"))
        {
            var token = Next();
            Enter();
            expression = new UnaryExpression(token.At, token.Value, ParseUnary(withFilter: false));
            _depth--;
        }
        else
        {
            expression = ParsePrimary();
        }
        expression = ParsePostfix(expression);
        return withFilter ? ParseFilters(expression) : expression;
    }

    private TemplateExpression ParsePrimary()
    {
        var token = Next();
        switch (token.Kind)
        {
            case TemplateTokenKind.Name:
                return token.Value switch
                {
                    "true" or "True" => new LiteralExpression(token.At, true),
                    "false" or "False" => new LiteralExpression(token.At, false),
                    "none" or "None" => new LiteralExpression(token.At, null),
                    _ => new NameExpression(token.At, token.Value),
                };
            case TemplateTokenKind.String:
                var text = token.Value;
                while (Current.Kind == TemplateTokenKind.String)
                    text = Join(text, Next());
                return new LiteralExpression(token.At, text);
            case TemplateTokenKind.Integer:
                return new LiteralExpression(token.At, long.Parse(token.Value, CultureInfo.InvariantCulture));
            case TemplateTokenKind.Float:
                return new LiteralExpression(token.At, double.Parse(token.Value, CultureInfo.InvariantCulture));
            case TemplateTokenKind.Operator when token.Value == "(":
                Enter();
                var tuple = ParseTuple(mayBeEmpty: true);
                _depth--;
                ExpectOperator(")");
                return tuple;
            case TemplateTokenKind.Operator when token.Value == "[":
                return new SequenceExpression(token.At, ParseItems("]", ParseExpression), TemplateSequenceKind.List);
            case TemplateTokenKind.Operator when token.Value == "{":
                return new MappingExpression(token.At, ParseItems("}", ParseEntry));
            default:
                if (token.Kind != TemplateTokenKind.End)
                    _index--;
                throw Unexpected("a value");
        }
    }

    /// <summary>Two adjacent literals are one; many would be joined in quadratic time.</summary>
    private string Join(string text, TemplateToken next) => text.Length + next.Value.Length <= ushort.MaxValue
        ? text + next.Value
        : throw source.Unsupported(next.At, $"adjacent strings of more than {ushort.MaxValue} characters are not supported");

    private List<T> ParseItems<T>(string end, Func<T> parse)
    {
        var items = new List<T>();
        while (!SkipOperator(end))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator(end))
                    break;
            }
            items.Add(parse());
        }
        return items;
    }

    private (TemplateExpression, TemplateExpression) ParseEntry()
    {
        var key = ParseExpression();
        ExpectOperator(":");
        return (key, ParseExpression());
    }
}
