using System.Text.Json;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Training.Tests;

/// <summary>The recorded runs of FLARE over a small XLM-RoBERTa, made by its own code, and tables of its tasks.</summary>
internal static partial class FusionModels
{
    private static readonly (string Context, string Text, int Start)[] Answers =
        [("en la mesa hay pan", "pan", 15), ("la casa es nueva", "la casa", 0), ("hay vino bueno y agua", "vino bueno", 4)];

    public static string Base => Recorded("base");

    public static string Recorded(params string[] parts) => Repository.Data(["models", "flare-xlmr", .. parts]);

    /// <summary>As the recorded runs were made.</summary>
    public static FusionTrainingOptions Options(FusionFunction? fusion = FusionFunction.AddRelu, TextTask task = TextTask.Xnli) => new()
    {
        Task = task,
        Fusion = fusion,
        Rank = 4,
        Alpha = 8,
        MaxLength = 51,
        Translated = TranslatedColumns.Source,
    };

    /// <summary>A few rows of a task, with sources that say something else where asked.</summary>
    public static string Table(
        TemporaryFolder folder, TextTask task = TextTask.Xnli, string source = "", string name = "data") => task switch
        {
            TextTask.Xnli => folder.Write($"{name}.csv", "premise,hypothesis,label,source_premise,source_hypothesis\n"
                + $"el pan,la comida,0,{source}the bread,the food\nla puerta,la ventana,1,{source}the door,the window\n"
                + $"el vino,el agua,2,{source}the wine is here,the water\nla casa,el jardín,0,{source}a house,a garden\n"
                + $"el libro nuevo,el libro,1,{source}the new book,the book\n"),
            TextTask.NusaX => folder.Write($"{name}.csv", "text,label,source_text\n"
                + $"el pan,0,{source}the bread\nla puerta,1,{source}the door\nel vino bueno,2,{source}the good wine\n"),
            _ => folder.Write($"{name}.jsonl", string.Concat(Answers.Select((answer, i) => JsonSerializer.Serialize(new
            {
                id = $"row-{i}",
                question = "¿qué hay en la mesa?",
                context = answer.Context,
                answers = new { text = new[] { answer.Text }, answer_start = new[] { answer.Start } },
                source_question = source + "what is on the table?",
                source_context = source + "there is bread on the table",
            }) + "\n"))),
        };

    /// <summary>Gives parameters the numbers of a recorded run.</summary>
    public static void Fill(IReadOnlyList<Parameter> parameters, string run) => Fill(parameters, Stored(run));

    /// <summary>Gives parameters the numbers of a folder that was trained here.</summary>
    public static void FillFromFolder(IReadOnlyList<Parameter> parameters, string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"));
        Fill(parameters, [.. file.Tensors.Keys.Select(name => (name, file.ReadFloat32(name)))]);
    }

    private static void Fill(IReadOnlyList<Parameter> parameters, IEnumerable<(string Name, float[] Values)> tensors)
    {
        var stored = tensors.ToDictionary(t => Name(t.Name), t => t.Values);
        foreach (var parameter in parameters)
        {
            var values = stored[parameter.Name];
            Assert.HasCount(parameter.Length, values, parameter.Name);
            if (parameter.Shape.Length == 1)
                values.CopyTo(parameter.Values);
            else
                TiledTransposition.Transpose(
                    values, (int)parameter.Shape[1], (int)parameter.Shape[0], 1, parameter.Values, (int)parameter.Shape[1]);
        }
        Assert.HasCount(stored.Count, parameters);
    }

    /// <summary>The batch that the runs were recorded on, padded as it was.</summary>
    public static FusionBatch Batch(string task)
    {
        using var inputs = SafetensorsFile.Open(Recorded($"inputs-{task}.safetensors"));
        var length = (int)inputs.Tensors["input_ids_target"].Shape[1];
        var (targets, sources) = (Rows("target"), Rows("source"));
        var (firsts, lasts) = task == "xnli" ? (inputs.ReadInt64("labels"), new long[targets.Length])
            : (inputs.ReadInt64("start_positions"), inputs.ReadInt64("end_positions"));
        return new FusionBatch(
            [.. targets.Select((ids, i) => new FusionExample(ids, sources[i], (int)firsts[i], (int)lasts[i], i))], length, 1, 1);

        int[][] Rows(string side) => [.. inputs.ReadInt64($"input_ids_{side}").Chunk(length).Zip(
            inputs.ReadInt64($"attention_mask_{side}").Chunk(length),
            (ids, mask) => ids.Take((int)mask.Sum()).Select(id => (int)id).ToArray())];
    }

    public static float[] Expected(string run, string name)
    {
        using var file = SafetensorsFile.Open(Recorded(run, "expected.safetensors"));
        return file.ReadFloat32(name);
    }

    /// <summary>Fills every factor with numbers, so that what goes into it counts.</summary>
    public static void Stir(IReadOnlyList<Parameter> parameters, ulong seed = 7)
    {
        foreach (var (i, parameter) in parameters.Index())
        {
            var numbers = TrainingSteps.Numbers(parameter.Length, seed + (ulong)i);
            for (var k = 0; k < numbers.Length; k++)
                parameter.Values[k] = 0.2f * numbers[k];
        }
    }

    private static IEnumerable<(string Name, float[] Values)> Stored(string run)
    {
        var trained = Recorded(run, "trained.safetensors");
        if (File.Exists(trained))
        {
            using var file = SafetensorsFile.Open(trained);
            return [.. file.Tensors.Keys.Select(name => (name, file.ReadFloat32(name)))];
        }
        using var pickle = TorchFile.Open(Recorded(run, "pytorch_model.bin"));
        return [.. pickle.Tensors.Keys.Select(name => (name, pickle.ReadFloat32(name)))];
    }

    /// <summary>As graphs call what a run holds.</summary>
    private static string Name(string key)
    {
        key = key.Replace("encoder.model.", "", StringComparison.Ordinal).Replace("base_model.model.", "", StringComparison.Ordinal);
        if (key.StartsWith("roberta.", StringComparison.Ordinal))
            key = "model." + key["roberta.".Length..];
        return Factor().Replace(key, ".lora_$1.weight");
    }

    [GeneratedRegex(@"\.lora_([AB])\.(.*\.)?weight$")]
    private static partial Regex Factor();
}
