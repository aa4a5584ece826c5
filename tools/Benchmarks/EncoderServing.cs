using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Benchmarks;

internal sealed record EncoderQuestion(string[] Texts, int Batch);

/// <param name="Vectors">Of the first hundred texts.</param>
internal sealed record EncoderAnswer(double Seconds, long PeakBytes, float[][] Vectors, string? Error = null);

/// <summary>An encoder in a process of its own that stays: a line of JSON in, a line out.</summary>
internal static class EncoderServing
{
    public const int MaxLength = 256, Compared = 100;

    public static async Task ServeOursAsync(string folder)
    {
        using var embedder = TextEmbedder.Load(folder, new EmbeddingOptions { MaxSequenceLength = MaxLength });
        await ServeAsync(async question =>
        {
            var vectors = await embedder.EmbedAsync(question.Texts);
            return [.. Enumerable.Range(0, Math.Min(Compared, vectors.Rows)).Select(i => vectors[i].ToArray())];
        });
    }

    /// <summary>ONNX Runtime alone, as sentence-transformers uses it: texts in the order of their lengths, padded batches, the mean over
    /// tokens.</summary>
    public static async Task ServePlainAsync(string graph, string checkpoint)
    {
        using var session = new InferenceSession(graph);
        var tokenizer = XlLoraTokenizer.Load(checkpoint);
        await ServeAsync(question => Task.FromResult(Embed(session, tokenizer, question)));
    }

    private static float[][] Embed(InferenceSession session, XlLoraTokenizer tokenizer, EncoderQuestion question)
    {
        var encoded = question.Texts.Select(text =>
        {
            var ids = new List<int>();
            tokenizer.EncodeToIds(text, ids);
            return ids.Count <= MaxLength ? ids : [.. ids[..(MaxLength - 1)], ids[^1]];
        }).Index().OrderByDescending(t => t.Item.Count).ToArray();
        var vectors = new float[encoded.Length][];
        foreach (var batch in encoded.Chunk(question.Batch))
        {
            foreach (var (vector, row) in Run(session, [.. batch.Select(t => t.Item)]).Zip(batch))
                vectors[row.Index] = vector;
        }
        return vectors[..Math.Min(Compared, vectors.Length)];
    }

    private static float[][] Run(InferenceSession session, List<int>[] rows)
    {
        var width = rows.Max(r => r.Count);
        var (ids, mask) = (new long[rows.Length * width], new long[rows.Length * width]);
        for (var row = 0; row < rows.Length; row++)
        {
            for (var i = 0; i < rows[row].Count; i++)
                (ids[row * width + i], mask[row * width + i]) = (rows[row][i], 1);
        }
        using var idsValue = Value(ids);
        using var maskValue = Value(mask);
        using var typesValue = Value(new long[ids.Length]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["input_ids", "attention_mask", "token_type_ids"], [idsValue, maskValue, typesValue],
            ["last_hidden_state"]);
        var states = outputs[0].GetTensorDataAsSpan<float>();
        var size = states.Length / ids.Length;
        var vectors = new float[rows.Length][];
        for (var row = 0; row < rows.Length; row++)
        {
            var vector = vectors[row] = new float[size];
            for (var i = 0; i < rows[row].Count; i++)
                TensorPrimitives.Add(vector, states.Slice((row * width + i) * size, size), vector);
            TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), vector);
        }
        return vectors;

        OrtValue Value(long[] values) => OrtValue.CreateTensorValueFromMemory(values, [rows.Length, width]);
    }

    private static async Task ServeAsync(Func<EncoderQuestion, Task<float[][]>> answer)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var question = JsonSerializer.Deserialize<EncoderQuestion>(line, JsonSerializerOptions.Web)!;
            var started = Stopwatch.GetTimestamp();
            var vectors = await answer(question);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(JsonSerializer.Serialize(
                new EncoderAnswer(seconds, GenerationSpeed.Status("VmHWM"), vectors), JsonSerializerOptions.Web));
        }
    }
}
