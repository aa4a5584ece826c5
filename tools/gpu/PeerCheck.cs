using System.Diagnostics;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.GpuCheck;

/// <summary>The usual way in Python, a padded batch through transformers and peft, against this engine on the same rows.</summary>
internal sealed class PeerCheck(CheckOptions options, CheckLog log, Workplace work)
{
    private int Rows => options.Quick ? 4 : 64;

    private int Longest => options.Quick ? 32 : 256;

    private int NewTokens => options.Quick ? 8 : 64;

    public void Run() => log.Run("peer", Compare);

    private JsonObject Compare()
    {
        var model = work.Shaped(options.Quick ? "mini" : "1b");
        var ours = Ours(model);
        var figures = new JsonObject
        {
            ["pass"] = null,
            ["rows"] = Rows,
            ["new_tokens"] = NewTokens,
            ["tokens_per_s"] = Math.Round(ours, 1),
        };
        if (!Python(["-c", "import torch, transformers, peft"], out _, out var missing))
        {
            figures["why"] = "python3 lacks torch, transformers or peft: " + missing.Trim().Split('\n')[^1];
            return figures;
        }
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "peer.py"), model.Checkpoint, model.PeftAdapter,
            options.Device.IsCpu ? "cpu" : options.Device.ToString(), $"{Rows}", $"{Longest}", $"{NewTokens}"];
        if (!Python(arguments, out var output, out var error))
            throw new InvalidOperationException($"peer.py failed: {error[Math.Max(0, error.Length - 1500)..]}");
        var theirs = JsonNode.Parse(output.Trim().Split('\n')[^1])!.AsObject();
        var speed = theirs["tokens_per_s"]!.GetValue<double>();
        figures["pass"] = ours > speed;
        figures["peer_tokens_per_s"] = speed;
        figures["times_as_fast"] = Math.Round(ours / speed, 2);
        figures["peer"] = theirs;
        return figures;
    }

    /// <summary>Generated tokens a second, the reading of prompts included, as peer.py counts them; the second of two runs.</summary>
    private double Ours(ShapedModel model)
    {
        using var loaded = XlLoraModel.Load(model.Folder.FullPath, new XlLoraModelOptions
        {
            Engine = TextEngine.Continuous,
            Devices = [options.Device.ToString()],
            Slots = Rows,
            Canary = false,
        });
        var random = new Random(1);
        var requests = Enumerable.Range(0, Rows).Select(row => new GenerationRequest
        {
            RowId = row,
            // as peer.py: lengths spread evenly up to the longest
            PromptTokens = [.. Enumerable.Range(0, Math.Max(1, Longest * (row + 1) / Rows)).Select(_ => random.Next(5, 1900))],
            Adapter = model.Adapters[0],
            MaxNewTokens = NewTokens,
            Sampling = SamplingOptions.Greedy,
            IgnoreStopTokens = true,
        }).ToArray();
        var speed = 0.0;
        for (var run = 0; run < 2; run++)
        {
            var started = Stopwatch.GetTimestamp();
            var results = Measured.Within(TimeSpan.FromMinutes(2), stop => loaded.GenerateAsync(requests, stop));
            speed = results.Sum(r => r.TokenCount) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        return speed;
    }

    private static bool Python(string[] arguments, out string output, out string error)
    {
        var start = new ProcessStartInfo("python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // our libraries are not theirs
        start.Environment["LD_LIBRARY_PATH"] = Environment.GetEnvironmentVariable("XLLORA_PYTHON_LIBRARY_PATH") ?? "";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        error = errors.GetAwaiter().GetResult();
        return process.ExitCode == 0;
    }
}
