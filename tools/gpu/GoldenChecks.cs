using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.GpuCheck;

/// <summary>Small models against what transformers and peft recorded of them, and the engine against itself.</summary>
internal sealed class GoldenChecks(CheckOptions options, CheckLog log, Workplace work)
{
    public void Run()
    {
        foreach (var name in Workplace.GoldenModels)
        {
            GoldenModel? model = null;
            log.Run($"export {name}", () =>
            {
                model = work.Golden(name);
                return new JsonObject { ["pass"] = true, ["precision"] = model.Folder.Manifest.Precision };
            });
            if (model is not null)
                Check(model);
        }
    }

    private void Check(GoldenModel model)
    {
        if (log.Wants("placement"))
            log.Run($"placement {model.Name}", () => Placement(model));
        foreach (var adapter in (string?[])[null, .. model.Adapters])
        {
            if (log.Wants("parity"))
                log.Run($"parity {model.Name} {adapter ?? "base"}", () => Parity(model, adapter));
            if (log.Wants("genai"))
                log.Run($"genai {model.Name} {adapter ?? "base"}", () => GenAiCheck.Parity(options, model, adapter));
        }
        if (log.Wants("mixed"))
            log.Run($"mixed {model.Name}", () => Mixed(model));
        if (log.Wants("refill"))
            log.Run($"refill {model.Name}", () => RefillCheck.Run(options, model));
        if (log.Wants("graphs"))
            log.Run($"graphs {model.Name}", () => GraphCheck.Run(options, model.Folder, model.Adapters, rows: 8, steps: 48));
    }

    /// <summary>No node of the engine's graphs is left to the CPU.</summary>
    private JsonObject Placement(GoldenModel model)
    {
        if (options.Device.IsCpu)
            return CheckLog.Open("only on CUDA");
        foreach (var graph in (string[])[GraphRoles.Continuous, GraphRoles.ContinuousBase])
        {
            using var session = new DecoderDeviceOptions(options.Device, 64).Session();
            session.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
            using var loaded = new InferenceSession(Path.Combine(model.Folder.FullPath, model.Folder.Manifest.Graphs[graph]), session);
        }
        return new JsonObject { ["pass"] = true };
    }

    private JsonObject Parity(GoldenModel model, string? adapter)
    {
        var comparison = new LogitsComparison(options.Tolerance);
        // a base on a graph without adapters, and adapters beside each other
        using var run = new DecoderRun(model.Folder, options, adapter is null ? [] : model.Adapters, slots: 2, capacity: 256);
        var lane = adapter is null ? -1 : model.Adapters.ToList().IndexOf(adapter);
        foreach (var prompt in model.Prompts(adapter))
        {
            var logits = run.Read(0, prompt.InputIds, lane, piece: 7);
            comparison.Logits(prompt.Logits.AsSpan()[^model.Vocabulary..], logits);
            for (var i = 0; i < prompt.Greedy.Length; i++)
            {
                if (i > 0)
                {
                    run.Device.Decode([new StepRow(prompt.Greedy[i - 1], prompt.InputIds.Length + i - 1, lane, Wanted: true)]);
                    logits = run.Device.Logits(0).ToArray();
                    comparison.DeviceChoice(run.Device.Greedy(0), logits);
                }
                comparison.Greedy(prompt.Greedy[i], prompt.Margin[i], logits);
            }
        }
        return comparison.Figures();
    }

    /// <summary>Rows of the base and of every adapter in one step, against each in a step of its own.</summary>
    private JsonObject Mixed(GoldenModel model)
    {
        using var run = new DecoderRun(model.Folder, options, model.Adapters, slots: 8, capacity: 256);
        const int Token = 11;
        var (lanes, prompts) = (model.Adapters.Count + 1, model.Prompts(null));
        var rows = Enumerable.Range(0, 2 * lanes).Select(i => (Lane: i % lanes - 1, Prompt: prompts[i / lanes].InputIds)).ToArray();
        var alone = new float[rows.Length][];
        for (var i = 0; i < rows.Length; i++)
        {
            run.Read(0, rows[i].Prompt, rows[i].Lane);
            run.Device.Decode([new StepRow(Token, rows[i].Prompt.Length, rows[i].Lane, Wanted: true)]);
            alone[i] = run.Device.Logits(0).ToArray();
        }
        for (var i = 0; i < rows.Length; i++)
            run.Read(i, rows[i].Prompt, rows[i].Lane);
        run.Device.Decode([.. rows.Select(r => new StepRow(Token, r.Prompt.Length, r.Lane, Wanted: true))]);
        var largest = Enumerable.Range(0, rows.Length).Max(i => DecoderRun.Difference(alone[i], run.Device.Logits(i)));
        // one prompt under different adapters: where it makes no difference, nothing was mixed
        var effect = Enumerable.Range(1, lanes - 1).Min(i => DecoderRun.Difference(alone[0], alone[i]));
        return new JsonObject
        {
            ["pass"] = largest <= options.Tolerance && effect > 0,
            ["rows"] = rows.Length,
            ["max_difference"] = largest,
            ["tolerance"] = options.Tolerance,
            ["effect"] = effect,
        };
    }
}
