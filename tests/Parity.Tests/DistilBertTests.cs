using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// DistilBERT is BERT without token types, under other names: the reference's BERT with its first type in the positions, and its tensors
/// renamed, must give the same vectors.
/// </summary>
[TestClass]
public sealed class DistilBertTests
{
    private const string Embeddings = "embeddings.";

    private static readonly (string Bert, string Distil)[] Names =
    [
        ("encoder.layer.", "transformer.layer."), ("attention.self.query", "attention.q_lin"), ("attention.self.key", "attention.k_lin"),
        ("attention.self.value", "attention.v_lin"), ("attention.output.dense", "attention.out_lin"),
        ("attention.output.LayerNorm", "sa_layer_norm"), ("intermediate.dense", "ffn.lin1"), ("output.dense", "ffn.lin2"),
        ("output.LayerNorm", "output_layer_norm"),
    ];

    [TestMethod]
    [DataRow("DistilBertModel", "")]
    [DataRow("DistilBertForMaskedLM", "distilbert.")]
    [DataRow(null, "")]
    public async Task Embed_BertUnderOtherNames_HasTheVectorsOfBert(string? architecture, string prefix)
    {
        using var folder = new TemporaryFolder();
        var bert = Repository.Data("models", "bert");
        var distil = Write(folder, bert, architecture, prefix);
        string[] texts = ["The fisherman carries wood.", "Ta rubuta wasiƙa.", "a"];

        var expected = await Vectors(ModelExporter.Export(bert, folder.File("bert"), Options()).Folder, texts);
        var report = ModelExporter.Export(distil, folder.File("distil"), Options());
        var found = await Vectors(report.Folder, texts);

        Assert.AreEqual("distilbert", report.Family);
        for (var i = 0; i < texts.Length; i++)
            Assert.IsLessThan(1e-5f, TensorPrimitives.Distance<float>(expected[i], found[i]), texts[i]);
        Assert.IsGreaterThan(0.1f, TensorPrimitives.Distance<float>(found[0], found[1]));
    }

    [TestMethod]
    public void Export_DenseOfDistiluse_IsInsideTheGraph()
    {
        using var folder = new TemporaryFolder();
        var distil = Write(folder, Repository.Data("models", "bert"), "DistilBertModel", "");
        SentenceTransformersFiles.Write(distil, """{"pooling_mode_mean_tokens":true}""", TestDense.Random(64, 32));

        var report = ModelExporter.Export(distil, folder.File("distil"));

        Assert.AreEqual(32, report.Encoder!.Dimension);
        Assert.HasCount(1, report.Encoder.Dense!);
    }

    private static ExportOptions Options() => new() { Pooling = EmbeddingPooling.Mean };

    private static async Task<float[][]> Vectors(string folder, string[] texts)
    {
        await using var embedder = TextEmbedder.Load(folder);
        var vectors = await embedder.EmbedAsync(texts);
        return [.. Enumerable.Range(0, texts.Length).Select(i => vectors[i].ToArray())];
    }

    private static string Write(TemporaryFolder folder, string bert, string? architecture, string prefix)
    {
        var distil = bert.CopyTo(folder, "checkpoint");
        var builder = new SafetensorsBuilder();
        using (var source = CheckpointFiles.Open(bert))
        {
            var tensors = source.Tensors.ToDictionary(t => t.Tensor.Name.Replace("bert.", "", StringComparison.Ordinal), t => t);
            foreach (var (name, (file, tensor)) in tensors)
            {
                if (name.StartsWith("pooler.", StringComparison.Ordinal) || name.StartsWith("cls.", StringComparison.Ordinal)
                    || name == Embeddings + "token_type_embeddings.weight")
                    continue;
                var values = file.ReadFloat32(tensor.Name);
                if (name == Embeddings + "position_embeddings.weight")
                    AddRow(values, tensors[Embeddings + "token_type_embeddings.weight"].File
                        .ReadFloat32(tensors[Embeddings + "token_type_embeddings.weight"].Tensor.Name).AsSpan(0, (int)tensor.Shape[1]));
                var renamed = Names.Aggregate(name, (n, pair) => n.Replace(pair.Bert, pair.Distil, StringComparison.Ordinal));
                builder.Add(prefix + renamed, "F32", [.. tensor.Shape], MemoryMarshal.AsBytes(values.AsSpan()));
            }
        }
        builder.Save(Path.Combine(distil, "model.safetensors"));
        TestFolders.Edit(Path.Combine(distil, "config.json"), config =>
        {
            config["model_type"] = "distilbert";
            config.Remove("architectures");
            if (architecture is not null)
                config["architectures"] = new System.Text.Json.Nodes.JsonArray(architecture);
            foreach (var (old, now) in ((string, string)[])[("hidden_size", "dim"), ("intermediate_size", "hidden_dim"),
                ("num_hidden_layers", "n_layers"), ("num_attention_heads", "n_heads"), ("hidden_act", "activation")])
            {
                config[now] = config[old]!.DeepClone();
                config.Remove(old);
            }
        });
        return distil;
    }

    private static void AddRow(Span<float> table, ReadOnlySpan<float> row)
    {
        for (var at = 0; at < table.Length; at += row.Length)
            TensorPrimitives.Add(table.Slice(at, row.Length), row, table.Slice(at, row.Length));
    }
}
