namespace XlLoraOnnx.Tokenizers;

/// <summary>Values of expressions.</summary>
internal sealed partial class TemplateEvaluator
{
    /// <summary>Jinja's globals that are not offered here: refused, not run with nothing in their place.</summary>
    private static readonly HashSet<string> UnsupportedGlobals =
        ["caller", "cycler", "dict", "joiner", "kwargs", "lipsum", "self", "super", "varargs"];

    private object? Evaluate(TemplateExpression expression, TemplateScope scope)
    {
        run.Enter();
        run.At = expression.At;
        var value = expression switch
        {
            LiteralExpression literal => literal.Value,
            NameExpression name => Variable(name, scope),
            SequenceExpression sequence => new TemplateSequence([.. sequence.Items.Select(item => Evaluate(item, scope))], sequence.Kind),
            MappingExpression mapping => Mapping(mapping, scope),
            UnaryExpression { Operator: "not" } not => !TemplateOperators.IsTrue(Evaluate(not.Operand, scope)),
            UnaryExpression unary => Signed(unary, scope),
            BinaryExpression binary => Binary(binary, scope),
            ConcatExpression concat => Concat(concat, scope),
            CompareExpression compare => Compare(compare, scope),
            ConditionalExpression conditional => Conditional(conditional, scope),
            AttributeExpression attribute => Attribute(attribute, scope),
            SubscriptExpression subscript => Subscript(subscript, scope),
            SliceExpression slice => Slice(slice, scope),
            CallExpression call => Call(call, scope),
            FilterExpression filter => Filter(filter, Evaluate(filter.Target!, scope), scope),
            _ => Check((CheckExpression)expression, scope),
        };
        run.Leave();
        return value;
    }

    private object? Variable(NameExpression name, TemplateScope scope)
    {
        if (scope.TryGet(name.Name, out var value))
            return value;
        if (UnsupportedGlobals.Contains(name.Name))
            throw run.Unsupported($"Jinja's '{name.Name}' is not supported");
        return new TemplateUndefined($"'{name.Name}' is undefined");
    }

    private TemplateMapping Mapping(MappingExpression expression, TemplateScope scope)
    {
        var mapping = new TemplateMapping();
        foreach (var (keyExpression, valueExpression) in expression.Entries)
        {
            var key = Evaluate(keyExpression, scope);
            run.At = keyExpression.At;
            if (!TemplateMapping.IsKey(key))
                throw run.Unsupported($"{PythonText.TypeName(key)} as a key of a dict is not supported; strings, numbers and booleans are");
            mapping[key!] = Evaluate(valueExpression, scope);
        }
        return mapping;
    }

    private object Signed(UnaryExpression unary, TemplateScope scope)
    {
        var operand = Evaluate(unary.Operand, scope);
        run.At = unary.At;
        return TemplateOperators.Negate(run, unary.Operator, operand);
    }

    private object? Binary(BinaryExpression binary, TemplateScope scope)
    {
        var left = Evaluate(binary.Left, scope);
        if (binary.Operator is "and" or "or")
            return TemplateOperators.IsTrue(left) == (binary.Operator == "and") ? Evaluate(binary.Right, scope) : left;
        var right = Evaluate(binary.Right, scope);
        run.At = binary.At;
        return TemplateOperators.Arithmetic(run, binary.Operator, left, right);
    }

    private string Concat(ConcatExpression concat, TemplateScope scope)
    {
        var parts = concat.Parts.Select(part => PythonText.Of(run, Evaluate(part, scope))).ToArray();
        run.At = concat.At;
        run.ChargeCharacters(parts.Sum(p => (long)p.Length));
        return string.Concat(parts);
    }

    private bool Compare(CompareExpression compare, TemplateScope scope)
    {
        var left = Evaluate(compare.First, scope);
        foreach (var (op, operand) in compare.Rest)
        {
            var right = Evaluate(operand, scope);
            run.At = compare.At;
            if (!TemplateOperators.Compare(run, op, left, right))
                return false;
            left = right;
        }
        return true;
    }

    private object? Conditional(ConditionalExpression conditional, TemplateScope scope)
    {
        if (TemplateOperators.IsTrue(Evaluate(conditional.Test, scope)))
            return Evaluate(conditional.Then, scope);
        return conditional.Else is { } otherwise
            ? Evaluate(otherwise, scope)
            : new TemplateUndefined("the condition was false and there is no else");
    }

    private object? Attribute(AttributeExpression attribute, TemplateScope scope)
    {
        var target = Evaluate(attribute.Target, scope);
        run.At = attribute.At;
        return TemplateMembers.Attribute(run, target, attribute.Name);
    }

    private object? Subscript(SubscriptExpression subscript, TemplateScope scope)
    {
        var target = Evaluate(subscript.Target, scope);
        var index = Evaluate(subscript.Index, scope);
        run.At = subscript.At;
        return TemplateMembers.Subscript(run, target, index);
    }

    private object? Slice(SliceExpression slice, TemplateScope scope)
    {
        var target = Evaluate(slice.Target, scope);
        var (start, stop, step) = (Bound(slice.Start), Bound(slice.Stop), Bound(slice.Step));
        run.At = slice.At;
        return TemplateSequences.Slice(run, target, start, stop, step);

        long? Bound(TemplateExpression? bound) => bound is null ? null : Evaluate(bound, scope) switch
        {
            null => null,
            long number => number,
            bool flag => flag ? 1 : 0,
            var other => throw run.Invalid($"a slice takes integers, not {PythonText.TypeName(other)}"),
        };
    }

    private object? Call(CallExpression call, TemplateScope scope)
    {
        var target = Evaluate(call.Target, scope);
        var arguments = Arguments(call.Arguments, scope);
        run.At = call.At;
        return target switch
        {
            TemplateMacro macro => CallMacro(macro, arguments),
            TemplateFunction function => function.Call(run, arguments),
            TemplateMethod method => TemplateMethods.Call(run, method, arguments),
            TemplateUndefined undefined => throw run.Invalid($"cannot be called: {undefined.Reason}"),
            _ => throw run.Invalid($"{PythonText.TypeName(target)} cannot be called"),
        };
    }

    private object? Filter(FilterExpression filter, object? value, TemplateScope scope)
    {
        var arguments = Arguments(filter.Arguments, scope);
        run.At = filter.At;
        return TemplateFilters.Apply(run, filter.Name, value, arguments);
    }

    private bool Check(CheckExpression check, TemplateScope scope)
    {
        var value = Evaluate(check.Target, scope);
        var arguments = Arguments(check.Arguments, scope);
        run.At = check.At;
        return TemplateChecks.Holds(run, check.Name, value, arguments);
    }

    private TemplateArguments Arguments(ArgumentExpressions arguments, TemplateScope scope) =>
        arguments.Positional.Count + arguments.Named.Count == 0
            ? TemplateArguments.None
            : new TemplateArguments(
                [.. arguments.Positional.Select(a => Evaluate(a, scope))],
                arguments.Named.ToDictionary(a => a.Name, a => Evaluate(a.Value, scope)));
}
