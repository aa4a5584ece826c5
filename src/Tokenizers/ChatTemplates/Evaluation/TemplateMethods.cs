namespace XlLoraOnnx.Tokenizers;

/// <summary>The methods of strings and dicts that templates call. All others of Python are refused by name.</summary>
internal static class TemplateMethods
{
    private static readonly HashSet<string> OfMappings = ["get", "items", "keys", "values"];

    private static readonly HashSet<string> OfStrings =
    [
        "capitalize", "count", "endswith", "find", "join", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rsplit", "rstrip",
        "split", "splitlines", "startswith", "strip", "title", "upper",
    ];

    /// <summary>That Python has and this interpreter has not; without the refusal they would silently be undefined.</summary>
    private static readonly Dictionary<Type, HashSet<string>> Refused = new()
    {
        [typeof(TemplateMapping)] = ["clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update"],
        [typeof(TemplateSequence)] =
            ["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"],
        [typeof(string)] =
        [
            "casefold", "center", "encode", "expandtabs", "format", "format_map", "index", "isalnum", "isalpha", "isascii", "isdecimal",
            "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "ljust", "maketrans",
            "partition", "rfind", "rindex", "rjust", "rpartition", "swapcase", "translate", "zfill",
        ],
    };

    /// <returns>Null if the value has no method of this name.</returns>
    public static TemplateMethod? Find(TemplateRun run, object? target, string name)
    {
        if (target is TemplateMapping && OfMappings.Contains(name) || target is string && OfStrings.Contains(name))
            return new TemplateMethod(target, name);
        if (target is not null && Refused.TryGetValue(target.GetType(), out var refused) && refused.Contains(name))
            throw run.Unsupported($"the method '{name}' of {PythonText.TypeName(target)} is not supported");
        return null;
    }

    public static object? Call(TemplateRun run, TemplateMethod method, TemplateArguments arguments)
    {
        if (arguments.Named.Count > 0 && method.Name is not ("split" or "rsplit" or "splitlines" or "replace"))
            throw run.Invalid($"{method.Name}() takes no arguments by name");
        return method.Target is string text ? OnString(run, text, method.Name, arguments)
            : OnMapping(run, (TemplateMapping)method.Target, method.Name, arguments);
    }

    private static object? OnMapping(TemplateRun run, TemplateMapping mapping, string name, TemplateArguments arguments)
    {
        run.Charge(mapping.Count);
        if (name == "get")
        {
            var bound = arguments.Bind(run, "get()", "key", "default");
            return TemplateMapping.IsKey(bound.Required("key")) && mapping.TryGetValue(bound.Value("key")!, out var value)
                ? value
                : bound.Value("default");
        }
        arguments.Bind(run, name + "()");
        return new TemplateSequence(name switch
        {
            "items" => [.. mapping.Entries.Select(e => new TemplateSequence([e.Key, e.Value], TemplateSequenceKind.Tuple))],
            "keys" => [.. mapping.Keys],
            _ => [.. mapping.Values],
        }, TemplateSequenceKind.Generator);
    }

    private static object? OnString(TemplateRun run, string text, string name, TemplateArguments arguments)
    {
        run.ChargeCharacters(text.Length);
        switch (name)
        {
            case "strip" or "lstrip" or "rstrip":
                var characters = arguments.Bind(run, name + "()", "chars").OptionalText("chars");
                return PythonStrings.Strip(run, text, characters, left: name != "rstrip", right: name != "lstrip");
            case "split" or "rsplit":
                return PythonStrings.Split(run, text, arguments.Bind(run, name + "()", "sep", "maxsplit"), fromRight: name == "rsplit");
            case "splitlines":
                return PythonStrings.SplitLines(run, text, arguments.Bind(run, "splitlines()", "keepends").Flag("keepends"));
            case "startswith" or "endswith":
                return PythonStrings.HasEnd(run, text, arguments.Bind(run, name + "()", "affix").Required("affix"), name == "startswith");
            case "removeprefix":
                var prefix = arguments.Bind(run, "removeprefix()", "prefix").Text("prefix");
                return text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;
            case "removesuffix":
                var suffix = arguments.Bind(run, "removesuffix()", "suffix").Text("suffix");
                return text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;
            case "replace":
                var replacement = arguments.Bind(run, "replace()", "old", "new", "count");
                return PythonStrings.Replace(run, text, replacement.Text("old"), replacement.Text("new"), replacement.Integer("count", -1));
            case "find" or "count":
                var part = arguments.Bind(run, name + "()", "sub").Text("sub");
                return name == "find" ? PythonStrings.Find(run, text, part) : PythonStrings.Count(run, text, part);
            case "join":
                var items = TemplateSequences.Items(run, arguments.Bind(run, "join()", "iterable").Required("iterable"));
                return PythonStrings.Join(run, text, [.. items.Select(item =>
                    item as string ?? throw run.Invalid($"join() takes strings, not {PythonText.TypeName(item)}"))]);
            default:
                arguments.Bind(run, name + "()");
                return PythonStrings.ChangeCase(text, name);
        }
    }
}
