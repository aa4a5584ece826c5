using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// What reading prompts together could bring: several prompts in one run, and a prompt in the run of a step. The engine reads them one by
/// one, between steps. For the second the graph is rewritten: tokens lie one behind the other, and each layer attends twice, for the rows
/// of the step and for the row that is read. No adapter.
/// </summary>
internal static class PromptsTogether
{
    private const int Shared = 70, Prompt = 30, Past = 110, Capacity = 200;
    private const string First = "step_rows", From = "prompt_from", To = "prompt_to", Pack = "order";

    public static void Run(string folder, int rounds)
    {
        Console.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}, {Environment.ProcessorCount} cores, {rounds} "
            + $"rounds in turns, prompts of {Prompt} tokens after {Shared} that are shared, steps after {Past}; ms, medians");
        var plain = Path.Combine(folder, "model.continuous.base.onnx");
        var rewritten = Rewrite(ModelProto.Parser.ParseFrom(File.ReadAllBytes(plain)));
        Dictionary<string, List<double>> times = [];
        for (var round = 0; round < rounds; round++)
        {
            // one session at a time: the threads of two wait for each other
            using (var graph = new Graph(folder, ModelProto.Parser.ParseFrom(File.ReadAllBytes(plain))))
            {
                foreach (var count in (int[])[1, 2, 4, 8])
                    Add($"a prompt, {count} at once, nothing before", Graph.Time(graph.Rows(0, count, Prompt, 0, wanted: 0)) / count);
                foreach (var rows in (int[])[8, 32])
                {
                    Add($"a step of {rows}", Graph.Time(graph.Rows(0, rows, 1, Past, rows)));
                    Add($"a prompt, then a step of {rows}",
                        Graph.Time(graph.Rows(rows, 1, Prompt, Shared, wanted: 0), graph.Rows(0, rows, 1, Past, rows)));
                }
            }
            using (var graph = new Graph(folder, rewritten))
            {
                foreach (var rows in (int[])[8, 32])
                {
                    Add($"a step of {rows}, rewritten", Graph.Time(graph.Step(rows, prompt: 0)));
                    Add($"a prompt in a step of {rows}", Graph.Time(graph.Step(rows, Prompt)));
                }
            }
        }
        Console.WriteLine("| | ms | in each round |");
        Console.WriteLine("|---|--:|---|");
        foreach (var (what, found) in times)
        {
            var all = string.Join(", ", found.Select(f => f.ToString("0", CultureInfo.InvariantCulture)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {Median(found):0.0} | {all} |"));
        }

        void Add(string what, double milliseconds)
        {
            if (!times.TryGetValue(what, out var found))
                times.Add(what, found = []);
            found.Add(milliseconds);
        }
    }

    private static ModelProto Rewrite(ModelProto model)
    {
        var graph = model.Graph;
        var nodes = graph.Node.ToArray();
        graph.Node.Clear();
        foreach (var (name, value) in (Span<(string, long)>)[("zero", 0), ("one", 1)])
        {
            var bytes = ByteString.CopyFrom(MemoryMarshal.AsBytes([value]));
            graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)OnnxType.Int64, Dims = { 1 }, RawData = bytes });
        }
        foreach (var (name, type, size) in (Span<(string, OnnxType, string)>)[(First, OnnxType.Int64, "1"), (From, OnnxType.Int64, "1"),
            (To, OnnxType.Int64, "1"), (Pack, OnnxType.Int64, "tokens"), ("prompt_seqlens_k", OnnxType.Int32, "1"),
            ("prompt_total_sequence_length", OnnxType.Int32, "1")])
            graph.Input.Add(Value(name, type, size));
        foreach (var node in nodes)
        {
            if (node.OpType == "GroupQueryAttention")
                AttendTwice(graph, node);
            else
                graph.Node.Add(node);
        }
        return model;
    }

    private static void AttendTwice(GraphProto graph, NodeProto node)
    {
        var (step, prompt) = (node.Clone(), node.Clone());
        prompt.Name += "/prompt";
        for (var i = 0; i < 3; i++)
        {
            var rows = Add("Slice", $"{node.Name}/step/{i}", [node.Input[i], "zero", First, "one"]);
            step.Input[i] = Add("Transpose", $"{node.Name}/rows/{i}", [rows], Axes());
            prompt.Input[i] = Add("Slice", $"{node.Name}/prompt/{i}", [node.Input[i], From, To, "one"]);
        }
        (prompt.Input[5], prompt.Input[6]) = ("prompt_seqlens_k", "prompt_total_sequence_length");
        for (var half = 0; half < 2; half++)
        {
            var input = graph.Input.Single(v => v.Name == node.Input[3 + half]).Clone();
            prompt.Input[3 + half] = input.Name = "prompt." + input.Name;
            input.Type.TensorType.Shape.Dim[0] = new() { DimValue = 1 };
            input.Type.TensorType.Shape.Dim[2] = new() { DimParam = "prompt_capacity" };
            graph.Input.Add(input);
            var output = input.Clone();
            prompt.Output[1 + half] = output.Name = "prompt." + node.Output[1 + half];
            graph.Output.Add(output);
        }
        (step.Output[0], prompt.Output[0]) = (node.Name + "/step", node.Name + "/prompt");
        graph.Node.Add(step);
        graph.Node.Add(prompt);
        var flat = Add("Transpose", node.Name + "/flat", [step.Output[0]], Axes());
        var all = Add("Concat", node.Name + "/all", [flat, prompt.Output[0]], Axis());
        graph.Node.Add(new NodeProto
        {
            OpType = "Gather",
            Name = node.Name + "/order",
            Input = { all, Pack },
            Output = { node.Output[0] },
            Attribute = { Axis() },
        });

        string Add(string op, string name, string[] inputs, params AttributeProto[] attributes)
        {
            var output = name + "/output";
            graph.Node.Add(new NodeProto { OpType = op, Name = name, Input = { inputs }, Output = { output }, Attribute = { attributes } });
            return output;
        }

        // [1, rows, width] and [rows, 1, width]
        static AttributeProto Axes() => new() { Name = "perm", Type = AttributeProto.Types.AttributeType.Ints, Ints = { 1, 0, 2 } };

        static AttributeProto Axis() => new() { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 };
    }

    private static ValueInfoProto Value(string name, OnnxType type, string size)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(size == "1" ? new TensorShapeProto.Types.Dimension { DimValue = 1 } : new() { DimParam = size });
        return new ValueInfoProto { Name = name, Type = new() { TensorType = new() { ElemType = (int)type, Shape = shape } } };
    }

    /// <summary>A session, and keys and values of as many rows as are wanted, bound in place.</summary>
    private sealed unsafe class Graph : IDisposable
    {
        private const int MostRows = 33, Calls = 9;

        private readonly InferenceSession _session;
        private readonly Dictionary<string, nint> _caches;
        private readonly List<nint> _memory = [];
        private readonly List<IDisposable> _owned = [];
        private readonly int _vocabulary;
        private readonly float* _logits;

        public Graph(string folder, ModelProto model)
        {
            using var options = new SessionOptions { EnableMemoryPattern = false };
            options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetFullPath(folder));
            _session = new InferenceSession(model.ToByteArray(), options);
            _caches = _session.InputMetadata.Where(i => i.Key.StartsWith("past_", StringComparison.Ordinal))
                .ToDictionary(i => i.Key, i => Allocate(MostRows * RowBytes(i.Key)));
            _vocabulary = _session.OutputMetadata["logits"].Dimensions[1];
            _logits = (float*)Allocate((long)MostRows * _vocabulary * sizeof(float));
        }

        /// <summary>So many rows of so many tokens each.</summary>
        public Action Rows(int firstRow, int rows, int tokens, int past, int wanted)
        {
            var binding = Begin([rows, tokens], wanted);
            binding.BindInput("seqlens_k", Numbers(Enumerable.Repeat(past + tokens - 1, rows)));
            binding.BindInput("total_sequence_length", Numbers([past + tokens]));
            foreach (var name in _caches.Keys)
                Bind(binding, name, "", firstRow, rows, Capacity);
            return () => Run(binding);
        }

        /// <summary>A token for each row and, where it is not 0, a prompt; else the last row once more, in a cache of its own.</summary>
        public Action Step(int rows, int prompt)
        {
            var (all, past, seen) = (rows + prompt, prompt > 0 ? Shared : 0, Math.Max(1, prompt));
            var binding = Begin([1, all], rows);
            binding.BindInput("seqlens_k", Numbers(Enumerable.Repeat(Past, rows)));
            binding.BindInput("total_sequence_length", Numbers([Past + 1]));
            binding.BindInput("prompt_seqlens_k", Numbers([past + seen - 1]));
            binding.BindInput("prompt_total_sequence_length", Numbers([past + seen]));
            foreach (var (name, value) in (Span<(string, long)>)[(First, rows), (From, all - seen), (To, all)])
                binding.BindInput(name, Own(OrtValue.CreateTensorValueFromMemory((long[])[value], [1])));
            binding.BindInput(Pack, CountTo(all));
            foreach (var name in _caches.Keys)
            {
                Bind(binding, name, "", 0, rows, Capacity);
                Bind(binding, name, "prompt.", rows, 1, prompt > 0 ? Capacity : 8);
            }
            return () => Run(binding);
        }

        public static double Time(params Action[] runs) => 1000 * Median(
            [.. Enumerable.Range(0, Calls).Select(_ => Seconds(() => Array.ForEach(runs, run => run()))).Skip(1)]);

        public void Dispose()
        {
            _owned.ForEach(o => o.Dispose());
            _session.Dispose();
            _memory.ForEach(address => NativeMemory.AlignedFree((void*)address));
        }

        private OrtIoBinding Begin(long[] shape, int wanted)
        {
            var binding = Own(_session.CreateIoBinding());
            var random = new Random(1);
            var ids = Enumerable.Range(0, (int)(shape[0] * shape[1])).Select(_ => random.NextInt64(_vocabulary)).ToArray();
            binding.BindInput("input_ids", Own(OrtValue.CreateTensorValueFromMemory(ids, shape)));
            binding.BindInput("logits_indices", CountTo(wanted));
            binding.BindOutput("logits", Over((nint)_logits, wanted, _vocabulary));
            return binding;
        }

        private void Bind(OrtIoBinding binding, string name, string prefix, int firstRow, int rows, int capacity)
        {
            var shape = _session.InputMetadata[name].Dimensions;
            var cache = Over(_caches[name] + (nint)(firstRow * RowBytes(name)), rows, shape[1], capacity, shape[3]);
            binding.BindInput(prefix + name, cache);
            binding.BindOutput(prefix + name.Replace("past_key_values", "present", StringComparison.Ordinal), cache);
        }

        private void Run(OrtIoBinding binding)
        {
            using var options = new RunOptions();
            _session.RunWithBinding(options, binding);
        }

        private long RowBytes(string cache) =>
            _session.InputMetadata[cache].Dimensions[1] * (long)Capacity * _session.InputMetadata[cache].Dimensions[3] * sizeof(float);

        private nint Allocate(long bytes)
        {
            _memory.Add((nint)NativeMemory.AlignedAlloc((nuint)bytes, 64));
            NativeMemory.Clear((void*)_memory[^1], (nuint)bytes);
            return _memory[^1];
        }

        /// <summary>Stays where it is for as long as the session lives, and is disposed with it.</summary>
        private T Own<T>(T value)
            where T : IDisposable
        {
            _owned.Add(value);
            return value;
        }

        private OrtValue Over(nint address, params long[] shape) => Own(OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, address, shape.Aggregate(1L, (a, b) => a * b) * sizeof(float)));

        private OrtValue CountTo(int count) =>
            Own(OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, count).Select(i => (long)i).ToArray(), [count]));

        private OrtValue Numbers(IEnumerable<int> values)
        {
            int[] numbers = [.. values];
            return Own(OrtValue.CreateTensorValueFromMemory(numbers, [numbers.Length]));
        }
    }
}
