namespace XlLoraOnnx.Exporter.Tests;

/// <summary>What a checkpoint has under <c>lm_head.weight</c>.</summary>
internal enum OwnHead
{
    None,
    /// <summary>The embedding once more.</summary>
    Copy,
    Other,
}

/// <summary>Reference models, whose head is tied, with and without one of their own.</summary>
internal static class OwnHeads
{
    private const string Head = "lm_head.weight";

    /// <param name="tie">What config.json says.</param>
    public static string Write(TemporaryFolder folder, string model, bool tie, OwnHead head)
    {
        var checkpoint = Repository.Data("models", model).CopyTo(folder, "checkpoint");
        var builder = new SafetensorsBuilder();
        using (var source = CheckpointFiles.Open(checkpoint))
        {
            foreach (var (file, tensor) in source.Tensors.Where(t => t.Tensor.Name != Head))
                builder.Add(tensor.Name, tensor.DType, [.. tensor.Shape], file.ReadBytes(tensor));
            var (ofEmbedding, embedding) =
                source.Tensors.Single(t => t.Tensor.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal));
            if (head == OwnHead.Copy)
                builder.Add(Head, embedding.DType, [.. embedding.Shape], ofEmbedding.ReadBytes(embedding));
            else if (head == OwnHead.Other)
                builder.AddFloats(Head, [.. embedding.Shape]);
        }
        // goes before shards
        builder.Save(Path.Combine(checkpoint, "model.safetensors"));
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), config => config["tie_word_embeddings"] = tie);
        return checkpoint;
    }
}
