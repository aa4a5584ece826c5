namespace XlLoraOnnx.Tokenizers;

/// <summary>The tree of a template. <c>At</c> is the place in the source.</summary>
internal abstract record TemplateExpression(int At);

internal sealed record LiteralExpression(int At, object? Value) : TemplateExpression(At);

internal sealed record NameExpression(int At, string Name) : TemplateExpression(At);

internal sealed record SequenceExpression(
    int At, IReadOnlyList<TemplateExpression> Items, TemplateSequenceKind Kind) : TemplateExpression(At);

internal sealed record MappingExpression(
    int At, IReadOnlyList<(TemplateExpression Key, TemplateExpression Value)> Entries) : TemplateExpression(At);

/// <param name="Operator"><c>-</c>, <c>+</c> or <c>not</c>.</param>
internal sealed record UnaryExpression(int At, string Operator, TemplateExpression Operand) : TemplateExpression(At);

/// <param name="Operator">Arithmetic, <c>and</c> or <c>or</c>.</param>
internal sealed record BinaryExpression(
    int At, string Operator, TemplateExpression Left, TemplateExpression Right) : TemplateExpression(At);

internal sealed record ConcatExpression(int At, IReadOnlyList<TemplateExpression> Parts) : TemplateExpression(At);

/// <summary>A chain, <c>a &lt; b &lt; c</c>.</summary>
internal sealed record CompareExpression(
    int At, TemplateExpression First, IReadOnlyList<(string Operator, TemplateExpression Operand)> Rest) : TemplateExpression(At);

internal sealed record ConditionalExpression(
    int At, TemplateExpression Test, TemplateExpression Then, TemplateExpression? Else) : TemplateExpression(At);

internal sealed record AttributeExpression(int At, TemplateExpression Target, string Name) : TemplateExpression(At);

internal sealed record SubscriptExpression(int At, TemplateExpression Target, TemplateExpression Index) : TemplateExpression(At);

internal sealed record SliceExpression(
    int At, TemplateExpression Target, TemplateExpression? Start, TemplateExpression? Stop, TemplateExpression? Step)
    : TemplateExpression(At);

internal sealed record ArgumentExpressions(
    IReadOnlyList<TemplateExpression> Positional, IReadOnlyList<(string Name, TemplateExpression Value)> Named)
{
    public static ArgumentExpressions None { get; } = new([], []);
}

internal sealed record CallExpression(int At, TemplateExpression Target, ArgumentExpressions Arguments) : TemplateExpression(At);

/// <param name="Target">Null at the start of a block that is filtered: <c>{% set x | trim %}</c>.</param>
internal sealed record FilterExpression(
    int At, TemplateExpression? Target, string Name, ArgumentExpressions Arguments) : TemplateExpression(At);

/// <summary><c>x is name(arguments)</c>.</summary>
internal sealed record CheckExpression(
    int At, TemplateExpression Target, string Name, ArgumentExpressions Arguments) : TemplateExpression(At);

internal abstract record TemplateStatement(int At);

internal sealed record TextStatement(int At, string Text) : TemplateStatement(At);

internal sealed record OutputStatement(int At, TemplateExpression Value) : TemplateStatement(At);

internal sealed record IfStatement(
    int At,
    IReadOnlyList<(TemplateExpression Test, IReadOnlyList<TemplateStatement> Body)> Branches,
    IReadOnlyList<TemplateStatement> Else) : TemplateStatement(At);

internal sealed record ForStatement(
    int At,
    AssignmentTarget Target,
    TemplateExpression Sequence,
    TemplateExpression? Filter,
    IReadOnlyList<TemplateStatement> Body,
    IReadOnlyList<TemplateStatement> Else) : TemplateStatement(At);

internal sealed record SetStatement(int At, AssignmentTarget Target, TemplateExpression Value) : TemplateStatement(At);

/// <summary>What a block prints, into a variable.</summary>
internal sealed record SetBlockStatement(
    int At, AssignmentTarget Target, FilterExpression? Filter, IReadOnlyList<TemplateStatement> Body) : TemplateStatement(At);

internal sealed record MacroStatement(
    int At,
    string Name,
    IReadOnlyList<(string Name, TemplateExpression? Default)> Parameters,
    IReadOnlyList<TemplateStatement> Body) : TemplateStatement(At);

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record LoopControlStatement(int At, bool IsBreak) : TemplateStatement(At);

/// <summary>transformers' <c>{% generation %}</c>, which marks what the assistant said: printed as it is.</summary>
internal sealed record GenerationStatement(int At, IReadOnlyList<TemplateStatement> Body) : TemplateStatement(At);

/// <summary>One name, several (unpacking), or an attribute of a namespace.</summary>
internal sealed record AssignmentTarget(int At, IReadOnlyList<string> Names, bool IsTuple, string? Attribute);
