
namespace XlLoraOnnx.Tokenizers.Tests;

[TestClass]
public sealed class ChatTemplateFileTests
{
    [TestMethod]
    public void Load_TemplateInTheConfig_ComesAfterTheOneOfItsOwnAndBeforeTheWrapped()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json",
            """{"chat_template":"config {{ bos_token }}{{ eos_token }}","bos_token":"<s>","eos_token":{"content":"</s>"}}""");
        folder.Write("chat_template.json", """{"chat_template":"wrapped"}""");
        Assert.AreEqual("config <s></s>", Render(folder));

        folder.Write("chat_template.jinja", "file {{ bos_token }}");
        Assert.AreEqual("file <s>", Render(folder));
    }

    [TestMethod]
    public void Load_NamedTemplates_TakesTheDefault()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json",
            """{"chat_template":[{"name":"tool_use","template":"tools"},{"name":"default","template":"{{ messages[0].content }}"}]}""");

        Assert.AreEqual("Hi", Render(folder));
    }

    [TestMethod]
    public void Load_TemplateInItsOwnFile_IsFound()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", "{}");
        folder.Write("chat_template.json", """{"chat_template":"wrapped"}""");
        Assert.AreEqual("wrapped", Render(folder));

        folder.Write("chat_template.jinja", "{% if add_generation_prompt %}\nplain\n{% endif %}\n");
        Assert.AreEqual("plain\n", Render(folder));
    }

    [TestMethod]
    [DataRow("{}", "has no chat template", DisplayName = "none")]
    [DataRow("""{"chat_template":[{"name":"rag","template":"x"}]}""", "'default'", DisplayName = "no default")]
    [DataRow("""{"chat_template":"{{ x | eval }}"}""", "the filter 'eval'", DisplayName = "unsupported")]
    public void Load_NothingToRun_IsRefused(string config, string message)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", config);

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => ChatTemplateFile.Load(folder.Path)).Message, message);
    }

    [TestMethod]
    [DataRow("[]", "expected an object")]
    [DataRow("""{"chat_template":1}""", "chat_template is Number")]
    [DataRow("""{"chat_template":[1]}""", "no name and template")]
    [DataRow("""{"chat_template":"x","bos_token":1}""", "bos_token is Number")]
    [DataRow("""{"chat_template":"{{"}""", "tokenizer_config.json' (chat_template), line 1, column 1")]
    [DataRow("""{"chat_template":"x","chat_template":"y"}""", "not valid JSON")]
    public void Load_MalformedConfig_SaysWhatIsWrong(string config, string message)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", config);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ChatTemplateFile.Load(folder.Path)).Message, message);
    }

    private static string Render(TemporaryFolder folder) =>
        ChatTemplateFile.Load(folder.Path).Render([new ChatTurn("user", "Hi")], DateTimeOffset.UnixEpoch);
}
