namespace XlLoraOnnx.Training.Tests;

/// <summary>Data and what becomes of it, for tests.</summary>
internal static class AdapterFiles
{
    public static readonly AdapterTrainingOptions Positive = new() { Side = AdapterSide.Positive };

    public static AdapterData Read(string path, AdapterTrainingOptions options) =>
        AdapterData.ReadAsync(path, options, CancellationToken.None).GetAwaiter().GetResult();

    public static AdapterExamples Encode(string path, AdapterTrainingOptions options, string? model = null) =>
        AdapterExamples.Encode(Read(path, options), model ?? Repository.Demo("base"), options, CancellationToken.None);

    /// <summary>A table of so many rows of different lengths.</summary>
    public static string WritePositives(this TemporaryFolder folder, int rows) => folder.Write("train_pos.csv", "sent0,sent1\n"
        + string.Concat(Enumerable.Range(0, rows).Select(
            i => $"{string.Join(' ', Enumerable.Repeat("agua", i + 1))},Someone drinks {i}.\n")));
}
