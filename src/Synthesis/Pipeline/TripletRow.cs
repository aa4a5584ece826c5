using CsvHelper;

namespace XlLoraOnnx.Synthesis;

/// <summary>One line of the output; column order matters, since SimCSE reads columns by position.</summary>
internal static class TripletRow
{
    private static readonly CsvWriterOptions Format = new() { NewLine = "\n", Quoting = CsvQuoting.WhenNeeded };

    public static byte[] Header { get; } = Render("sent0", "sent1", "hard_neg");

    public static byte[] Render(SynthesisResult triplet) => Render(triplet.Sent0, triplet.Sent1!, triplet.HardNeg!);

    private static byte[] Render(params ReadOnlySpan<string> fields)
    {
        using var bytes = new MemoryStream();
        using (var writer = CsvWriter.Create(bytes, Format, leaveOpen: true))
            writer.WriteRecord(fields);
        return bytes.ToArray();
    }
}
