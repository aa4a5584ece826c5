using System.Diagnostics;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>
/// Mutated inputs in turn for every target. A documented exception is a right answer; anything else, too much time and too much memory are
/// findings. The same seed gives the same inputs.
/// </summary>
internal sealed class FuzzRun(IReadOnlyList<FuzzTarget> targets, int seed)
{
    /// <summary>Per input; for hostile regular expressions, which have two seconds.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    private const long MaxAllocatedBytes = 64 << 20;
    private const int MaxFindings = 20;

    private readonly Random _random = new(seed);
    private readonly Mutator _mutator = new(seed);

    /// <summary>Target → inputs that were read to the end, and inputs that were refused.</summary>
    public Dictionary<string, (int Read, int Refused)> Counts { get; } = targets.ToDictionary(t => t.Name, _ => (0, 0));

    public List<string> Findings { get; } = [];

    public TimeSpan LongestTime { get; private set; }

    public long PeakAllocatedBytes { get; private set; }

    /// <param name="first">Inputs before it are made, as the seed wants it, and not read.</param>
    public void Run(int count, Action<int>? progress = null, int first = 0)
    {
        for (var i = 0; i < count && Findings.Count < MaxFindings; i++)
        {
            var target = targets[i % targets.Count];
            var input = _mutator.Mutate(Choose(target), Choose(target));
            if (i < first)
                continue;
            progress?.Invoke(i);
            RunOne(target, input, i);
        }
    }

    private byte[] Choose(FuzzTarget target) => target.Seeds[_random.Next(target.Seeds.Count)];

    private void RunOne(FuzzTarget target, byte[] input, int number)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        var (read, refused) = Counts[target.Name];
        try
        {
            target.Read(input);
            Counts[target.Name] = (read + 1, refused);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or FileNotFoundException)
        {
            Counts[target.Name] = (read, refused + 1);
        }
        catch (Exception e)
        {
            Find(target, input, number, e.ToString());
        }
        var (time, bytes) = (Stopwatch.GetElapsedTime(started), GC.GetAllocatedBytesForCurrentThread() - allocated);
        LongestTime = time > LongestTime ? time : LongestTime;
        PeakAllocatedBytes = Math.Max(PeakAllocatedBytes, bytes);
        if (time > MaxTime)
            Find(target, input, number, $"took {time.TotalSeconds:F1} s");
        if (bytes > MaxAllocatedBytes)
            Find(target, input, number, $"allocated {bytes:N0} bytes");
    }

    private void Find(FuzzTarget target, byte[] input, int number, string what) =>
        Findings.Add($"{target.Name}, seed {seed}, input {number} ({Shown(input)}): {what}");

    /// <summary>Short ones in full; the number finds the others again.</summary>
    private static string Shown(byte[] input) => input.Length <= 400 ? Convert.ToBase64String(input) : $"{input.Length} bytes";
}
