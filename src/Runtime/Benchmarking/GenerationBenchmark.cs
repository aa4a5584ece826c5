using System.Globalization;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Runtime;

/// <summary>How fast this machine generates with a loaded model, what adapters cost, and how much memory that takes.</summary>
public static class GenerationBenchmark
{
    /// <summary>Measures every batch size without an adapter, with one, and with two mixed half and half.</summary>
    /// <remarks>
    /// Prompts are random token ids from a fixed seed, answers go on past stop tokens. Each case warms up once; then the cases take turns,
    /// so that a machine that slows down slows all of them. An engine that runs one adapter at a time runs mixed rows as two batches.
    /// </remarks>
    /// <param name="model">The model; stays the caller's. Nothing else should run on it, or on the machine.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="progress">Told after every measurement.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">An option is out of range, or there is no such adapter.</exception>
    /// <exception cref="NotSupportedException">There is no roofline for this model, or this device.</exception>
    /// <exception cref="InvalidDataException">A row was rejected; says why.</exception>
    public static async Task<GenerationBenchmarkReport> RunAsync(
        XlLoraModel model, GenerationBenchmarkOptions? options = null, IProgress<GenerationBenchmarkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var plan = BenchmarkPlan.Of(model, options ?? new GenerationBenchmarkOptions());
        var run = new BenchmarkRun(model, plan, progress);
        var rows = new List<GenerationBenchmarkRow>();
        var work = plan.Roofline ? DecoderWork.Of(model.Folder.Manifest) : null;
        var roofline = work is null ? null : Roofline.Measure(work);
        var loaded = Environment.WorkingSet;
        foreach (var size in plan.BatchSizes!)
        {
            var row = await run.MeasureAsync(size, loaded, cancellationToken).ConfigureAwait(false);
            rows.Add(roofline?.Bound(work!, size, plan) is not { } bound ? row : row with
            {
                BoundTokensPerSecond = bound.TokensPerSecond,
                IsBoundByMemory = bound.IsMemory,
            });
        }
        return new GenerationBenchmarkReport
        {
            Model = Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Info.Folder)),
            Precision = model.Info.Precision,
            Engine = model.Engine,
            Machine = string.Create(CultureInfo.InvariantCulture,
                $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} processors"),
            Options = plan,
            LoadedBytes = loaded,
            Roofline = roofline,
            Rows = rows,
        };
    }

    /// <summary>Writes <c>bench.json</c>, and <c>bench.svg</c> with tokens a second over the batch size.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="folder">Made if it does not exist; older files of these names are replaced.</param>
    /// <returns>Their paths.</returns>
    public static IReadOnlyList<string> Write(GenerationBenchmarkReport report, string folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        Directory.CreateDirectory(folder);
        var (json, svg) = (Path.Combine(folder, "bench.json"), Path.Combine(folder, "bench.svg"));
        File.WriteAllText(json, BenchmarkJson.Write(report));
        File.WriteAllText(svg, BenchmarkSvg.Draw(report));
        return [json, svg];
    }
}
