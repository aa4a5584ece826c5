using System.Text.Json.Nodes;

namespace XlLoraOnnx.GpuCheck;

/// <summary>What steps and prompts of a model of a published shape cost, and how far that is from what the memory allows.</summary>
internal sealed class SpeedChecks(CheckOptions options, CheckLog log, Workplace work)
{
    private const int Past = 256, Capacity = 512;

    private double? _bandwidth = options.Bandwidth;

    public void Run()
    {
        if (_bandwidth is null && !options.Device.IsCpu)
            log.Run("bandwidth", MeasureBandwidth);
        foreach (var shape in options.Quick ? (string[])["mini"] : ["1b", "4b"])
        {
            if (log.Wants("speed-" + shape))
                Run(shape);
        }
    }

    private void Run(string shape)
    {
        ShapedModel? model = null;
        log.Run($"export {shape}", () =>
        {
            model = work.Shaped(shape);
            return new JsonObject { ["pass"] = true, ["weight_bytes"] = WeightBytes(model.Folder) };
        });
        if (model is null)
            return;
        (string Kind, string[] Adapters, bool Graphs)[] kinds =
            [("base", [], false), ("lora", [model.Adapters[0]], false), ("mixed", [.. model.Adapters], false), ("graphs", [], true)];
        foreach (var (kind, adapters, graphs) in kinds.Where(k => !k.Graphs || !options.Device.IsCpu))
            Decode(model, kind, adapters, graphs);
        log.Run($"prefill {shape}", () => Prefill(model));
        if (!options.Device.IsCpu)
            log.Run($"graphs {shape}", () => GraphCheck.Run(options, model.Folder, model.Adapters, rows: 8, steps: 64));
    }

    /// <summary>One device for all numbers of rows, filled as far as <see cref="Past"/>.</summary>
    private void Decode(ShapedModel model, string kind, string[] adapters, bool graphs)
    {
        var numbers = options.Quick ? (int[])[1, 8] : [1, 8, 32, 128];
        DecoderRun? run = null;
        var before = FreeBytes();
        log.Run($"load {model.Name} {kind}", () =>
        {
            run = new DecoderRun(model.Folder, options, adapters, numbers[^1], Capacity, graphs, prefill: Past);
            var random = new Random(5);
            int[] prompt = [.. Enumerable.Range(0, Past).Select(_ => random.Next(5, 1900))];
            run.Read(0, prompt, lane: Math.Min(0, adapters.Length - 1), piece: Past);
            for (var row = 1; row < numbers[^1]; row++)
                run.Device.CopySlot(0, row, Past);
            return new JsonObject { ["pass"] = true };
        });
        if (run is null)
            return;
        using (run)
        {
            foreach (var rows in numbers)
                log.Run($"decode {model.Name} {kind} {rows}", () => Decode(model.Folder, run, kind, adapters.Length, rows));
            log.Run($"memory {model.Name} {kind}",
                () => Memory(model.Folder, run.Device.Plan(numbers[^1], Capacity, filled: null), before - FreeBytes()));
        }
    }

    /// <param name="kind">Row i uses the only adapter in lora, none or one of four in mixed, else none.</param>
    private JsonObject Decode(ModelFolder folder, DecoderRun run, string kind, int adapters, int rows)
    {
        var random = new Random(5);
        var stepRows = Enumerable.Range(0, rows).Select(row => new StepRow(0, 0, Lane(row), Wanted: true)).ToArray();
        var greedy = Measured.Milliseconds(5, options.Quick ? 5 : 40, i => Step(i, readLogits: false));
        var sampled = Measured.Milliseconds(1, options.Quick ? 2 : 10, i => Step(i, readLogits: true));
        var bytes = WeightBytes(folder) + KeyValueBytes(folder, rows);
        return new JsonObject
        {
            ["pass"] = true,
            ["rows"] = rows,
            ["step_ms"] = Round(greedy),
            ["tokens_per_s"] = Round(rows / greedy * 1000),
            ["step_ms_with_logits"] = Round(sampled),
            ["bytes_per_step"] = bytes,
            ["gb_per_s"] = Round(bytes / greedy / 1e6),
            ["share_of_bandwidth"] = _bandwidth is { } limit ? Round(bytes / greedy / 1e6 / limit) : null,
        };

        int Lane(int row) => kind switch { "lora" => 0, "mixed" => row % (adapters + 1) - 1, _ => -1 };

        void Step(int step, bool readLogits)
        {
            for (var i = 0; i < stepRows.Length; i++)
                stepRows[i] = stepRows[i] with { Token = random.Next(5, 1900), Position = Past + step };
            run.Device.Decode(stepRows);
            for (var row = 0; row < rows; row++)
                _ = readLogits ? run.Device.Logits(row)[0] : run.Greedy(row);
        }
    }

    /// <summary>What went of the device's memory since the model was loaded; on CUDA the context of the first use is in it.</summary>
    private static JsonObject Memory(ModelFolder folder, MemoryPlan plan, long? used) => new()
    {
        ["pass"] = used is null ? null : true,
        ["device_bytes_used"] = used,
        ["weight_bytes"] = WeightBytes(folder),
        ["planned_bytes"] = plan.TotalBytes,
        ["used_over_weights_and_plan"] = used is { } u ? Round((double)u / (plan.TotalBytes + WeightBytes(folder))) : null,
    };

    private JsonObject Prefill(ShapedModel model)
    {
        var figures = new JsonObject { ["pass"] = true };
        foreach (var length in options.Quick ? (int[])[64] : [64, 256, 1024])
        {
            using var run = new DecoderRun(model.Folder, options, [], slots: 1, capacity: 1024, prefill: length);
            var random = new Random(5);
            var tokens = Enumerable.Range(0, length).Select(_ => random.Next(5, 1900)).ToArray();
            var time = Measured.Milliseconds(3, options.Quick ? 3 : 20, _ => run.Device.Prefill(0, 0, tokens, lane: -1, wanted: 0));
            figures[$"tokens_per_s_{length}"] = Round(length / time * 1000);
            figures[$"ms_{length}"] = Round(time);
        }
        return figures;
    }

    private JsonObject MeasureBandwidth()
    {
        const long Piece = 1L << 30;
        const int Pieces = 4;
        using var memory = new CudaMemory(options.Device.Cuda!.Value);
        var (from, to) = (memory.Allocate(Piece * Pieces), memory.Allocate(Piece * Pieces));
        try
        {
            var time = Measured.Milliseconds(3, 20, _ =>
            {
                memory.Copy(from, Piece, to, Piece, Piece, Pieces);
                memory.Finish();
            });
            // read once and written once
            _bandwidth = 2.0 * Piece * Pieces / time / 1e6;
            return new JsonObject { ["pass"] = true, ["gb_per_s"] = Round(_bandwidth.Value), ["free_bytes"] = memory.FreeBytes };
        }
        finally
        {
            memory.Free(from);
            memory.Free(to);
        }
    }

    /// <summary>A step reads every weight once; the table of a tied model serves the head.</summary>
    private static long WeightBytes(ModelFolder folder) =>
        Directory.EnumerateFiles(folder.FullPath, "*.data").Sum(f => new FileInfo(f).Length);

    private static long KeyValueBytes(ModelFolder folder, int rows)
    {
        var d = folder.Manifest.Dimensions;
        var bytesEach = folder.Manifest.LoraDtype == "fp32" ? sizeof(float) : sizeof(ushort);
        return 2L * d.NumHiddenLayers * d.NumKeyValueHeads * d.HeadDim * bytesEach * Past * rows;
    }

    private long? FreeBytes()
    {
        if (options.Device.Cuda is not { } number)
            return null;
        using var memory = new CudaMemory(number);
        return memory.FreeBytes;
    }

    private static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 4) : -1;
}
