using System.Globalization;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>The tree of a template as text: an operator before its operands, everything in brackets.</summary>
internal static class SyntaxPrinter
{
    public static string Print(IEnumerable<TemplateStatement> body) => string.Join(' ', body.Select(Print));

    private static string Print(TemplateStatement statement) => statement switch
    {
        TextStatement text => $"\"{text.Text}\"",
        OutputStatement output => Print(output.Value),
        IfStatement choice =>
            $"(if {string.Join(' ', choice.Branches.Select(b => $"{Print(b.Test)}[{Print(b.Body)}]"))}{Else(choice.Else)})",
        ForStatement loop => $"(for {Print(loop.Target)} in {Print(loop.Sequence)}" +
            $"{(loop.Filter is null ? "" : $" if {Print(loop.Filter)}")}[{Print(loop.Body)}]{Else(loop.Else)})",
        SetStatement set => $"(set {Print(set.Target)} {Print(set.Value)})",
        SetBlockStatement set => $"(set {Print(set.Target)}{(set.Filter is null ? "" : " " + Print(set.Filter))}[{Print(set.Body)}])",
        MacroStatement macro => $"(macro {macro.Name} {string.Join(' ', macro.Parameters.Select(p =>
            p.Default is null ? p.Name : $"{p.Name}={Print(p.Default)}"))}[{Print(macro.Body)}])",
        LoopControlStatement control => control.IsBreak ? "(break)" : "(continue)",
        GenerationStatement generation => $"(generation[{Print(generation.Body)}])",
        _ => throw new ArgumentException(statement.GetType().Name),
    };

    private static string Print(TemplateExpression expression) => expression switch
    {
        LiteralExpression { Value: null } => "none",
        LiteralExpression { Value: string text } => $"'{text}'",
        LiteralExpression { Value: bool flag } => flag ? "true" : "false",
        LiteralExpression literal => Convert.ToString(literal.Value, CultureInfo.InvariantCulture)!,
        NameExpression name => name.Name,
        SequenceExpression sequence =>
            $"({string.Join(' ', sequence.Items.Select(Print).Prepend(sequence.Kind.ToString().ToLowerInvariant()))})",
        MappingExpression mapping => $"(dict{string.Concat(mapping.Entries.Select(e => $" {Print(e.Key)}:{Print(e.Value)}"))})",
        UnaryExpression unary => $"({unary.Operator} {Print(unary.Operand)})",
        BinaryExpression binary => $"({binary.Operator} {Print(binary.Left)} {Print(binary.Right)})",
        ConcatExpression concat => $"(~ {string.Join(' ', concat.Parts.Select(Print))})",
        CompareExpression compare =>
            $"(cmp {Print(compare.First)}{string.Concat(compare.Rest.Select(r => $" {r.Operator} {Print(r.Operand)}"))})",
        ConditionalExpression choice =>
            $"(? {Print(choice.Test)} {Print(choice.Then)}{(choice.Else is null ? "" : " " + Print(choice.Else))})",
        AttributeExpression attribute => $"{Print(attribute.Target)}.{attribute.Name}",
        SubscriptExpression subscript => $"{Print(subscript.Target)}[{Print(subscript.Index)}]",
        SliceExpression slice => $"{Print(slice.Target)}[{Bound(slice.Start)}:{Bound(slice.Stop)}:{Bound(slice.Step)}]",
        CallExpression call => $"{Print(call.Target)}({Print(call.Arguments)})",
        FilterExpression filter => $"(| {(filter.Target is null ? "_" : Print(filter.Target))} {filter.Name}({Print(filter.Arguments)}))",
        CheckExpression check => $"(is {Print(check.Target)} {check.Name}({Print(check.Arguments)}))",
        _ => throw new ArgumentException(expression.GetType().Name),
    };

    private static string Print(ArgumentExpressions arguments) =>
        string.Join(' ', arguments.Positional.Select(Print).Concat(arguments.Named.Select(n => $"{n.Name}={Print(n.Value)}")));

    private static string Print(AssignmentTarget target) => target.Attribute is { } attribute
        ? $"{target.Names[0]}.{attribute}"
        : target.IsTuple ? $"({string.Join(' ', target.Names)})" : target.Names[0];

    private static string Else(IReadOnlyList<TemplateStatement> body) => body.Count == 0 ? "" : $" else[{Print(body)}]";

    private static string Bound(TemplateExpression? bound) => bound is null ? "" : Print(bound);
}
