using System.Reflection;
using System.Text;

namespace XlLoraOnnx.Tests;

/// <summary>The public surface of an assembly as text: one line a member, sorted.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    public static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(type.FullName).Append(Bases(type)).Append('\n');
            foreach (var line in Members(type).Order(StringComparer.Ordinal))
                text.Append("    ").Append(line).Append('\n');
        }
        return text.ToString();
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        _ when IsRecord(type) => type.IsSealed ? "sealed record" : "record",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        var bases = new List<string>();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
            bases.Add(Name(parent));
        var interfaces = type.GetInterfaces().Where(i => i.IsPublic && !i.IsGenericType && !type.IsEnum);
        bases.AddRange(interfaces.Select(Name).Order(StringComparer.Ordinal));
        return bases.Count == 0 ? "" : " : " + string.Join(", ", bases);
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetNames(type).Select(n => $"{n} = {(int)Enum.Parse(type, n)}");
        var properties = type.GetProperties(Declared)
            .Where(p => (p.GetMethod ?? p.SetMethod)!.IsPublic)
            .Select(p => $"{Static(p.GetMethod ?? p.SetMethod!)}{Name(p.PropertyType)}{Question(p)} {p.Name} {{{Accessors(p)} }}");
        var fields = type.GetFields(Declared).Where(f => f.IsPublic)
            .Select(f => $"{(f.IsLiteral ? "const " : "")}{Name(f.FieldType)} {f.Name}");
        var constructors = type.GetConstructors(Declared).Where(c => c.IsPublic && c.GetParameters().Length > 0)
            .Select(c => $"{type.Name}({Parameters(c)})");
        var methods = type.GetMethods(Declared)
            .Where(m => m.IsPublic && !m.IsSpecialName && !IsRecordMember(type, m))
            .Select(m => $"{Static(m)}{Name(m.ReturnType)} {m.Name}({Parameters(m)})");
        return [.. properties, .. fields, .. constructors, .. methods];
    }

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static bool IsRecordMember(Type type, MethodInfo method) => IsRecord(type) &&
        (method.Name is "ToString" or "GetHashCode" or "Equals" or "<Clone>$" or "Deconstruct" or "PrintMembers");

    private static string Accessors(PropertyInfo property)
    {
        var get = property.GetMethod is { IsPublic: true } ? " get;" : "";
        if (property.SetMethod is not { IsPublic: true } set)
            return get;
        var init = set.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit");
        return get + (init ? " init;" : " set;");
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var value = parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "default") : "";
        return $"{Name(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Question(PropertyInfo property) =>
        !property.PropertyType.IsValueType && Nullability.Create(property).ReadState == NullabilityState.Nullable ? "?" : "";

    private static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        if (!type.IsGenericType)
            return type.Name;
        var name = type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)];
        return $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
