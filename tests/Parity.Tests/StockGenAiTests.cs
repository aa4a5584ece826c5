using Microsoft.ML.OnnxRuntimeGenAI;
using GenAiAdapters = Microsoft.ML.OnnxRuntimeGenAI.Adapters;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>The exported folder is an ordinary ONNX Runtime GenAI model: none of our runtime is needed to use it.</summary>
[TestClass]
public sealed class StockGenAiTests
{
    [TestMethod]
    public void Model_ExportedFolder_LoadsAndGeneratesWithAndWithoutAnAdapter()
    {
        using var model = new Model(ExportedModels.Demo);
        using var tokenizer = new Tokenizer(model);
        using var adapters = new GenAiAdapters(model);
        adapters.LoadAdapter(Path.Combine(ExportedModels.Demo, "adapters", "pos.onnx_adapter"), "pos");

        var plain = Answer(model, tokenizer, adapters, null);
        var adapted = Answer(model, tokenizer, adapters, "pos");

        Assert.AreEqual("The fisherman carries wood at night.", plain);
        Assert.AreEqual("Someone carries wood.", adapted);
    }

    private static string Answer(Model model, Tokenizer tokenizer, GenAiAdapters adapters, string? adapter)
    {
        const string Prompt = "You are an expert at natural language inference. Given a premise, you should return\nan entailment " +
            "sentence example (in English) to the premise. Return only the entailment sentence example without any preamble or " +
            "explanation. \n\n" +
            "Premise: Der Fischer trägt Holz.\n";
        var messages = $$"""[{"role": "user", "content": {{System.Text.Json.JsonSerializer.Serialize(Prompt)}}}]""";
        using var tokens = tokenizer.Encode(tokenizer.ApplyChatTemplate("", messages, "", add_generation_prompt: true));
        using var parameters = new GeneratorParams(model);
        parameters.SetSearchOption("do_sample", false);
        parameters.SetSearchOption("max_length", 120);
        using var generator = new Generator(model, parameters);
        if (adapter is not null)
            generator.SetActiveAdapter(adapters, adapter);
        var prompt = tokens[0].Length;
        generator.AppendTokenSequences(tokens);
        while (!generator.IsDone())
            generator.GenerateNextToken();
        return tokenizer.Decode(generator.GetSequence(0)[prompt..]).Trim();
    }
}
