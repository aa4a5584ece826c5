using System.Runtime.InteropServices;
using System.Text.Json;
using Reference = global::Tokenizers.DotNet.Tokenizer;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>The tokenizers library itself (Rust), by its binding Tokenizers.DotNet.</summary>
internal static class RustOracle
{
    private const int MaxReported = 10;

    /// <summary>Every id of every text, and what the ids decode to; or the test is inconclusive where the library does not run.</summary>
    /// <param name="path">A tokenizer.json, or the folder of one.</param>
    public static void AssertAgrees(string path, IEnumerable<string> texts)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            Assert.Inconclusive(
                $"The tokenizers library comes with Tokenizers.DotNet.runtime.linux-x64; this is {RuntimeInformation.RuntimeIdentifier}. " +
                "What it said about other texts is recorded and checked by TokenizerCasesTests.");
        using var reference = new Reference(Path.Combine(path, XlLoraTokenizer.FileName));
        var tokenizer = XlLoraTokenizer.Load(path);
        var ids = new List<int>();
        var wrong = new List<string>();
        foreach (var text in texts)
        {
            var expected = reference.Encode(text);
            ids.Clear();
            tokenizer.EncodeToIds(text, ids);
            if (!CollectionsMarshal.AsSpan(ids).SequenceEqual(MemoryMarshal.Cast<uint, int>(expected)))
                wrong.Add(Difference(text, Pieces(expected.Select(id => (int)id)), Pieces(ids)));
            var (decoded, ours) = (reference.Decode(expected), tokenizer.Decode(MemoryMarshal.Cast<uint, int>(expected)));
            if (decoded != ours)
                wrong.Add(Difference(text, JsonSerializer.Serialize(decoded), JsonSerializer.Serialize(ours)));
            if (wrong.Count >= MaxReported)
                break;
        }

        Assert.IsEmpty(wrong, string.Join('\n', wrong));

        string Pieces(IEnumerable<int> ids) => string.Join(' ', ids.Select(id => $"{id}:{tokenizer.IdToToken(id)}"));
    }

    private static string Difference(string text, string expected, string actual) =>
        $"{JsonSerializer.Serialize(text)}\n  expected {expected}\n  actual   {actual}";
}
