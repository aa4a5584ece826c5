using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using XlLoraOnnx.Formats;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>The official MessagePack for JavaScript reads what ours writes, and the other way round.</summary>
[TestClass]
public sealed class JournalInJavaScriptTests
{
    private static TemporaryFolder _scripts = null!;
    private static string? _missing;

    [ClassInitialize]
    public static void Restore(TestContext context)
    {
        _ = context;
        _scripts = new TemporaryFolder();
        var source = Path.Combine(Repository.Root, "tests", "Runtime.Tests", "Synthesis", "Runs", "js");
        foreach (var name in new[] { "package.json", "package-lock.json", ".npmrc", "journal.mjs" })
            File.Copy(Path.Combine(source, name), _scripts.File(name));
        try
        {
            Run(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error");
        }
        catch (Win32Exception e)
        {
            _missing = $"Node.js is missing ({e.Message}): nothing but our own code has read the journal. Install Node.js 20 or newer.";
        }
    }

    [ClassCleanup]
    public static void Remove() => _scripts.Dispose();

    [TestMethod]
    public void DecodeMulti_AJournal_GivesHeaderChecksumsAndRecords()
    {
        SkipWithoutNode();
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 50);

        var lines = Run("node", "journal.mjs", "read", JournalAnswers.File(folder.Path)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.HasCount(52, lines);
        Assert.AreEqual($"[\"xllora-onnx journal\",1,\"run-1\",\"{JournalHeader.ThisTool}\"]", lines[0]);
        Assert.AreEqual("[1,0,{\"model\":\"gemma\",\"prompt\":\"xllora-gen-v1\",\"tool\":\"0.1.0\"}]", lines[1]);
        for (int i = 0; i < 50; i++)
        {
            using var actual = JsonDocument.Parse(lines[i + 2]);
            Assert.IsTrue(JsonElement.DeepEquals(Expected(JournalAnswers.Make(i)), actual.RootElement), lines[i + 2]);
        }
    }

    [TestMethod]
    public void Skip_ValuesInAllForms_ReadsWhatJavaScriptWrites()
    {
        SkipWithoutNode();
        Run("node", "journal.mjs", "write", "values.bin");
        var bytes = File.ReadAllBytes(_scripts.File("values.bin"));

        var all = new MessagePackReader(bytes);
        int count = 0;
        for (; !all.IsAtEnd; count++)
            all.Skip();
        Assert.AreEqual(41, count);

        var reader = new MessagePackReader(bytes);
        Assert.IsTrue(reader.TryReadNil());
        Assert.IsTrue(reader.ReadBoolean());
        Assert.IsFalse(reader.ReadBoolean());
        long[] integers =
        [
            0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 9007199254740991,
            -1, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649, -9007199254740991,
        ];
        foreach (long expected in integers)
            Assert.AreEqual(expected, reader.ReadInteger());
        Assert.AreEqual("", reader.ReadString());
        Assert.AreEqual("ƙ 𝒳", reader.ReadString());
        foreach (int length in new[] { 31, 32, 255, 256, 65536 })
            Assert.AreEqual(length, reader.ReadString().Length);
        foreach (int length in new[] { 0, 255, 256, 65536 })
            Assert.AreEqual(length, reader.ReadBinary().Length);
    }

    private static void SkipWithoutNode()
    {
        if (_missing is not null)
            Assert.Inconclusive(_missing);
    }

    private static JsonElement Expected(JournalAnswer answer) => JsonSerializer.SerializeToElement(new object?[]
    {
        2, answer.Key.ToString(), answer.Side == SynthesisSide.Positive ? 0 : 1, answer.Sample, answer.Attempt, answer.Context,
        answer.Finish.ToString().ToLower(CultureInfo.InvariantCulture),
        answer.Reason is { } reason ? RejectionReasons.Name(reason) : null,
        answer.PromptTokens, answer.Tokens, answer.Milliseconds, answer.Text, answer.RawText, answer.Repairs, answer.Detail,
    });

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _scripts.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }
}
