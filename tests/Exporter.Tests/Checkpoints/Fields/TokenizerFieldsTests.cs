using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class TokenizerFieldsTests
{
    // a decoder's files and an encoder's: the fields of BERT's normalizer are read beside such a normalizer alone
    private const string Tokenizer = """
        {"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":true,"lowercase":true},
         "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
         "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":9,"vocab":{"[UNK]":0}}}
        """;

    /// <summary>A value of no sense shows what becomes of a field: whoever reads it says its name.</summary>
    [TestMethod]
    public void EachField_OfTheList_IsReadOrNotAsItSays()
    {
        foreach (var list in (ConfigFields[])[TokenizerFields.OfEncoder, TokenizerFields.OfGenerator])
        {
            foreach (var name in list.Names)
            {
                using var folder = new TemporaryFolder();
                folder.Write("tokenizer.json", Tokenizer);
                folder.Write("tokenizer_config.json", new JsonObject { [name] = new JsonArray(new JsonArray(1)) }.ToJsonString());

                var message = Message(() => TokenizerFiles.Read(folder.Path)) ?? Message(() => XlLoraTokenizer.Load(folder.Path))
                    ?? Message(() => ChatTemplateFile.Load(folder.Path));

                var read = list.Find(name)!.Use is FieldUse.Used or FieldUse.Refused;
                Assert.AreEqual(read, message?.Contains(name, StringComparison.Ordinal) == true && !IsWithoutTemplate(message),
                    $"{name}: {message}");
            }
        }
    }

    [TestMethod]
    [DataRow("split_special_tokens", "true", "what looks like a special token in a text is taken for one; false is supported")]
    public void Read_WhatWouldChangeIds_IsRefusedByName(string name, string value, string reason)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", "{}");
        folder.Write("tokenizer_config.json", $$"""{"{{name}}":{{value}}}""");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => TokenizerFiles.Read(folder.Path));

        StringAssert.Contains(error.Message, $"{name} is {value}: {reason}");
    }

    // which is what is said of every file without a template
    private static bool IsWithoutTemplate(string message) => message.Contains("has no chat template", StringComparison.Ordinal);

    private static string? Message(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            return e.Message;
        }
    }
}
