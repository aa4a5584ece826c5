using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Runs the statements of a template.</summary>
internal sealed partial class TemplateEvaluator(TemplateRun run)
{
    private StringBuilder _output = new();
    private long _printed;

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public string Render(IReadOnlyList<TemplateStatement> template, TemplateScope scope)
    {
        Execute(template, scope);
        return _output.ToString();
    }

    private Flow Execute(IReadOnlyList<TemplateStatement> body, TemplateScope scope)
    {
        run.Enter();
        foreach (var statement in body)
        {
            run.Charge(1);
            run.At = statement.At;
            var flow = Execute(statement, scope);
            if (flow != Flow.Next)
            {
                run.Leave();
                return flow;
            }
        }
        run.Leave();
        return Flow.Next;
    }

    private Flow Execute(TemplateStatement statement, TemplateScope scope)
    {
        switch (statement)
        {
            case TextStatement text:
                Print(text.Text);
                return Flow.Next;
            case OutputStatement output:
                var value = Evaluate(output.Value, scope);
                run.At = output.At;
                Print(PythonText.Of(run, value));
                return Flow.Next;
            case IfStatement choice:
                foreach (var (test, body) in choice.Branches)
                {
                    if (TemplateOperators.IsTrue(Evaluate(test, scope)))
                        return Execute(body, scope);
                }
                return Execute(choice.Else, scope);
            case ForStatement loop:
                return Loop(loop, scope);
            case SetStatement set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlockStatement set:
                Assign(set.Target, FilterBlock(set.Filter, Capture(set.Body, new TemplateScope(scope)), scope), scope);
                return Flow.Next;
            case MacroStatement macro:
                scope.Set(macro.Name, new TemplateMacro(macro, scope));
                return Flow.Next;
            case LoopControlStatement control:
                return control.IsBreak ? Flow.Break : Flow.Continue;
            default:
                return Execute(((GenerationStatement)statement).Body, new TemplateScope(scope));
        }
    }

    private void Print(string text)
    {
        run.ChargeCharacters(text.Length);
        _printed += text.Length;
        if (_printed > run.Limits.OutputCharacters)
            throw run.Invalid($"it prints more than the {run.Limits.OutputCharacters:N0} characters allowed");
        _output.Append(text);
    }

    private Flow Loop(ForStatement loop, TemplateScope scope)
    {
        var sequence = Evaluate(loop.Sequence, scope);
        run.At = loop.Sequence.At;
        var items = TemplateSequences.Items(run, sequence);
        if (loop.Filter is { } filter)
            items = [.. items.Where(item => TemplateOperators.IsTrue(Evaluate(filter, Inner(loop.Target, item, scope))))];
        if (items.Count == 0)
            return Execute(loop.Else, new TemplateScope(scope));
        for (var i = 0; i < items.Count; i++)
        {
            run.Charge(1);
            run.At = loop.At;
            var inner = Inner(loop.Target, items[i], scope);
            inner.Set("loop", new TemplateLoop(items, i));
            if (Execute(loop.Body, inner) == Flow.Break)
                break;
        }
        return Flow.Next;
    }

    private TemplateScope Inner(AssignmentTarget target, object? item, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        Assign(target, item, inner);
        return inner;
    }

    private string Capture(IReadOnlyList<TemplateStatement> body, TemplateScope scope)
    {
        var outer = _output;
        _output = new StringBuilder();
        Execute(body, scope);
        var text = _output.ToString();
        _output = outer;
        return text;
    }

    /// <summary>The innermost filter of <c>{% set x | a | b %}</c> takes the text of the block.</summary>
    private object? FilterBlock(FilterExpression? filter, string text, TemplateScope scope)
    {
        if (filter is null)
            return text;
        run.Enter();
        var value = Filter(filter, FilterBlock((FilterExpression?)filter.Target, text, scope), scope);
        run.Leave();
        return value;
    }

    private void Assign(AssignmentTarget target, object? value, TemplateScope scope)
    {
        run.At = target.At;
        if (target.Attribute is { } attribute)
        {
            if (!scope.TryGet(target.Names[0], out var found) || found is not TemplateNamespace owner)
                throw run.Invalid($"'{target.Names[0]}' is no namespace, so its attribute '{attribute}' cannot be set");
            owner.Attributes[attribute] = value;
        }
        else if (target.IsTuple)
        {
            var items = TemplateSequences.Items(run, value);
            if (items.Count != target.Names.Count)
                throw run.Invalid($"{items.Count} values cannot be unpacked into {target.Names.Count} variables");
            for (var i = 0; i < items.Count; i++)
                scope.Set(target.Names[i], items[i]);
        }
        else
        {
            scope.Set(target.Names[0], value);
        }
    }

    private string CallMacro(TemplateMacro macro, TemplateArguments arguments)
    {
        var parameters = macro.Definition.Parameters;
        var bound = arguments.Bind(run, $"the macro '{macro.Definition.Name}'", [.. parameters.Select(p => p.Name)]);
        var scope = new TemplateScope(macro.Scope);
        foreach (var (name, fallback) in parameters)
        {
            scope.Set(name, bound.Has(name) ? bound.Value(name)
                : fallback is not null ? Evaluate(fallback, scope)
                : new TemplateUndefined($"the parameter '{name}' of the macro '{macro.Definition.Name}' was not given"));
        }
        return Capture(macro.Definition.Body, scope);
    }
}
