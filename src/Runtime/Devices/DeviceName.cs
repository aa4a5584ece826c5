using System.Globalization;

namespace XlLoraOnnx.Runtime;

/// <summary>Where something runs: <c>cpu</c>, or <c>cuda:N</c> for the CUDA device of that number.</summary>
/// <param name="Cuda">Number of the CUDA device; null for the CPU.</param>
internal readonly record struct DeviceName(int? Cuda)
{
    public bool IsCpu => Cuda is null;

    /// <param name="name"><c>cpu</c>, <c>cuda</c> (the first) or <c>cuda:N</c>.</param>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public static DeviceName Parse(string name) => TryParse(name)
        ?? throw new ArgumentException($"'{name}' is no device; devices are cpu and cuda:N, for example cuda:0.");

    public static bool IsDevice(string? name) => TryParse(name) is not null;

    private static DeviceName? TryParse(string? name) => name switch
    {
        "cpu" => new DeviceName(null),
        "cuda" => new DeviceName(0),
        _ when name?.StartsWith("cuda:", StringComparison.Ordinal) == true
            && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => new DeviceName(number),
        _ => null,
    };

    public override string ToString() => Cuda is { } number ? string.Create(CultureInfo.InvariantCulture, $"cuda:{number}") : "cpu";
}
