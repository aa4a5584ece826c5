using System.Text.Json;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>The closed interpreter against the native one, which this project no longer calls.</summary>
[TestClass]
public sealed class NativeChatTemplateTests
{
    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    public void Render_RecordedChats_AgreesWithTheNativeRuntime(string tokenizerName)
    {
        using var model = new Model(Repository.Data("official", "gemma3-micro", "export-no-window"));
        using var tokenizer = new Tokenizer(model);
        using var config = JsonDocument.Parse(File.ReadAllText(Repository.Data("tokenizers", tokenizerName, "tokenizer_config.json")));
        using var chats = JsonDocument.Parse(File.ReadAllText(Repository.Data("tokenizers", tokenizerName, "chat.json")));
        var source = config.RootElement.GetProperty("chat_template").GetString()!;
        var template = ChatTemplate.Parse(source, tokenizerName);

        foreach (var chat in chats.RootElement.EnumerateArray())
        {
            var (messages, generate) = (chat.GetProperty("messages"), chat.GetProperty("add_generation_prompt"));
            var variables = JsonSerializer.SerializeToElement(new Dictionary<string, object>
            {
                ["messages"] = messages,
                ["add_generation_prompt"] = generate,
                ["bos_token"] = "<bos>", // of the model whose tokenizer the native runtime has at hand
            });
            Assert.AreEqual(
                tokenizer.ApplyChatTemplate(source, messages.GetRawText(), "", generate.GetBoolean()),
                template.Render(variables));
        }
    }
}
