namespace XlLoraOnnx.Tokenizers;

/// <summary>What follows a value: attributes, subscripts, calls, filters and tests.</summary>
internal sealed partial class TemplateParser
{
    private TemplateExpression ParsePostfix(TemplateExpression target)
    {
        while (true)
        {
            var at = Current.At;
            if (SkipOperator("."))
                target = ParseAttribute(target, at);
            else if (SkipOperator("["))
                target = ParseSubscript(target, at);
            else if (IsOperator("("))
                target = new CallExpression(at, target, ParseArguments());
            else
                return target;
        }
    }

    private TemplateExpression ParseAttribute(TemplateExpression target, int at)
    {
        if (Current.Kind == TemplateTokenKind.Integer)
            return new SubscriptExpression(at, target, ParsePrimary());
        var name = Expect(TemplateTokenKind.Name, "the name of an attribute");
        return name.Value[0] == '_'
            ? throw source.Unsupported(
                name.At, $"the attribute '{TemplateSource.Shown(name.Value)}' begins with '_'; only data can be reached")
            : new AttributeExpression(at, target, name.Value);
    }

    private TemplateExpression ParseSubscript(TemplateExpression target, int at)
    {
        var start = IsOperator(":") ? null : ParseExpression();
        if (start is not null && SkipOperator("]"))
            return new SubscriptExpression(at, target, start);
        if (IsOperator(","))
            throw source.Unsupported(Current.At, "a subscript of several values is not supported");
        ExpectOperator(":");
        var stop = IsOperator(":") || IsOperator("]") ? null : ParseExpression();
        var step = SkipOperator(":") && !IsOperator("]") ? ParseExpression() : null;
        ExpectOperator("]");
        return new SliceExpression(at, target, start, stop, step);
    }

    private TemplateExpression ParseFilters(TemplateExpression? target)
    {
        while (true)
        {
            var at = Current.At;
            if (SkipOperator("|"))
                target = ParseFilter(target);
            else if (target is not null && Skip("is"))
                target = ParseCheck(target);
            else if (target is not null && IsOperator("("))
                target = new CallExpression(at, target, ParseArguments());
            else
                return target!;
        }
    }

    private FilterExpression ParseFilter(TemplateExpression? target)
    {
        var name = Expect(TemplateTokenKind.Name, "the name of a filter");
        if (!TemplateFilters.Exists(name.Value))
            throw source.Unsupported(name.At,
                $"the filter '{TemplateSource.Shown(name.Value)}' is not supported; supported are {TemplateFilters.Names}");
        return new FilterExpression(name.At, target, name.Value, IsOperator("(") ? ParseArguments() : ArgumentExpressions.None);
    }

    private TemplateExpression ParseCheck(TemplateExpression target)
    {
        var negated = Skip("not");
        var name = Expect(TemplateTokenKind.Name, "the name of a test");
        if (!TemplateChecks.Exists(name.Value))
            throw source.Unsupported(name.At,
                $"the test '{TemplateSource.Shown(name.Value)}' is not supported; supported are {TemplateChecks.Names}");
        TemplateExpression check = new CheckExpression(name.At, target, name.Value, ParseCheckArguments());
        return negated ? new UnaryExpression(name.At, "not", check) : check;
    }

    /// <summary>In brackets, or one value without them: <c>x is divisibleby 3</c>.</summary>
    private ArgumentExpressions ParseCheckArguments()
    {
        if (IsOperator("("))
            return ParseArguments();
        if (Is("is"))
            throw source.Invalid(Current.At, "tests cannot be chained with 'is'");
        var startsValue = Current.Kind is TemplateTokenKind.String or TemplateTokenKind.Integer or TemplateTokenKind.Float
            || IsOperator("[") || IsOperator("{")
            || (Current.Kind == TemplateTokenKind.Name && Current.Value is not ("else" or "or" or "and"));
        // what Jinja takes for an argument here, most tests then refuse: {% if x is defined if y %} is an error there too
        return startsValue ? new ArgumentExpressions([ParsePostfix(ParsePrimary())], []) : ArgumentExpressions.None;
    }

    private ArgumentExpressions ParseArguments()
    {
        ExpectOperator("(");
        var positional = new List<TemplateExpression>();
        var named = new List<(string, TemplateExpression)>();
        Enter();
        while (!SkipOperator(")"))
        {
            if (positional.Count + named.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator(")"))
                    break;
            }
            if (IsOperator("*") || IsOperator("**"))
                throw source.Unsupported(Current.At, "arguments from a list or dict (* and **) are not supported");
            if (Current.Kind == TemplateTokenKind.Name && _tokens[_index + 1] is { Kind: TemplateTokenKind.Operator, Value: "=" })
                named.Add(ParseNamedArgument(named));
            else if (named.Count == 0)
                positional.Add(ParseExpression());
            else
                throw source.Invalid(Current.At, "an argument by position follows one by name");
        }
        _depth--;
        return new ArgumentExpressions(positional, named);
    }

    private (string, TemplateExpression) ParseNamedArgument(List<(string Name, TemplateExpression)> others)
    {
        var name = Next();
        Next();
        return others.Exists(o => o.Name == name.Value)
            ? throw source.Invalid(name.At, $"the argument '{name.Value}' occurs twice")
            : (name.Value, ParseExpression());
    }
}
