namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingPromptTests
{
    // lora_training.py of XL-LoRA, byte for byte
    [TestMethod]
    [DataRow(AdapterSide.Positive, "sent0,sent1", "You are an expert at natural language inference. Given a premise, you should return an "
        + "entailment sentence example (in English) to the premise. \n            Return only the entailment sentence example of the "
        + "premise without any preamble or explanation. \n\n            Premise: Hi {language}\n            ")]
    [DataRow(AdapterSide.Negative, "sent0,hard_neg", "You are an expert at natural language inference. Given a premise, you should return "
        + "a contradiction sentence example (in English) to the premise. \n            Return only the contradiction sentence example of "
        + "the premise without any preamble or explanation. \n\n            Premise: Hi {language}\n            ")]
    [DataRow(null, "inputs,targets",
        "Given the following text, generate a relevant answer in English language\n    Hi {language}\n    ")]
    [DataRow(null, "prompt,completion", "Given the <TEXT_CHUNK>, generate the next relevant word in English.\n    \n    <TEXT_CHUNK>\n"
        + "    Hi {language}\n    </TEXT_CHUNK>\n    ")]
    public void Fill_OfTheColumns_IsThePromptByteForByte(AdapterSide? side, string columns, string expected)
    {
        var prompt = TrainingPrompt.Find(columns.Split(','), side, "xllora-train-v1", "data.csv");

        Assert.AreEqual(expected, prompt.Fill("English", "Hi {language}"));
        Assert.AreEqual(columns, $"{prompt.QuestionColumn},{prompt.AnswerColumn}");
        Assert.AreEqual(side is null, prompt.IsOfLanguage);
    }

    [TestMethod]
    public void Find_OfTheGenerationSet_IsWhatAdaptersAreAskedWith()
    {
        var prompt = TrainingPrompt.Find(["sent0", "hard_neg"], AdapterSide.Negative, "xllora-gen-v1", "data.csv");

        Assert.AreEqual("You are an expert at natural language inference. Given a premise, you should return\na contradiction sentence "
            + "example  (in Hausa) to the premise. Return only the contradiction sentence example without any preamble or explanation. \n\n"
            + "Premise: x\n", prompt.Fill("Hausa", "x"));
    }

    [TestMethod]
    public void Find_UnknownSet_NamesThoseThatThereAre()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(
            () => TrainingPrompt.Find(["sent0", "sent1"], AdapterSide.Positive, "v2", "data.csv"));

        StringAssert.Contains(e.Message, "no prompt set \"v2\"; there are: xllora-gen-v1, xllora-train-v1");
    }

    [TestMethod]
    public void Find_SideWithoutItsColumn_SaysWhatIsThereAndNeeded()
    {
        var e = Assert.ThrowsExactly<InvalidDataException>(
            () => TrainingPrompt.Find(["sent0", "sent1"], AdapterSide.Negative, "xllora-train-v1", "data.csv"));

        StringAssert.Contains(e.Message, "data.csv has the columns \"sent0\", \"sent1\". Needed are sent0 and hard_neg");
    }

    [TestMethod]
    public void Find_TripletsWithoutASide_AsksForIt()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(
            () => TrainingPrompt.Find(["sent0", "sent1", "hard_neg"], null, "xllora-train-v1", "data.csv"));

        StringAssert.Contains(e.Message,
            "has sent0 and sent1 and hard_neg; which side the adapter is for must be said: positive or negative");
    }
}
