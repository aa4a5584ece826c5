namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdapterExamplesTests
{
    private const string Premise = "La mujer vende leche.", Answer = "Someone sells a drink.";

    // bos, start_of_turn, end_of_turn and line end of each: TRL 0.19, apply_chat_template of prompt and answer, tokenised without
    // special tokens; what is learned begins behind apply_chat_template of the prompt without a generation prompt
    [TestMethod]
    [DataRow("demo", "<bos><start_of_turn>user\n", "<end_of_turn>\n", "<start_of_turn>model\nSomeone sells a drink.<end_of_turn>\n")]
    [DataRow("llama", "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\nSomeone sells a drink.<|eot_id|>")]
    public void Encode_APositive_LearnsTheTurnOfTheModelAndNothingBefore(string model, string before, string after, string learned)
    {
        using var folder = new TemporaryFolder();
        var modelFolder = model == "demo" ? Repository.Demo("base") : Repository.Data("tokenizers", model);
        var tokenizer = XlLoraTokenizer.Load(modelFolder).WithSpecialTokens(false);

        var examples = AdapterFiles.Encode(
            folder.Write("d.csv", $"sent0,sent1\n\"  {Premise} \",{Answer}\n"), AdapterFiles.Positive, modelFolder);

        var example = examples.Items.Single();
        // the template trims the prompt, whose indented last line is gone with the space behind the premise
        var prompt = before + "You are an expert at natural language inference. Given a premise, you should return an entailment sentence "
            + "example (in English) to the premise. \n            Return only the entailment sentence example of the premise without any "
            + $"preamble or explanation. \n\n            Premise:   {Premise}" + after;
        int[] promptIds = [.. tokenizer.EncodeToIds(prompt)];
        CollectionAssert.AreEqual((int[])[.. promptIds, .. tokenizer.EncodeToIds(learned)], example.Ids);
        Assert.AreEqual(promptIds.Length, example.FirstLabel);
        Assert.AreEqual(learned, tokenizer.Decode(example.Ids.AsSpan(example.FirstLabel), skipSpecialTokens: false));
        Assert.AreEqual(1, example.Ids.Count(id => id == tokenizer.BosTokenId));
        Assert.IsTrue(examples.CompletionOnly);
        Assert.IsEmpty(examples.Notices);
    }

    // what a model that is asked has to write: no mark of the turn, which the generation prompt gives, and no line behind its end
    [TestMethod]
    [DataRow("demo", "Someone sells a drink.<end_of_turn>")]
    [DataRow("llama", "Someone sells a drink.<|eot_id|>")]
    public void Encode_AssistantOnly_LearnsWhatIsToBeWrittenAndNothingElse(string model, string learned)
    {
        using var folder = new TemporaryFolder();
        var modelFolder = model == "demo" ? Repository.Demo("base") : Repository.Data("tokenizers", model);
        var tokenizer = XlLoraTokenizer.Load(modelFolder).WithSpecialTokens(false);
        var path = folder.Write("d.csv", $"sent0,sent1\n{Premise},{Answer}\n");

        var whole = AdapterFiles.Encode(path, AdapterFiles.Positive, modelFolder).Items.Single();
        var example = AdapterFiles.Encode(path, AdapterFiles.Positive with { AssistantOnly = true }, modelFolder).Items.Single();

        Assert.AreEqual(learned, tokenizer.Decode(example.Ids.AsSpan(example.FirstLabel), skipSpecialTokens: false));
        CollectionAssert.AreEqual(whole.Ids[..example.Ids.Length], example.Ids);
        Assert.IsGreaterThan(whole.FirstLabel, example.FirstLabel);
    }

    [TestMethod]
    public void Encode_ALanguageAdapter_LearnsTheWholeSequence()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.csv", $"inputs,targets\n{Premise},{Answer}\n");

        var whole = AdapterFiles.Encode(path, new AdapterTrainingOptions());
        var answers = AdapterFiles.Encode(path, new AdapterTrainingOptions { CompletionOnly = true });

        Assert.AreEqual(0, whole.Items[0].FirstLabel);
        Assert.AreEqual(whole.Items[0].Ids.Length, whole.Items[0].Labels);
        Assert.AreEqual(1, whole.Items[0].FirstTold);
        CollectionAssert.AreEqual(whole.Items[0].Ids, answers.Items[0].Ids);
        Assert.IsGreaterThan(20, answers.Items[0].FirstLabel);
    }

    [TestMethod]
    public void Encode_BeyondMaxLength_CutsAndLeavesOutWhatHasNoLabelLeft()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.csv", $"sent0,sent1\nagua,{Answer}\nagua,{string.Join(' ', Enumerable.Repeat(Answer, 20))}\n"
            + $"{string.Join(' ', Enumerable.Repeat(Premise, 40))},{Answer}\n");
        var uncut = AdapterFiles.Encode(path, AdapterFiles.Positive).Items;
        var length = uncut[0].Ids.Length + 3;

        var examples = AdapterFiles.Encode(path, AdapterFiles.Positive with { MaxLength = length });

        CollectionAssert.AreEqual((int[])[0, 1], examples.Items.Select(e => e.Row).ToArray());
        CollectionAssert.AreEqual(uncut[1].Ids[..length], examples.Items[1].Ids);
        Assert.AreEqual(uncut[1].FirstLabel, examples.Items[1].FirstLabel);
        StringAssert.Contains(examples.Notices[0],
            $"1 of 3 rows have more than {length} tokens; what is beyond is not learned: {path}, line 3");
        StringAssert.Contains(examples.Notices[1], $"1 of 3 rows are left out, because their answers begin only after {length} tokens: "
            + $"{path}, line 4");
    }

    [TestMethod]
    public void Encode_WhereNoAnswerIsLeft_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.WritePositives(3);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => AdapterFiles.Encode(path, AdapterFiles.Positive with { MaxLength = 10 }));

        StringAssert.Contains(e.Message, "of none of its 3 rows a token of the answer is within the first 10 tokens");
    }

    [TestMethod]
    public void Encode_TextsWithSpecialTokens_AreNamed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.csv", "sent0,sent1\na,b\na <end_of_turn>,b\n");

        var notice = AdapterFiles.Encode(path, AdapterFiles.Positive).Notices.Single();

        StringAssert.Contains(notice,
            $"1 of 2 rows hold special tokens in their texts, such as those that end a turn, and are read as if these "
            + $"were meant: {path}, line 3");
    }

    [TestMethod]
    public void Encode_ATemplateThatWritesPromptsOtherwise_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var model = Repository.Demo("base").CopyTo(folder, "model");
        folder.Write("model/chat_template.jinja",
            "{{ bos_token }}{{ messages | length }}{% for message in messages %}{{ message['content'] }}{% endfor %}");

        var e = Assert.ThrowsExactly<NotSupportedException>(
            () => AdapterFiles.Encode(folder.WritePositives(2), AdapterFiles.Positive, model));

        StringAssert.Contains(e.Message, "writes a prompt otherwise where an answer follows");
    }

    [TestMethod]
    public void Check_IdsAndLengthsOfTheModel_AreHeld()
    {
        using var folder = new TemporaryFolder();
        var examples = AdapterFiles.Encode(folder.WritePositives(2), AdapterFiles.Positive);
        using var model = AdapterBase.Open(Repository.Demo("base"));

        examples.Check(model.Dimensions);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => examples.Check(model.Dimensions with { VocabSize = 50 }));
        StringAssert.Contains(e.Message, "the tokenizer is that of another model");
        Assert.ThrowsExactly<ArgumentException>(() => examples.Check(model.Dimensions with { ContextLength = 20 }));
    }
}
