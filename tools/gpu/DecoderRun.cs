
namespace XlLoraOnnx.GpuCheck;

/// <summary>A model on the device, with its adapters mounted, and what a row needs to be run by hand.</summary>
internal sealed class DecoderRun : IDisposable
{
    public DecoderRun(ModelFolder folder, CheckOptions options, IReadOnlyList<string> adapters, int slots, int capacity,
        bool graphs = false, int prefill = 64)
    {
        Device = new OrtDecoderDevice(folder, new DecoderDeviceOptions(options.Device, prefill, graphs));
        try
        {
            Device.Reserve(slots, capacity, keep: 0);
            var catalog = new AdapterCatalog(folder);
            Device.Mount([.. adapters.Select(a => new LaneAdapter(a, catalog.Verify(a)))]);
        }
        catch
        {
            Device.Dispose();
            throw;
        }
    }

    public OrtDecoderDevice Device { get; }

    /// <summary>Reads a prompt in pieces.</summary>
    /// <returns>Logits after its last token.</returns>
    public float[] Read(int slot, int[] prompt, int lane, int piece = 64)
    {
        for (var past = 0; past < prompt.Length; past += piece)
        {
            var tokens = prompt.AsSpan(past, Math.Min(piece, prompt.Length - past));
            Device.Prefill(slot, past, tokens, lane, wanted: past + tokens.Length == prompt.Length ? 1 : 0);
        }
        return Device.Logits(0).ToArray();
    }

    /// <summary>What the device says is likeliest, or this program does.</summary>
    public int Greedy(int row) => Device.Greedy(row) ?? Best(Device.Logits(row));

    /// <summary>One row alone in the first slot, each step fed with its own choice.</summary>
    /// <returns>Tokens, and the least lead of any of them over its runner-up as a share of the spread.</returns>
    public (int[] Tokens, double LeastLead) Alone(int[] prompt, int lane, int count)
    {
        var tokens = new int[count];
        var (logits, least) = (Read(0, prompt, lane), double.MaxValue);
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                Device.Decode([new StepRow(tokens[i - 1], prompt.Length + i - 1, lane, Wanted: true)]);
                logits = Device.Logits(0).ToArray();
            }
            tokens[i] = Best(logits);
            least = Math.Min(least, Lead(logits));
        }
        return (tokens, least);
    }

    public void Dispose() => Device.Dispose();

    public static int Best(ReadOnlySpan<float> logits) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);

    public static double Spread(ReadOnlySpan<float> logits) =>
        System.Numerics.Tensors.TensorPrimitives.Max(logits) - System.Numerics.Tensors.TensorPrimitives.Min(logits);

    /// <summary>Of the likeliest over the next, as a share of the spread.</summary>
    public static double Lead(ReadOnlySpan<float> logits)
    {
        var (best, second) = (float.NegativeInfinity, float.NegativeInfinity);
        foreach (var x in logits)
        {
            if (x > best)
                (best, second) = (x, best);
            else if (x > second)
                second = x;
        }
        return (best - second) / Spread(logits);
    }

    /// <summary>Largest difference as a share of the expected one's spread; NaN where either has one.</summary>
    public static double Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs((double)expected[i] - actual[i]);
            if (!(difference <= largest))
                largest = difference;
            if (double.IsNaN(difference))
                return double.NaN;
        }
        return largest / Spread(expected);
    }
}
