using System.Text;

namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class UntrustedJsonTests
{
    [TestMethod]
    [DataRow("", "not valid JSON", DisplayName = "empty")]
    [DataRow("[]", "holds Array, expected an object", DisplayName = "list")]
    [DataRow("""{"a":1,"a":2}""", "not valid JSON", DisplayName = "key twice")]
    [DataRow("""{"a":"\ud800"}""", "not Unicode", DisplayName = "half of a pair")]
    [DataRow("""{"\udc00":1}""", "not Unicode", DisplayName = "half of a pair in a key")]
    [DataRow("""{"a":1} x""", "not valid JSON", DisplayName = "something after it")]
    public void Parse_BadJson_SaysWhatIsWrong(string json, string message)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("config.json", json);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => UntrustedJson.Parse(path).Dispose());

        StringAssert.Contains(error.Message, message);
        StringAssert.Contains(error.Message, "config.json");
    }

    [TestMethod]
    public void Parse_InvalidUtf8_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("config.json");
        File.WriteAllBytes(path, [.. "{\"a\":\""u8, 0xC0, 0x80, .. "\"}"u8]);

        Assert.ThrowsExactly<InvalidDataException>(() => UntrustedJson.Parse(path).Dispose());
    }

    [TestMethod]
    [DataRow(60, true)]
    [DataRow(65, false)]
    [DataRow(1_000_000, false)]
    public void Parse_Depth_IsLimited(int depth, bool allowed)
    {
        using var folder = new TemporaryFolder();
        var json = new StringBuilder("{\"a\":").Append('[', depth).Append(']', depth).Append('}');
        var path = folder.Write("config.json", json.ToString());

        if (allowed)
            UntrustedJson.Parse(path).Dispose();
        else
            StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => UntrustedJson.Parse(path).Dispose()).Message, "depth");
    }

    [TestMethod]
    [DataRow("config.json", 10_000_001)]
    [DataRow("generation_config.json", 10_000_001)]
    [DataRow("tokenizer_config.json", 10_000_001)]
    [DataRow("tokenizer.json", 100_000_001)]
    [DataRow("model.safetensors.index.json", 10_000_001)]
    public void Export_HugeFile_IsRefusedUnread(string file, long bytes)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "gemma3-text").CopyTo(folder, "checkpoint");
        using (var stream = File.OpenWrite(Path.Combine(checkpoint, file)))
            stream.SetLength(bytes);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("model")));

        StringAssert.Contains(error.Message, file);
        StringAssert.Contains(error.Message, $"{bytes:N0} bytes");
    }

    [TestMethod]
    public void Open_HugeAdapterConfig_IsRefusedUnread()
    {
        using var folder = new TemporaryFolder();
        var adapter = Repository.Data("models", "adapters", "gemma3-text", "odd-r1").CopyTo(folder, "adapter");
        using (var stream = File.OpenWrite(Path.Combine(adapter, "adapter_config.json")))
            stream.SetLength(10_000_001);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => PeftAdapter.Open(adapter, []));

        StringAssert.Contains(error.Message, "adapter_config.json");
    }

    [TestMethod]
    [DataRow("num_hidden_layers", "up to 1024")]
    [DataRow("head_dim", "up to 65536")]
    [DataRow("hidden_size", "up to 1048576")]
    public void Export_AbsurdSize_IsRefusedBeforeItCostsMemory(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "gemma3-text").CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), json =>
        {
            json[name] = 2_000_000_000;
            json.Remove("layer_types");
        });

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("model")));

        StringAssert.Contains(error.Message, $"{name} is 2000000000; {expected}");
    }

    [TestMethod]
    public void Open_PatternThatIsSlowOnEveryModule_IsGivenUp()
    {
        using var folder = new TemporaryFolder();
        var adapter = Repository.Data("models", "adapters", "gemma3-text", "odd-r1").CopyTo(folder, "adapter");
        TestFolders.Edit(Path.Combine(adapter, "adapter_config.json"), json => json["target_modules"] = "(.+)+(.+)+(.+)+x");
        var slots = Enumerable.Range(0, 200).Select(i => new LoraSlot($"model.layers.{i}.self_attn.q_proj", 4, 4)).ToArray();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();

        var error = Assert.ThrowsExactly<AdapterRefusedException>(() => PeftAdapter.Open(adapter, slots).Dispose());

        StringAssert.Contains(error.Message, "takes too long to match");
        Assert.IsLessThan(TimeSpan.FromSeconds(20), System.Diagnostics.Stopwatch.GetElapsedTime(started));
    }
}
