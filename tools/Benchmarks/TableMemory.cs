using System.Diagnostics;
using System.Globalization;
using ParquetSharp;
using XlLoraOnnx.Datasets;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// A million rows of two columns as CSV, as Parquet in one row group, and in a thousand: each is read in a process of its own, in turns.
/// </summary>
internal static class TableMemory
{
    private const int Rows = 1_000_000, GroupRows = 1000;

    public static async Task RunAsync(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("xllora-tables-").FullName;
        try
        {
            await File.WriteAllLinesAsync(Path.Combine(folder, "rows.csv"), Enumerable.Range(0, Rows).Select(Text).Prepend("sent0"));
            WriteParquet(Path.Combine(folder, "one-group.parquet"), Rows, Rows);
            WriteParquet(Path.Combine(folder, "groups.parquet"), Rows, GroupRows);
            // what a process needs before the first row
            await File.WriteAllTextAsync(Path.Combine(folder, "small.csv"), $"sent0\n{Text(0)}\n");
            WriteParquet(Path.Combine(folder, "small.parquet"), 1, 1);
            Console.WriteLine($"{Environment.ProcessorCount} cores, {rounds} rounds");
            Console.WriteLine("| file | rows | MB on disk | seconds | peak resident, MB |");
            Console.WriteLine("|---|--:|--:|--:|--:|");
            for (var round = 0; round < rounds; round++)
            {
                foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
                    await GenerationSpeed.RunElsewhereAsync("table-memory", file);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>In a process of its own: prints a line of the table.</summary>
    public static async Task MeasureAsync(string path)
    {
        var started = Stopwatch.GetTimestamp();
        var read = await Dataset.Open(path).Texts("sent0").Read(CancellationToken.None).LongCountAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Path.GetFileName(path)} | {read} | {new FileInfo(path).Length / 1e6:0.0} "
            + $"| {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} | {GenerationSpeed.Status("VmHWM") / 1e6:0} |"));
    }

    // about 90 letters, all different
    private static string Text(int row) => string.Create(CultureInfo.InvariantCulture,
        $"The fisherman number {row} sells {row * 7919L % 1_000_003} fish on the market by the river in the morning of day {row % 365}.");

    private static void WriteParquet(string path, int rows, int groupRows)
    {
        using var file = new ParquetFileWriter(path, [new Column<string>("sent0"), new Column<int>("id")]);
        for (var first = 0; first < rows; first += groupRows)
        {
            using var group = file.AppendRowGroup();
            var numbers = Enumerable.Range(first, groupRows).ToArray();
            using (var texts = group.NextColumn().LogicalWriter<string>())
                texts.WriteBatch(Array.ConvertAll(numbers, Text));
            using var ids = group.NextColumn().LogicalWriter<int>();
            ids.WriteBatch(numbers);
        }
        file.Close();
    }
}
