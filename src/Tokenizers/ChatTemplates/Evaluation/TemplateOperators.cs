namespace XlLoraOnnx.Tokenizers;

/// <summary>Python's operators on the values of a template.</summary>
internal static class TemplateOperators
{
    private const int MaxNesting = 32;

    public static bool IsTrue(object? value) => value switch
    {
        null or TemplateUndefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        TemplateSequence { Kind: TemplateSequenceKind.Generator } => true,
        TemplateSequence sequence => sequence.Items.Count > 0,
        TemplateMapping mapping => mapping.Count > 0,
        _ => true,
    };

    public static object? Arithmetic(TemplateRun run, string op, object? left, object? right)
    {
        try
        {
            return op switch
            {
                "+" => Add(run, left, right),
                "*" when (Repeated(run, left, right) ?? Repeated(run, right, left)) is { } repeated => repeated,
                "%" when left is string => throw run.Unsupported("formatting with '%' is not supported; join with '~'"),
                _ when AsInteger(left) is { } a && AsInteger(right) is { } b => OnIntegers(run, op, a, b),
                _ when AsFloat(left) is { } a && AsFloat(right) is { } b => OnFloats(run, op, a, b),
                _ => throw Wrong(run, op, left, right),
            };
        }
        catch (OverflowException e)
        {
            throw run.Invalid($"the result of '{op}' does not fit into 64 bits", e);
        }
    }

    public static object Negate(TemplateRun run, string op, object? value) => value switch
    {
        double number => (object)(op == "-" ? -number : number),
        _ when AsInteger(value) is { } number => op == "-"
            ? number == long.MinValue ? throw run.Invalid("the result of '-' does not fit into 64 bits") : -number
            : number,
        _ => throw run.Invalid($"'{op}' cannot be applied to {PythonText.TypeName(value)}"),
    };

    public static bool Compare(TemplateRun run, string op, object? left, object? right) => op switch
    {
        "==" => AreEqual(run, left, right),
        "!=" => !AreEqual(run, left, right),
        "in" => Contains(run, right, left),
        "not in" => !Contains(run, right, left),
        "<" => Order(run, op, left, right) is < 0,
        "<=" => Order(run, op, left, right) is <= 0,
        ">" => Order(run, op, left, right) is > 0,
        _ => Order(run, op, left, right) is >= 0,
    };

    public static bool AreEqual(TemplateRun run, object? left, object? right, int nesting = 0)
    {
        run.Charge(1);
        if (nesting > MaxNesting)
            throw run.Invalid($"values are nested deeper than the {MaxNesting} levels that can be compared");
        if (left is string a && right is string b)
        {
            run.ChargeCharacters(Math.Min(a.Length, b.Length));
            return a == b;
        }
        if (AsInteger(left) is { } i && AsInteger(right) is { } j)
            return i == j;
        if (AsFloat(left) is { } x && AsFloat(right) is { } y)
            return x == y;
        return (left, right) switch
        {
            (TemplateUndefined, TemplateUndefined) => true,
            (TemplateSequence s, TemplateSequence t) => ReferenceEquals(s, t)
                || (s.Kind == t.Kind && s.Kind != TemplateSequenceKind.Generator && s.Items.Count == t.Items.Count
                    && s.Items.Zip(t.Items).All(pair => AreEqual(run, pair.First, pair.Second, nesting + 1))),
            (TemplateMapping m, TemplateMapping n) => m.Count == n.Count
                && m.Entries.All(e => n.TryGetValue(e.Key, out var other) && AreEqual(run, e.Value, other, nesting + 1)),
            _ => ReferenceEquals(left, right),
        };
    }

    /// <summary>Below, equal or above 0; null if one is not a number (NaN).</summary>
    public static int? Order(TemplateRun run, string op, object? left, object? right, int nesting = 0)
    {
        run.Charge(1);
        if (left is string a && right is string b)
        {
            run.ChargeCharacters(Math.Min(a.Length, b.Length));
            return OrderByCodePoint(a, b);
        }
        if (AsInteger(left) is { } i && AsInteger(right) is { } j)
            return i.CompareTo(j);
        if (AsFloat(left) is { } x && AsFloat(right) is { } y)
            return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
        if (left is TemplateSequence s && right is TemplateSequence t && s.Kind == t.Kind && s.Kind <= TemplateSequenceKind.Tuple
            && nesting < MaxNesting)
        {
            for (var k = 0; k < Math.Min(s.Items.Count, t.Items.Count); k++)
            {
                if (!AreEqual(run, s.Items[k], t.Items[k], nesting + 1))
                    return Order(run, op, s.Items[k], t.Items[k], nesting + 1);
            }
            return s.Items.Count.CompareTo(t.Items.Count);
        }
        throw Wrong(run, op, left, right);
    }

    public static bool Contains(TemplateRun run, object? container, object? value)
    {
        switch (container)
        {
            case string text when value is string part:
                run.ChargeSearch(text, part);
                return text.Contains(part, StringComparison.Ordinal);
            case TemplateSequence sequence:
                return sequence.Items.Any(item => AreEqual(run, item, value));
            case TemplateMapping mapping:
                return TemplateMapping.IsKey(value) && mapping.TryGetValue(value!, out _);
            case TemplateUndefined:
                return false;
            default:
                throw Wrong(run, "in", value, container);
        }
    }

    private static object Add(TemplateRun run, object? left, object? right) => (left, right) switch
    {
        (string a, string b) => (object)Joined(run, a, b),
        (TemplateSequence s, TemplateSequence t) when s.Kind == t.Kind && s.Kind <= TemplateSequenceKind.Tuple => Joined(run, s, t),
        _ when AsInteger(left) is { } i && AsInteger(right) is { } j => checked(i + j),
        _ when AsFloat(left) is { } x && AsFloat(right) is { } y => x + y,
        _ => throw Wrong(run, "+", left, right),
    };

    private static string Joined(TemplateRun run, string a, string b)
    {
        run.ChargeCharacters((long)a.Length + b.Length);
        return a + b;
    }

    private static TemplateSequence Joined(TemplateRun run, TemplateSequence a, TemplateSequence b)
    {
        run.Charge((long)a.Items.Count + b.Items.Count);
        return new TemplateSequence([.. a.Items, .. b.Items], a.Kind);
    }

    private static object? Repeated(TemplateRun run, object? value, object? count)
    {
        if (AsInteger(count) is not { } times || value is not (string or TemplateSequence { Kind: <= TemplateSequenceKind.Tuple }))
            return null;
        times = Math.Max(0, times);
        if (value is string text)
        {
            run.ChargeCharacters(checked(text.Length * times));
            return string.Concat(Enumerable.Repeat(text, text.Length == 0 ? 0 : (int)times));
        }
        var sequence = (TemplateSequence)value;
        run.Charge(checked(sequence.Items.Count * times));
        var repetitions = Enumerable.Repeat(sequence.Items, sequence.Items.Count == 0 ? 0 : (int)times);
        return new TemplateSequence([.. repetitions.SelectMany(items => items)], sequence.Kind);
    }

    private static object OnIntegers(TemplateRun run, string op, long a, long b) => op switch
    {
        "-" => (object)checked(a - b),
        "*" => checked(a * b),
        "**" => b < 0 ? (object)OnFloats(run, op, a, b) : Power(a, b),
        _ when b == 0 => throw run.Invalid($"division by zero ('{op}')"),
        "/" => (double)a / b,
        "//" => b == -1 ? checked(-a) : a / b - (a % b != 0 && a < 0 != b < 0 ? 1 : 0),
        _ => b == -1 || a % b == 0 ? 0L : a < 0 == b < 0 ? a % b : a % b + b,
    };

    private static long Power(long value, long exponent)
    {
        if (value is 0 or 1 or -1)
            return exponent == 0 ? 1 : value == -1 && exponent % 2 == 0 ? 1 : value;
        var power = 1L;
        for (var i = 0L; i < exponent; i++)
            power = checked(power * value); // overflows after 63 rounds at the latest
        return power;
    }

    private static double OnFloats(TemplateRun run, string op, double a, double b) => op switch
    {
        "-" => a - b,
        "*" => a * b,
        "**" when a == 0 && b < 0 => throw run.Invalid("division by zero ('**')"),
        "**" when a < 0 && b != Math.Floor(b) => throw run.Unsupported("complex numbers are not supported"),
        "**" => Math.Pow(a, b),
        _ when b == 0 => throw run.Invalid($"division by zero ('{op}')"),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        _ => a - b * Math.Floor(a / b),
    };

    private static int OrderByCodePoint(string a, string b)
    {
        var at = a.AsSpan().CommonPrefixLength(b);
        if (at == a.Length || at == b.Length)
            return a.Length.CompareTo(b.Length);
        // surrogates stand for code points above all others
        var (above, below) = (char.IsSurrogate(a[at]), char.IsSurrogate(b[at]));
        return above == below ? a[at].CompareTo(b[at]) : above ? 1 : -1;
    }

    private static long? AsInteger(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => null,
    };

    private static double? AsFloat(object? value) => value is double number ? number : AsInteger(value);

    private static InvalidDataException Wrong(TemplateRun run, string op, object? left, object? right) =>
        run.Invalid($"'{op}' cannot be applied to {PythonText.TypeName(left)} and {PythonText.TypeName(right)}");
}
