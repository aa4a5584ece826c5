using System.Globalization;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Filters on what can be walked through.</summary>
internal static partial class TemplateFilters
{
    private static TemplateSequence ToList(TemplateRun run, object? value, TemplateArguments arguments)
    {
        arguments.Bind(run, "list");
        return new TemplateSequence(TemplateSequences.Items(run, value));
    }

    private static TemplateSequence Entries(TemplateRun run, object? value, TemplateArguments arguments)
    {
        arguments.Bind(run, "items");
        return value switch
        {
            TemplateMapping mapping =>
                (TemplateSequence)TemplateMethods.Call(run, new TemplateMethod(mapping, "items"), TemplateArguments.None)!,
            TemplateUndefined => Generator([]),
            _ => throw run.Invalid($"items takes a dict, not {PythonText.TypeName(value)}"),
        };
    }

    private static object? End(TemplateRun run, string filter, object? value, TemplateArguments arguments)
    {
        arguments.Bind(run, filter);
        if (filter == "last" && value is TemplateSequence { Kind: TemplateSequenceKind.Generator })
            throw run.Invalid("last takes no generator; put list before it");
        var items = TemplateSequences.Items(run, value);
        return items.Count == 0 ? new TemplateUndefined($"there is no {filter} item") : filter == "first" ? items[0] : items[^1];
    }

    private static string Join(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "join", "d", "attribute");
        var path = bound.Value("attribute");
        var parts = TemplateSequences.Items(run, value)
            .Select(item => PythonText.Of(run, path is null ? item : Reach(run, item, path))).ToArray();
        return PythonStrings.Join(run, PythonText.Of(run, bound.Value("d", "")), parts);
    }

    private static object Reverse(TemplateRun run, object? value, TemplateArguments arguments)
    {
        arguments.Bind(run, "reverse");
        return value is string
            ? TemplateSequences.Slice(run, value, null, null, -1)!
            : Generator([.. TemplateSequences.Items(run, value).Reverse()]);
    }

    private static TemplateSequence Map(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var items = TemplateSequences.Items(run, value);
        if (arguments.Positional.Count == 0)
        {
            var bound = arguments.Bind(run, "map", "attribute", "default");
            var path = bound.Required("attribute");
            return Generator([.. items.Select(item => Reach(run, item, path, bound.Value("default")))]);
        }
        if (arguments.Positional[0] is not string filter)
            throw run.Invalid($"map takes the name of a filter, not {PythonText.TypeName(arguments.Positional[0])}");
        return Generator([.. items.Select(item => Apply(run, filter, item, arguments.Skip(1)))]);
    }

    private static TemplateSequence Select(
        TemplateRun run, string name, object? value, TemplateArguments arguments, bool keep, bool byAttribute)
    {
        var first = byAttribute ? 1 : 0;
        if (arguments.Positional.Count < first)
            throw run.Invalid($"{name} lacks the name of the attribute");
        var check = arguments.Positional.Count > first ? arguments.Positional[first] : null;
        if (check is not (null or string))
            throw run.Invalid($"{name} takes the name of a test, not {PythonText.TypeName(check)}");
        var rest = arguments.Skip(first + 1);
        return Generator([.. TemplateSequences.Items(run, value).Where(item => Holds(item) == keep)]);

        bool Holds(object? item)
        {
            run.Charge(1);
            var tested = byAttribute ? Reach(run, item, arguments.Positional[0]) : item;
            return check is string test ? TemplateChecks.Holds(run, test, tested, rest) : TemplateOperators.IsTrue(tested);
        }
    }

    private static TemplateSequence Sort(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "sort", "reverse", "case_sensitive", "attribute");
        if (bound.Value("attribute") is string path && path.Contains(','))
            throw run.Unsupported("sort by several attributes is not supported");
        return new TemplateSequence(Sorted(run, TemplateSequences.Items(run, value), Key(run, bound), bound.Flag("reverse")));
    }

    private static TemplateSequence SortMapping(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "dictsort", "case_sensitive", "by", "reverse");
        var by = bound.Text("by", "key");
        if (by is not ("key" or "value"))
            throw run.Invalid($"dictsort sorts by 'key' or 'value', not by '{TemplateSource.Shown(by)}'");
        var entries = Entries(run, value, TemplateArguments.None).Items;
        return new TemplateSequence(Sorted(run, entries, Key, bound.Flag("reverse")));

        object? Key(object? entry)
        {
            var part = ((TemplateSequence)entry!).Items[by == "key" ? 0 : 1];
            return part is string text && !bound.Flag("case_sensitive") ? text.ToLowerInvariant() : part;
        }
    }

    private static object? Extreme(TemplateRun run, string filter, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, filter, "case_sensitive", "attribute");
        var key = Key(run, bound);
        var items = TemplateSequences.Items(run, value);
        if (items.Count == 0)
            return new TemplateUndefined("the sequence is empty");
        var (best, bestKey) = (items[0], key(items[0]));
        foreach (var item in items.Skip(1))
        {
            var other = key(item);
            if (TemplateOperators.Compare(run, filter == "min" ? "<" : ">", other, bestKey))
                (best, bestKey) = (item, other);
        }
        return best;
    }

    private static object? Sum(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "sum", "attribute", "start");
        var path = bound.Value("attribute");
        return TemplateSequences.Items(run, value).Aggregate(bound.Value("start", 0L), (sum, item) =>
            TemplateOperators.Arithmetic(run, "+", sum, path is null ? item : Reach(run, item, path)));
    }

    private static TemplateSequence Unique(TemplateRun run, object? value, TemplateArguments arguments)
    {
        var bound = arguments.Bind(run, "unique", "case_sensitive", "attribute");
        var (key, seen, unique) = (Key(run, bound), new TemplateMapping(), new List<object?>());
        foreach (var item in TemplateSequences.Items(run, value))
        {
            if (key(item) is not { } found || !TemplateMapping.IsKey(found))
                throw run.Unsupported("unique is supported for strings, numbers and booleans");
            if (!seen.TryGetValue(found, out _))
                unique.Add(item);
            seen[found] = true;
        }
        return Generator(unique);
    }

    private static TemplateSequence Generator(IReadOnlyList<object?> items) => new(items, TemplateSequenceKind.Generator);

    /// <summary>By which items are compared: an attribute, if one is given; without case, unless asked for.</summary>
    private static Func<object?, object?> Key(TemplateRun run, BoundArguments arguments)
    {
        var (path, ignoreCase) = (arguments.Value("attribute"), !arguments.Flag("case_sensitive"));
        return item =>
        {
            var key = path is null ? item : Reach(run, item, path);
            return key is string text && ignoreCase ? text.ToLowerInvariant() : key;
        };
    }

    private static object?[] Sorted(TemplateRun run, IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse)
    {
        var order = Comparer<object?>.Create((a, b) => TemplateOperators.Order(run, "<", a, b) ?? 0);
        try
        {
            var keyed = items.Select(item => (Item: item, Key: key(item)));
            return [.. (reverse ? keyed.OrderByDescending(k => k.Key, order) : keyed.OrderBy(k => k.Key, order)).Select(k => k.Item)];
        }
        catch (InvalidOperationException e) when (e.InnerException is InvalidDataException inner)
        {
            throw inner;
        }
    }

    /// <summary>An attribute by its dotted path: <c>function.name</c>.</summary>
    /// <param name="fallback">What stands for every part of the path that is not there; null: nothing does.</param>
    private static object? Reach(TemplateRun run, object? item, object? path, object? fallback = null)
    {
        if (path is long index)
            return OrFallback(TemplateMembers.Subscript(run, item, index));
        if (path is not string text)
            throw run.Invalid($"an attribute is named by a string, not by {PythonText.TypeName(path)}");
        foreach (var name in text.Split('.'))
        {
            run.Charge(1);
            var isIndex = long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var position);
            item = OrFallback(TemplateMembers.Subscript(run, item, isIndex ? position : name));
        }
        return item;

        object? OrFallback(object? found) => found is TemplateUndefined && fallback is not null ? fallback : found;
    }
}
