namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class AnswerFilterTests
{
    private const string Anchor = "The man walks his dog in the beautiful park every morning.";
    private static readonly AnswerFilter English = new(new AnswerFilterOptions { AnswerLanguage = "English" });

    [TestMethod]
    [DataRow("Sure, he will come.")]
    [DataRow("Here is the book that she wanted.")]
    [DataRow("\"No,\" she said.")]
    [DataRow("\"No,\" she said. \"Never.\"")]
    [DataRow("I'm sorry that I missed the bus.")]
    [DataRow("I'm sorry, but I can't come to your party.")]
    [DataRow("I can't help you with the dishes today.")]
    [DataRow("The company has an AI system.")]
    [DataRow("I cannot generate enough power with this bike.")]
    [DataRow("He does not walk his dog. He is in the park.")]
    [DataRow("The premise of the film is silly.")]
    [DataRow("His words were in contradiction to the facts.")]
    [DataRow("Contradiction is the soul of wit.")]
    [DataRow("'Tis the season to be jolly.")]
    [DataRow("There is one rule: never lie.")]
    [DataRow("Here: a dog and a cat.")]
    [DataRow("Sure enough, he walks every day.")]
    [DataRow("Sure!")]
    [DataRow("Of course, the man loves his dog.")]
    [DataRow("They won 3-1, a contradiction of all forecasts.")]
    [DataRow("None of them sleeps.")]
    [DataRow("Here is what she bought: bread and milk.")]
    [DataRow("Note: the shop is closed.")]
    [DataRow("Two men (one of them tall) are talking.")]
    [DataRow("They bought 2 * 3 eggs and a file called my_big_file.")]
    [DataRow("The screen is 5\"")]
    [DataRow("7. März")]
    public void Check_AnOrdinarySentence_IsLeftAlone(string text)
    {
        var verdict = Check(text);

        Assert.IsNull(verdict.Rejected);
        Assert.AreEqual(text, verdict.Text);
        Assert.IsEmpty(verdict.Repairs);
    }

    [TestMethod]
    [DataRow(" A man walks.\n", "trim")]
    [DataRow("“A man walks.”", "quotes")]
    [DataRow("„A man walks.“", "quotes")]
    [DataRow("«A man walks.»", "quotes")]
    [DataRow("「A man walks.」", "quotes")]
    [DataRow("‹A man walks.›", "quotes")]
    [DataRow("'A man walks.'", "quotes")]
    [DataRow("\"A man walks\".", "quotes")]
    [DataRow("\"A man walks.", "quotes")]
    [DataRow("Here is an entailment sentence: A man walks.", "preamble")]
    [DataRow("Sure! Here's a contradiction sentence in English:\n\nA man walks.", "preamble")]
    [DataRow("Entailment: A man walks.", "preamble")]
    [DataRow("Here you go: A man walks.", "preamble")]
    [DataRow("Sure! A man walks.", "preamble")]
    [DataRow("Of course. A man walks.", "preamble")]
    [DataRow("Sentence 1: A man walks.", "preamble")]
    [DataRow("My answer is: A man walks.", "preamble")]
    [DataRow("English: A man walks.", "preamble")]
    [DataRow("Therefore, the following sentence is entailed: A man walks.", "preamble")]
    [DataRow("\"A man walks.\" – Entailment", "explanation,quotes")]
    [DataRow("model: A man walks.", "turn-marker")]
    [DataRow("user\nA man walks.", "turn-marker")]
    [DataRow("Sure thing: A man walks.", "preamble")]
    [DataRow("Here it is: \"A man walks.\"", "preamble,quotes")]
    [DataRow("**Entailment: A man walks.**", "preamble")]
    [DataRow("**Contradiction sentence:** \"A man walks.\"", "preamble,quotes")]
    [DataRow("A possible entailment is \"A man walks.\"", "preamble")]
    [DataRow("Here is an entailment sentence example\nA man walks.", "preamble")]
    [DataRow("A man walks.\n\nExplanation: He moves.", "explanation")]
    [DataRow("A man walks.\n\nWhy it works: the premise says so.", "explanation")]
    [DataRow("A man walks. (This contradicts the premise.)", "explanation")]
    [DataRow("A man walks.\n\nContradiction: Nobody walks.", "explanation")]
    [DataRow("1. A man walks.\n2. Nobody walks.", "list-item")]
    [DataRow("- A man walks.", "list-item")]
    [DataRow("**A man walks.**", "markdown")]
    [DataRow("A man *walks*.", "markdown")]
    [DataRow("A man walks.<end_of_turn>\n<start_of_turn>user", "turn-marker")]
    [DataRow("model\nA man walks.", "turn-marker")]
    [DataRow("A man\nwalks.", "line-breaks")]
    public void Check_WhatIsCleanlySeparable_IsRepaired(string text, string repairs)
    {
        var verdict = Check(text);

        Assert.IsNull(verdict.Rejected);
        Assert.AreEqual("A man walks.", verdict.Text);
        Assert.AreEqual(repairs, string.Join(',', verdict.Repairs.Select(r => r.Name())));
    }

    [TestMethod]
    [DataRow("", RejectionReason.Empty)]
    [DataRow(" \n", RejectionReason.Empty)]
    [DataRow("“…”", RejectionReason.Empty)]
    [DataRow("None.", RejectionReason.Empty)]
    [DataRow("N/A", RejectionReason.Empty)]
    [DataRow("{\"entailment\": \"A man walks.\"}", RejectionReason.Template)]
    [DataRow("THE MAN WALKS HIS DOG IN THE BEAUTIFUL PARK EVERY MORNING", RejectionReason.Copy)]
    [DataRow("The man walks his dog in the beautifull park every morning.", RejectionReason.NearCopy)]
    [DataRow("The man walks his dog in the beautiful park every mornnig.", RejectionReason.NearCopy)]
    [DataRow("The man walks hisdog in the beautiful park every morning.", RejectionReason.NearCopy)]
    [DataRow("Premise: A man walks.", RejectionReason.PromptEcho)]
    [DataRow("A man walks.\nPremise: A dog walks.", RejectionReason.PromptEcho)]
    [DataRow("Given a premise, you should return an entailment sentence example.", RejectionReason.PromptEcho)]
    [DataRow("You are an expert at natural language inference.", RejectionReason.PromptEcho)]
    [DataRow("{premise}", RejectionReason.Template)]
    [DataRow("[INST] A man walks.", RejectionReason.Template)]
    [DataRow("<|im_start|> A man walks.", RejectionReason.Template)]
    [DataRow("A <unk> walks.", RejectionReason.Template)]
    [DataRow("A \uFFFD walks.", RejectionReason.Template)]
    [DataRow("I'm sorry, but I can't generate that.", RejectionReason.Refusal)]
    [DataRow("I'm really sorry, but I can't create that sentence.", RejectionReason.Refusal)]
    [DataRow("As an AI language model, I have no dog.", RejectionReason.Refusal)]
    [DataRow("Lo siento, pero no puedo ayudarte con eso.", RejectionReason.Refusal)]
    [DataRow("对不起，我无法生成这个句子。", RejectionReason.Refusal)]
    [DataRow("Here is an entailment sentence:", RejectionReason.Preamble)]
    [DataRow("A possible entailment is that a man walks.", RejectionReason.Preamble)]
    [DataRow("Der Mann geht jeden Morgen mit dem Hund in den Park.", RejectionReason.Language)]
    [DataRow("男人每天早上在公园遛狗。", RejectionReason.Language)]
    public void Check_AFault_IsRejectedWithItsReason(string text, RejectionReason reason)
    {
        var rejected = Check(text).Rejected;

        Assert.IsNotNull(rejected);
        Assert.AreEqual(reason, rejected.Reason, rejected.Detail);
        Assert.AreEqual(SynthesisSide.Negative, rejected.Side);
        Assert.IsGreaterThan(10, rejected.Detail.Length);
    }

    [TestMethod]
    [DataRow("The man does not walk his dog in the beautiful park every morning.")]
    [DataRow("The man walks his dogs in the beautiful park every morning.")]
    [DataRow("The woman walks his dog in the beautiful park every morning.")]
    [DataRow("The man walked his dog in the beautiful park every morning.")]
    public void Check_TheAnchorWithAnotherMeaning_IsNoNearCopy(string text) => Assert.IsNull(Check(text).Rejected);

    [TestMethod]
    public void Check_AnotherNumber_IsNoNearCopy()
    {
        const string anchor = "He paid 3.5 euros for it.";
        var answer = new AnswerToCheck(SynthesisSide.Negative, anchor, "", "He paid 35 euros for it.", FinishReason.Stop, 9);

        Assert.IsNull(English.Check(answer).Rejected);
    }

    [TestMethod]
    public void Check_WhatTheAnchorHasToo_IsNoFault()
    {
        const string anchor = "Write {premise} and <unk>, and contradicts the premise: so says the manual.";
        var verdict = English.Check(new(SynthesisSide.Positive, anchor, "", "The manual says {premise} and <unk>.", FinishReason.Stop, 9));

        Assert.IsNull(verdict.Rejected);
    }

    [TestMethod]
    public void Check_AnAnswerThatReachedTheLimit_IsRejectedForItsLength()
    {
        var verdict = English.Check(new(SynthesisSide.Negative, Anchor, "", "A man walks and", FinishReason.Length, 128));

        Assert.AreEqual(RejectionReason.Length, verdict.Rejected?.Reason);
        Assert.Contains("128 tokens", verdict.Rejected!.Detail);
    }

    [TestMethod]
    public void Check_WithACheckOff_LetsItThrough()
    {
        var filter = new AnswerFilter(new AnswerFilterOptions { Checks = [RejectionReason.Empty] });

        var copy = filter.Check(new(SynthesisSide.Positive, Anchor, "", Anchor, FinishReason.Stop, 9));
        var blank = filter.Check(new(SynthesisSide.Positive, Anchor, "", " ", FinishReason.Stop, 9));

        Assert.IsNull(copy.Rejected);
        Assert.AreEqual(RejectionReason.Empty, blank.Rejected?.Reason);
    }

    [TestMethod]
    public void Check_WithRepairsOff_RejectsWhatWouldHaveBeenRepaired()
    {
        var filter = new AnswerFilter(new AnswerFilterOptions { Repair = false });
        var verdict = filter.Check(new(SynthesisSide.Positive, Anchor, "", "Entailment: A man walks.", FinishReason.Stop, 9));

        Assert.AreEqual(RejectionReason.Preamble, verdict.Rejected?.Reason);
        Assert.AreEqual("Entailment: A man walks.", verdict.Text);
    }

    [TestMethod]
    [DataRow("A man walks.", "a man walks", true)]
    [DataRow("A man walks.", "A man does not walk.", false)]
    [DataRow("It is −5 °C.", "It is 5 °C.", false)]
    [DataRow("한국", "\u1112\u1161\u11AB\u1100\u116E\u11A8", true)]
    [DataRow("Café", "Cafe\u0301", true)]
    public void CheckPair_WhereBothSayTheSame_RejectsAsEqual(string positive, string negative, bool isEqual) =>
        Assert.AreEqual(isEqual, English.CheckPair(positive, negative)?.Reason == RejectionReason.Equal);

    [TestMethod]
    public void Options_OutOfRange_AreRefusedAllAtOnce()
    {
        var options = new AnswerFilterOptions { Checks = [RejectionReason.Judge], NearCopySimilarity = 0, EchoLength = 3 };

        var thrown = Assert.ThrowsExactly<ArgumentException>(() => new AnswerFilter(options));

        foreach (var part in new[] { "judge", "NearCopySimilarity is 0", "EchoLength is 3" })
            Assert.Contains(part, thrown.Message);
    }

    [TestMethod]
    public void Facts_OfTwoOptions_DifferWhereTheyDiffer()
    {
        var facts = new AnswerFilterOptions { AnswerLanguage = "Hausa", NearCopySimilarity = 0.8 }.Facts().ToDictionary();

        Assert.AreEqual("hau", facts["filters.language"]);
        Assert.AreEqual("0.8", facts["filters.near_copy"]);
        Assert.AreEqual("Klingon (not checked: unknown)",
            new AnswerFilterOptions { AnswerLanguage = "Klingon" }.Facts().ToDictionary()["filters.language"]);
    }

    private static AnswerVerdict Check(string text) => English.Check(new(SynthesisSide.Negative, Anchor,
        PromptTemplate.Positive("xllora-gen-v1").Fill("English", Anchor), text, FinishReason.Stop, 12));
}
