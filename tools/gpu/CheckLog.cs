using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.GpuCheck;

/// <summary>
/// Runs checks, one JSON line each on standard output and in a file; an exception is a failed check, and the next one runs.
/// </summary>
internal sealed class CheckLog : IDisposable
{
    private static readonly JsonSerializerOptions Plain =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly CheckOptions _options;
    private readonly StreamWriter? _file;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _passed, _failed, _open;

    public CheckLog(CheckOptions options)
    {
        _options = options;
        if (options.Out is { } folder)
        {
            Directory.CreateDirectory(folder);
            _file = new StreamWriter(Path.Combine(folder, "gpu-check.jsonl"), append: false) { AutoFlush = true };
        }
    }

    public bool Failed => _failed > 0;

    /// <summary>Whether any check of this group is asked for.</summary>
    public bool Wants(string group) => _options.Only.Count == 0 || _options.Only.Contains(group);

    /// <param name="name">Group, and what of it: <c>parity gemma2 base</c>.</param>
    /// <param name="check">Its figures, <c>pass</c> among them: true, false, or null where nothing can be said.</param>
    public void Run(string name, Func<JsonObject> check)
    {
        var started = Stopwatch.GetTimestamp();
        JsonObject figures;
        try
        {
            figures = check();
        }
#pragma warning disable CA1031 // one check that ends in whatever way must not cost the others
        catch (Exception e)
#pragma warning restore CA1031
        {
            figures = new JsonObject { ["pass"] = false, ["error"] = $"{e.GetType().Name}: {e.Message}" };
        }
        var pass = figures["pass"]?.GetValue<bool>();
        _ = pass switch { true => _passed++, false => _failed++, null => _open++ };
        var line = new JsonObject { ["check"] = name, ["pass"] = pass };
        foreach (var (key, value) in figures.ToArray())
        {
            figures.Remove(key);
            if (key != "pass")
                line[key] = value;
        }
        line["seconds"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3);
        Write(line);
    }

    public void Summarize() => Write(new JsonObject
    {
        ["check"] = "summary",
        ["pass"] = _failed == 0,
        ["device"] = _options.Device.ToString(),
        ["passed"] = _passed,
        ["failed"] = _failed,
        ["open"] = _open,
        ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(_started).TotalSeconds, 1),
    });

    public static JsonObject Open(string why) => new() { ["pass"] = null, ["why"] = why };

    public void Dispose() => _file?.Dispose();

    private void Write(JsonObject line)
    {
        var text = line.ToJsonString(Plain);
        Console.WriteLine(text);
        Console.Out.Flush();
        _file?.WriteLine(text);
    }
}
