using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Options of services: set, bound and refused; what is loaded with them is tested where there are models.</summary>
[TestClass]
public sealed class ServiceCollectionTests
{
    [TestMethod]
    public void AddXlLoraModel_ConfiguredAndBound_TheLastWordHolds()
    {
        using var folder = Folder();
        var services = Services(("XlLora:Devices:0", "cuda:1"), ("XlLora:Slots", "12"), ("XlLora:Engine", "continuous"),
            ("XlLora:EnableSensitiveData", "true"));
        services.AddXlLoraModel(folder.Path).BindConfiguration("XlLora");
        services.Configure<XlLoraModelOptions>(o => o.Slots = 13);
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<XlLoraModelOptions>>().Value;

        CollectionAssert.AreEqual(new[] { "cuda:1" }, options.Devices!.ToArray(), "bound devices replace the default");
        Assert.AreEqual(
            (folder.Path, TextEngine.Continuous, 13, true, 4),
            (options.Folder, options.Engine, options.Slots!.Value, options.EnableSensitiveData, options.MaxResidentAdapters));
        Assert.AreEqual(5, (options with { Slots = 5 }).Slots);
    }

    [TestMethod]
    public void AddXlLoraModel_FolderOfTheConfiguration_IsAsGoodAsOneOfTheCode()
    {
        using var folder = Folder();
        var services = Services(("Models:Big:Folder", folder.Path), ("Embed:Folder", folder.Path), ("Embed:TokensPerBatch", "100"));
        services.AddXlLoraModel(serviceKey: "big").BindConfiguration("Models:Big");
        services.AddXlLoraEmbeddingGenerator();
        services.AddOptions<EmbeddingOptions>().BindConfiguration("Embed");
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<IStartupValidator>().Validate();

        Assert.AreEqual(folder.Path, provider.GetRequiredService<IOptionsMonitor<XlLoraModelOptions>>().Get("big").Folder);
        Assert.AreEqual(100, provider.GetRequiredService<IOptions<EmbeddingOptions>>().Value.TokensPerBatch);
    }

    [TestMethod]
    public void ValidateOnStart_WrongOptions_AreRefusedAllAtOnceWithWhatIsAllowed()
    {
        var services = Services();
        services.AddXlLoraModel("no-such-folder").Configure(o =>
        {
            (o.Slots, o.PrefillTokens, o.MaxResidentAdapters, o.PromptLookupTokens) = (0, -1, 0, -1);
            (o.Engine, o.Devices) = ((TextEngine)7, ["cpu", "gpu"]);
        });
        services.AddXlLoraEmbeddingGenerator(configure: o => (o.CpuBatches, o.Window, o.TokensPerBatch, o.Devices) = (0, 0, 0, []));
        using var provider = services.BuildServiceProvider();

        var error = Assert.ThrowsExactly<AggregateException>(provider.GetRequiredService<IStartupValidator>().Validate);

        var failures = error.InnerExceptions.Cast<OptionsValidationException>().SelectMany(e => e.Failures).ToArray();
        CollectionAssert.AreEquivalent(new[]
        {
            "Engine is 7; it must be Auto, Continuous, GenAi.",
            "Devices: 'gpu' is no device; devices are cpu and cuda:N, for example cuda:0.",
            "Slots is 0; it must be at least 1, or null for what the memory allows.",
            "MaxResidentAdapters is 0; it must be at least 1.",
            "PromptLookupTokens is -1; it must be 0 (off) to 64.",
            "PrefillTokens is -1; it must be at least 1.",
            "Folder: 'no-such-folder' holds no xllora.json, so it is no model folder; it must be what xllora-onnx export has written.",
            "TokensPerBatch is 0; it must be at least 1.",
            "Window is 0; it must be at least 1.",
            "Devices: no device is named; devices are cpu and cuda:N, for example cuda:0.",
            "CpuBatches is 0; it must be at least 1, or null for one for each core.",
            "Folder: no model folder is named; name one when the model is added, or in its options.",
        }, failures);
    }

    [TestMethod]
    public void AddXlLoraModel_OptionsOfAnotherKey_AreNotItsBusiness()
    {
        using var folder = Folder();
        var services = Services();
        services.AddXlLoraModel(folder.Path);
        services.Configure<XlLoraModelOptions>("other", o => o.Slots = 0);
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<IStartupValidator>().Validate();

        Assert.IsNull(provider.GetRequiredService<IOptions<XlLoraModelOptions>>().Value.Slots);
    }

    [TestMethod]
    [DataRow(null, "without a key")]
    [DataRow("big", "with the key 'big'")]
    public void AddXlLoraChatClient_ModelThatWasNotAdded_SaysWhatToDo(string? key, string expected)
    {
        var services = Services();
        services.AddXlLoraChatClient(modelKey: key);
        using var provider = services.BuildServiceProvider();

        var error = Assert.ThrowsExactly<InvalidOperationException>(provider.GetRequiredService<IChatClient>);

        Assert.Contains(expected, error.Message);
        Assert.Contains("AddXlLoraModel", error.Message);
    }

    private static ServiceCollection Services(params (string Key, string Value)[] configuration)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(configuration.Select(c => KeyValuePair.Create<string, string?>(c.Key, c.Value))).Build());
        return services;
    }

    private static TemporaryFolder Folder()
    {
        var folder = new TemporaryFolder();
        folder.Write("xllora.json", "{}");
        return folder;
    }
}
