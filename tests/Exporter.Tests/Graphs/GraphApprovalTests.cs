
namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Graphs of every family and precision, without adapters, which are the same in all.</summary>
[TestClass]
public sealed class GraphApprovalTests
{
    [TestMethod]
    [DataRow("gemma2", ExportPrecision.Fp32)]
    [DataRow("gemma2", ExportPrecision.Bf16)]
    [DataRow("gemma3-text", ExportPrecision.Bf16)]
    [DataRow("llama31", ExportPrecision.Fp32)]
    [DataRow("llama32-tied", ExportPrecision.Fp16)]
    public void Plan_TinyModel_HasTheApprovedGraph(string model, ExportPrecision precision)
    {
        Approval.Verify($"{model}.{precision.Name()}", GraphSkeleton.Of(Graphs(model, precision)[GraphRoles.Base]));
    }

    [TestMethod]
    [DataRow("xlm-roberta", ExportPrecision.Fp32, GraphRoles.Hidden)]
    [DataRow("bert", ExportPrecision.Int8W, GraphRoles.Embedding)]
    [DataRow("modernbert", ExportPrecision.Fp32, GraphRoles.Hidden)]
    [DataRow("modernbert", ExportPrecision.Fp16, GraphRoles.Embedding)]
    [DataRow("gemma3-text", ExportPrecision.Fp32, GraphRoles.Embedding)]
    public void Plan_TinyEncoder_HasTheApprovedGraph(string model, ExportPrecision precision, string role)
    {
        var options = new ExportOptions
        {
            Precision = precision,
            ContextLength = 64,
            Pooling = role == GraphRoles.Hidden ? EmbeddingPooling.AvgFirstLast : EmbeddingPooling.Last,
            Normalize = true,
        };

        Approval.Verify($"{model}.{role}.{precision.Name()}", GraphSkeleton.Of(Plan(model, options).Graphs[role]));
    }

    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("llama31")]
    public void Plan_Variants_DifferByAdaptersAndPositionsAlone(string model)
    {
        var graphs = Graphs(model, ExportPrecision.Fp32);

        var (lora, plain, scoring) = (Names(GraphRoles.Lora), Names(GraphRoles.Base), Names(GraphRoles.Scoring));
        CollectionAssert.AreEqual(lora.Where(n => !n.Contains("/lora", StringComparison.Ordinal)).ToArray(), plain);
        CollectionAssert.AreEqual(lora.Where(n => !IsOfLastToken(n)).ToArray(), scoring);
        Assert.AreEqual(6 * 7 * 3, lora.Length - plain.Length);
        Assert.AreEqual("sequence_length", graphs[GraphRoles.Scoring].Proto.Output[0].Type.TensorType.Shape.Dim[1].DimParam);
        Assert.AreEqual(1, graphs[GraphRoles.Base].Proto.Output[0].Type.TensorType.Shape.Dim[1].DimValue);

        static bool IsOfLastToken(string node) =>
            node.StartsWith("/model/last_token/", StringComparison.Ordinal) || node == "/model/constant_nodes/INT32/1";

        string[] Names(string role) => [.. graphs[role].Proto.Node.Select(n => n.Name)];
    }

    /// <summary>Layers 0 and 2, 4 of Gemma 2, and 0 to 4 of Gemma 3, have a window; the text has layers 0 and 5.</summary>
    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    public void Plan_RollingGraphs_DifferByTheCachesOfLayersWithAWindowAlone(string model)
    {
        var graphs = Graphs(model, ExportPrecision.Fp32);

        foreach (var (rolling, whole) in (IEnumerable<(string, string)>)
            [(GraphRoles.ContinuousRolling, GraphRoles.Continuous), (GraphRoles.ContinuousRollingBase, GraphRoles.ContinuousBase)])
        {
            var text = GraphSkeleton.Of(graphs[rolling]);
            Assert.AreEqual(GraphSkeleton.Of(graphs[whole]), text
                .Replace("rolling_capacity.", "capacity.", StringComparison.Ordinal)
                .Replace(" sliding_window_cache=1", "", StringComparison.Ordinal));
            // keys and values, before and after
            CollectionAssert.AreEqual(Enumerable.Repeat("rolling_capacity.0", 4).ToArray(),
                System.Text.RegularExpressions.Regex.Matches(text, @"rolling_capacity\.\d+").Select(m => m.Value).ToArray());
            var node = Assert.ContainsSingle(text.Split('\n').Where(l => l.Contains("sliding_window_cache", StringComparison.Ordinal)));
            StringAssert.Contains(node, "/model/layers.0/attn/GroupQueryAttention GroupQueryAttention(");
            StringAssert.Contains(node, "local_window_size=16");
        }
    }

    [TestMethod]
    [DataRow("llama31", ExportPrecision.Fp32, DisplayName = "no layer has a window")]
    [DataRow("gemma3-text", ExportPrecision.Bf16, DisplayName = "for CUDA")]
    public void Plan_WhereNothingRolls_HasNoRollingGraphs(string model, ExportPrecision precision)
    {
        var graphs = Graphs(model, precision);

        CollectionAssert.AreEqual(
            (string[])[GraphRoles.Lora, GraphRoles.Base, GraphRoles.Scoring, GraphRoles.Continuous, GraphRoles.ContinuousBase],
            graphs.Keys.ToArray());
    }

    [TestMethod]
    public void Plan_OneVariant_StillHasTheGraphThatGenAiConfigNames()
    {
        var graphs = Graphs("gemma2", ExportPrecision.Fp32, GraphRoles.Base);

        CollectionAssert.AreEqual((string[])[GraphRoles.Lora, GraphRoles.Base], graphs.Keys.ToArray());
    }

    private static IReadOnlyDictionary<string, OnnxGraph> Graphs(
        string model, ExportPrecision precision, params string[] roles)
    {
        var options = new ExportOptions { Precision = precision, ContextLength = 256 };
        if (roles.Length > 0)
            options = options with { Roles = roles };
        return Plan(model, options).Graphs;
    }

    private static ModelPlan Plan(string model, ExportOptions options)
    {
        var folder = Repository.Data("models", model);
        var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        using var checkpoint = CheckpointFiles.Open(folder);
        var plan = ModelFamilies.Find(config, options.Precision).Plan;
        return plan(config, new TextWeights(folder, checkpoint), new WeightFormats(options), options);
    }
}
