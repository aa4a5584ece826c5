using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// What the continuous engine makes of its graph: tokens a second of rows that all run from the first step to the last, against a bare loop
/// over the same graph, bound once, that chooses no tokens. In turns.
/// </summary>
internal static class DecodeLoop
{
    private const int Steps = 48, PromptTokens = 2;

    public static async Task RunAsync(string folder, int rounds)
    {
        Console.WriteLine($"{Path.GetFileName(folder)}, {Environment.ProcessorCount} cores, {rounds} rounds, {Steps} steps, no adapter");
        Console.WriteLine("| rows | bare loop, tokens/s | engine, greedy | of the loop | engine, top-k 64, top-p 0.95 | of the loop |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|");
        foreach (var rows in (int[])[32, 8, 1])
            await RunAsync(folder, rows, rounds);
    }

    private static async Task RunAsync(string folder, int rows, int rounds)
    {
        using var model = XlLoraModel.Load(folder, new XlLoraModelOptions { Engine = TextEngine.Continuous, Slots = rows });
        using var bare = new BareLoop(folder, model.Info, rows, PromptTokens + Steps);
        var sampled = new SamplingOptions { DoSample = true, TopK = 64, TopP = 0.95f };
        List<double>[] speeds = [[], [], []];
        for (var round = -1; round < rounds; round++)
        {
            double[] now = [bare.Run(Steps), await SpeedAsync(model, rows, SamplingOptions.Greedy), await SpeedAsync(model, rows, sampled)];
            for (var i = 0; i < now.Length && round >= 0; i++)
                speeds[i].Add(now[i]);
        }
        var medians = speeds.Select(s => s.Order().ElementAt(s.Count / 2)).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {rows} | {medians[0]:0.0} | {medians[1]:0.0} | ")
            + string.Create(CultureInfo.InvariantCulture, $"{medians[1] / medians[0] * 100:0} % | {medians[2]:0.0} | ")
            + string.Create(CultureInfo.InvariantCulture, $"{medians[2] / medians[0] * 100:0} % |"));
    }

    private static async Task<double> SpeedAsync(XlLoraModel model, int rows, SamplingOptions sampling)
    {
        var requests = Enumerable.Range(0, rows).Select(i => new GenerationRequest
        {
            RowId = i,
            PromptTokens = [2, 200 + i],
            MaxNewTokens = Steps,
            Sampling = sampling,
            IgnoreStopTokens = true,
        });
        var started = Stopwatch.GetTimestamp();
        var tokens = await model.GenerateAsync(requests).Select(r => r.TokenCount).SumAsync();
        return tokens / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Every input and output bound once; a step writes the lengths.</summary>
    private sealed unsafe class BareLoop : IDisposable
    {
        private readonly InferenceSession _session;
        private readonly OrtIoBinding _binding;
        private readonly int _rows;
        private readonly int[] _lastPositions, _total = [0];
        private readonly List<IDisposable> _owned = [];
        private readonly List<nint> _memory = [];

        public BareLoop(string folder, ModelInfo info, int rows, int capacity)
        {
            OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            using var options = new SessionOptions { EnableMemoryPattern = false };
            _session = new InferenceSession(Path.Combine(folder, "model.continuous.base.onnx"), options);
            _binding = _session.CreateIoBinding();
            (_rows, _lastPositions) = (rows, new int[rows]);
            Bind("input_ids", OrtValue.CreateTensorValueFromMemory(Enumerable.Range(200, rows).Select(i => (long)i).ToArray(), [rows, 1]));
            Bind("logits_indices", OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, rows).Select(i => (long)i).ToArray(), [rows]));
            Bind("seqlens_k", OrtValue.CreateTensorValueFromMemory(_lastPositions, [rows]));
            Bind("total_sequence_length", OrtValue.CreateTensorValueFromMemory(_total, [1]));
            _binding.BindOutput("logits", Allocate(rows, info.VocabSize));
            foreach (var (name, metadata) in _session.InputMetadata.Where(i => i.Key.StartsWith("past_", StringComparison.Ordinal)))
            {
                var cache = Allocate(rows, metadata.Dimensions[1], capacity, metadata.Dimensions[3]);
                _binding.BindInput(name, cache);
                _binding.BindOutput(name.Replace("past_key_values", "present"), cache);
            }
        }

        /// <returns>Tokens a second.</returns>
        public double Run(int steps)
        {
            using var options = new RunOptions();
            var started = Stopwatch.GetTimestamp();
            for (var step = 0; step < steps; step++)
            {
                Array.Fill(_lastPositions, PromptTokens + step - 1);
                _total[0] = PromptTokens + step;
                _session.RunWithBinding(options, _binding);
            }
            return _rows * steps / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        public void Dispose()
        {
            _binding.Dispose();
            foreach (var value in _owned)
                value.Dispose();
            _session.Dispose();
            foreach (var address in _memory)
                NativeMemory.AlignedFree((void*)address);
        }

        private void Bind(string name, OrtValue value)
        {
            _owned.Add(value);
            _binding.BindInput(name, value);
        }

        private OrtValue Allocate(params long[] shape)
        {
            var bytes = shape.Aggregate((a, b) => a * b) * sizeof(float);
            var address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            NativeMemory.Clear((void*)address, (nuint)bytes);
            _memory.Add(address);
            var value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, address, bytes);
            _owned.Add(value);
            return value;
        }
    }
}
