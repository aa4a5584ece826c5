using System.Globalization;

namespace XlLoraOnnx.Runtime;

/// <summary>A value that an option cannot have.</summary>
/// <param name="Option">Name of the property.</param>
/// <param name="Value">What was found; null where it is no number, and the message says it.</param>
/// <param name="Allowed">What is allowed.</param>
internal sealed record OptionProblem(string Option, object? Value, string Allowed)
{
    /// <summary>For a person: the option, what was found and what is allowed.</summary>
    public string Message => Value is null
        ? $"{Option}: {Allowed}"
        : string.Create(CultureInfo.InvariantCulture, $"{Option} is {Value}; {Allowed}");

    /// <exception cref="ArgumentException">There are problems; the message has all of them.</exception>
    public static void ThrowIfAny(IEnumerable<OptionProblem> problems)
    {
        OptionProblem[] all = [.. problems];
        if (all is [{ Value: { } value } single])
            throw new ArgumentOutOfRangeException(single.Option, value, single.Message);
        if (all.Length > 0)
            throw new ArgumentException(string.Join(" ", all.Select(p => p.Message)));
    }

    /// <param name="folder">That is to be loaded when it is first asked for.</param>
    public static IEnumerable<OptionProblem> OfFolder(string? folder)
    {
        if (string.IsNullOrEmpty(folder))
            yield return new("Folder", null, "no model folder is named; name one when the model is added, or in its options.");
        else if (!File.Exists(Path.Combine(folder, ModelManifest.FileName)))
            yield return new("Folder", null, $"'{folder}' holds no {ModelManifest.FileName}, so it is no model folder; "
                + "it must be what xllora-onnx export has written.");
    }

    /// <param name="devices">Null for the CPU.</param>
    public static IEnumerable<OptionProblem> OfDevices(IReadOnlyList<string>? devices)
    {
        const string Allowed = "devices are cpu and cuda:N, for example cuda:0.";
        if (devices is { Count: 0 })
            yield return new("Devices", null, $"no device is named; {Allowed}");
        foreach (var device in devices ?? [])
        {
            if (!DeviceName.IsDevice(device))
                yield return new("Devices", null, $"'{device}' is no device; {Allowed}");
        }
    }
}
