namespace XlLoraOnnx.Packages.Tests;

/// <summary>Every sample runs; see <see cref="WebProjectTests"/> for the service.</summary>
[TestClass]
public sealed class SampleTests
{
    [TestMethod]
    public void TripletsInTenLines_OnTheDemonstrationModel_WritesTriplets()
    {
        var output = Dotnet.Run(Consumer.Workspace, Samples.Program("TripletsInTenLines"), Consumer.Model);

        StringAssert.Contains(output, "Someone carries wood. | ");
        Assert.HasCount(3, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestMethod]
    public void StrategyOfYourOwn_OnTheDemonstrationModel_GivesARow()
    {
        var output = Dotnet.Run(Consumer.Workspace, Samples.Program("StrategyOfYourOwn"), Consumer.Model);

        StringAssert.StartsWith(output, "Der Fischer trägt Holz. | ");
    }

    [TestMethod]
    public void ChatWithAdapters_OnTheDemonstrationModel_AnswersForTheBaseAndEachAdapter()
    {
        var output = Dotnet.Run(Consumer.Workspace, Samples.Program("ChatWithAdapters"), Consumer.Model, "Der Fischer trägt Holz.");

        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        CollectionAssert.AreEqual((string[])["base", "pos", "neg"], lines.Select(l => l.Split(' ')[0]).ToArray());
    }

    [TestMethod]
    public void Samples_InTheirFolder_AreAllInTheTable()
    {
        var samples = Directory.EnumerateDirectories(Path.Combine(Repository.Root, "samples"))
            .Where(d => Directory.EnumerateFiles(d, "*.csproj").Any()).Select(d => Path.GetFileName(d)!);
        var table = File.ReadAllText(Path.Combine(Repository.Root, "samples", "README.md"));

        foreach (var sample in samples)
            StringAssert.Contains(table, $"[{sample}]({sample}/Program.cs)");
    }
}

/// <summary>The samples, as they were built with these tests.</summary>
internal static class Samples
{
    public static string Program(string sample) =>
        Path.Combine(Repository.Root, "samples", sample, "bin", Consumer.Configuration, "net10.0", sample + ".dll");
}
