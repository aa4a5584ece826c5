using System.Globalization;

namespace XlLoraOnnx.Cli;

/// <summary>Sizes as people write them: 4GiB, 512MiB, 1.5GB, 1073741824.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("T", 1L << 40), ("B", 1), ("", 1),
    ];

    public static long Parse(string text, string option)
    {
        var trimmed = text.Trim();
        var (suffix, unit) = Units.First(u => trimmed.EndsWith(u.Suffix, StringComparison.OrdinalIgnoreCase));
        var number = trimmed[..^suffix.Length].TrimEnd();
        if (decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value > 0 && value <= long.MaxValue / unit)
            return (long)(value * unit);
        throw new ArgumentException($"{option} '{text}' is no size. Examples: 4GiB, 512MiB, 1.5GB.");
    }
}
