using System.Globalization;

namespace XlLoraOnnx.GpuCheck;

/// <summary>What the command line asks for.</summary>
internal sealed record CheckOptions
{
    public const string Usage = """
        GpuCheck [--device cuda:0|cpu] [--out DIR] [--work DIR] [--data DIR] [--only NAME,NAME] [--quick]
                 [--bandwidth GB/S] [--tolerance SHARE]
        """;

    public DeviceName Device { get; private init; } = new(0);

    /// <summary>Where gpu-check.jsonl goes; null for standard output alone.</summary>
    public string? Out { get; private init; }

    /// <summary>Exported models; those that are there already are taken as they are. Null for a folder that goes at the end.</summary>
    public string? Work { get; private init; }

    /// <summary>Folder of the recorded models' archives.</summary>
    public string Data { get; private init; } = Path.Combine("tests", "Data", "models");

    /// <summary>Names of checks; empty for all.</summary>
    public IReadOnlyList<string> Only { get; private init; } = [];

    /// <summary>Small shapes, few repetitions.</summary>
    public bool Quick { get; private init; }

    /// <summary>Of the device's memory, GB/s; null to measure it.</summary>
    public double? Bandwidth { get; private init; }

    /// <summary>Largest difference of logits, as a share of their spread (largest minus smallest).</summary>
    public double Tolerance { get; private init; }

    public static CheckOptions Parse(IReadOnlyList<string> args)
    {
        var options = new CheckOptions();
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--quick")
            {
                options = options with { Quick = true };
                continue;
            }
            var value = i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"'{args[i]}' needs a value.\n{Usage}");
            options = args[i++] switch
            {
                "--device" => options with { Device = DeviceName.Parse(value) },
                "--out" => options with { Out = value },
                "--work" => options with { Work = value },
                "--data" => options with { Data = value },
                "--only" => options with { Only = value.Split(',') },
                "--bandwidth" => options with { Bandwidth = double.Parse(value, CultureInfo.InvariantCulture) },
                "--tolerance" => options with { Tolerance = double.Parse(value, CultureInfo.InvariantCulture) },
                var other => throw new ArgumentException($"'{other}' is no option.\n{Usage}"),
            };
        }
        // 16-bit arithmetic against references in float32; and float32 against float32
        return options.Tolerance > 0 ? options : options with { Tolerance = options.Device.IsCpu ? 1e-4 : 2e-2 };
    }
}
