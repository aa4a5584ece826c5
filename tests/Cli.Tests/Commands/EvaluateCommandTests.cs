using System.Text.Json;
using XlLoraOnnx.Runtime;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class EvaluateCommandTests
{
    [TestMethod]
    public async Task Compare_TwoFolders_SaysInWordsAndDraws()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("a"), 3);
        await WriteAsync(folder.File("b"), 64);

        var result = CommandLine.Run(folder.Path, "evaluate", "--compare", "a", "b", "--svg", "difference.svg");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "A: letters/3 (3)");
        StringAssert.Contains(result.Output, "cosine_spearman");
        StringAssert.Contains(result.Output, "verdict");
        StringAssert.Contains(result.Output, "picture in difference.svg");
        StringAssert.StartsWith(File.ReadAllText(folder.File("difference.svg")), "<svg ");
    }

    [TestMethod]
    public async Task Compare_Json_IsOneObject()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("a"), 3);

        var result = CommandLine.Run(folder.Path, "evaluate", "--compare", "a", "a", "--json");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        using var document = JsonDocument.Parse(result.Output);
        Assert.AreEqual(1, document.RootElement.GetProperty("metrics")[0].GetProperty("p_value").GetDouble());
    }

    [TestMethod]
    [DataRow("--compare a gone", "There is no folder gone")]
    [DataRow("--compare a a --model x", "takes no --model")]
    [DataRow("--model x", "--data is missing")]
    [DataRow("--data x", "--model is missing")]
    [DataRow("--model x --data y --svg z", "give --compare")]
    public async Task Evaluate_WrongArguments_FailWithWhatToDo(string arguments, string reason)
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("a"), 3);

        var result = CommandLine.Run(folder.Path, ["evaluate", .. arguments.Split(' ')]);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, reason);
    }

    private static async Task WriteAsync(string folder, int dimension)
    {
        var options = new EvaluationOptions { Task = EvaluationTask.Sts, BootstrapSamples = 0 };
        var report = await EmbeddingEvaluator.EvaluateAsync(new Letters(dimension), [Repository.Demo("world", "sts.csv")], options);
        EmbeddingEvaluator.Write(report, folder);
    }

    /// <summary>Counts of letters, folded into a few numbers.</summary>
    private sealed class Letters(int dimension) : ITextEmbedder
    {
        public string ModelName => $"letters/{dimension}";

        public string Fingerprint => $"sha256:{dimension}";

        public int Dimension => dimension;

        public Task<EmbeddingMatrix> EmbedAsync(
            IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
        {
            var values = new float[texts.Count * dimension];
            for (var i = 0; i < texts.Count; i++)
            {
                foreach (var letter in texts[i])
                    values[i * dimension + letter % dimension]++;
            }
            return Task.FromResult(new EmbeddingMatrix(texts.Count, dimension, values));
        }
    }
}
