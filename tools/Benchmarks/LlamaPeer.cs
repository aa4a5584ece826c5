using System.Text;
using LLama;
using LLama.Native;

namespace XlLoraOnnx.Benchmarks;

/// <summary>llama.cpp by LLamaSharp: files that its own library quantises, and rows as <see cref="LlamaLane"/> decodes them.</summary>
internal static class LlamaPeer
{
    public static readonly string[] Types = ["f32", "q8_0", "q4_0"];
    private static readonly string[] Adapters = ["pos", "neg"];

    /// <summary>pos.gguf, neg.gguf and a file of each of <see cref="Types"/>.</summary>
    public static void Prepare(string checkpoint, string adapter, string folder)
    {
        Start();
        foreach (var name in Adapters)
            GgufGemma.WriteAdapter(adapter, Path.Combine(folder, name + ".gguf"));
        var plain = Path.Combine(folder, Types[0] + ".gguf");
        GgufGemma.WriteModel(checkpoint, plain);
        foreach (var type in Types.Skip(1))
        {
            // a tied head is the embedding, whose type follows from the type of a head
            if (!LLamaQuantizer.Quantize(plain, Path.Combine(folder, type + ".gguf"), type, Environment.ProcessorCount,
                quantizeOutputTensor: true))
            {
                throw new InvalidOperationException($"llama.cpp did not quantise to {type}.");
            }
        }
    }

    /// <param name="layout">unified: all rows share the cells of the cache; streams: each has its own.</param>
    public static async Task ServeAsync(string folder, string type, string layout)
    {
        Start();
        using var model = SafeLlamaModelHandle.LoadFromFile(Path.Combine(folder, type + ".gguf"), LLamaModelParams.Default());
        var adapters = Adapters.ToDictionary(name => name, name => model.LoadLoraFromFile(Path.Combine(folder, name + ".gguf")));
        var lanes = new Dictionary<string, LlamaLane>();
        var slots = 0;
        await PeerServing.ServeAsync(question =>
        {
            // an adapter is of a context, so that each has its own and a share of the rows
            string[] names = [.. question.Rows.Select(r => r.Adapter).Distinct()];
            if (slots != question.Size / names.Length || !names.All(lanes.ContainsKey) || lanes.Count != names.Length)
            {
                Clear(lanes);
                slots = question.Size / names.Length;
                foreach (var name in names)
                    lanes.Add(name, new LlamaLane(model, adapters[name], slots, unified: layout == "unified"));
            }
            LlamaLane.Row[] rows = [.. question.Rows.Select(r => new LlamaLane.Row(r.Prompt, r.MaxNewTokens))];
            foreach (var (name, lane) in lanes)
                lane.Add(rows.Where((_, i) => question.Rows[i].Adapter == name), GenerationSpeed.SharedTokens);
            for (var isRunning = true; isRunning;)
            {
                isRunning = false;
                foreach (var lane in lanes.Values)
                    isRunning |= lane.Step();
            }
            return Task.FromResult<int[][]>([.. rows.Select(r => r.Tokens.ToArray())]);
        });
        Clear(lanes);
    }

    /// <summary>How many of the demonstration's recorded answers llama.cpp gives, token by token, with an adapter.</summary>
    public static string CompareWithRecorded(string demo, string folder)
    {
        Directory.CreateDirectory(folder);
        Start();
        var (file, adapterFile) = (Path.Combine(folder, "demo.gguf"), Path.Combine(folder, "demo-pos.gguf"));
        GgufGemma.WriteModel(Path.Combine(demo, "base"), file);
        GgufGemma.WriteAdapter(Path.Combine(demo, "pos"), adapterFile);
        using var model = SafeLlamaModelHandle.LoadFromFile(file, LLamaModelParams.Default());
        var adapter = model.LoadLoraFromFile(adapterFile);
        using var recorded = SafetensorsFile.Open(Path.Combine(demo, "pos", "expected.safetensors"));
        var report = new StringBuilder("llama.cpp f32 with pos, tokens as transformers chooses them:");
        for (var i = 0; recorded.Tensors.ContainsKey($"prompt.{i}.greedy"); i++)
        {
            int[] prompt = Integers($"prompt.{i}.input_ids"), expected = Integers($"prompt.{i}.greedy");
            using var lane = new LlamaLane(model, adapter, slots: 1, unified: true);
            var row = new LlamaLane.Row(prompt, expected.Length);
            lane.Add([row], shared: prompt.Length / 2);
            while (lane.Step())
            {
            }
            report.Append($" {row.Tokens.Zip(expected).TakeWhile(t => t.First == t.Second).Count()} of {expected.Length}");
        }
        return report.ToString();

        int[] Integers(string name) => Array.ConvertAll(recorded.ReadInt64(name), v => (int)v);
    }

    /// <summary>Before anything else of the library, which finds its native half only once this has been called.</summary>
    private static void Start()
    {
        if (!NativeLibraryConfig.LLama.LibraryHasLoaded)
        {
            NativeLibraryConfig.All.WithLogCallback((level, message) =>
            {
                if (level == LLamaLogLevel.Error)
                    Console.Error.Write(message);
            });
        }
        NativeApi.llama_empty_call();
    }

    private static void Clear(Dictionary<string, LlamaLane> lanes)
    {
        foreach (var lane in lanes.Values)
            lane.Dispose();
        lanes.Clear();
    }
}
