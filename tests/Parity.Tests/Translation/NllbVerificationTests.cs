namespace XlLoraOnnx.Parity.Tests;

/// <summary><c>verify</c> of a folder that translates: every record of the references, and faults that it must find.</summary>
[TestClass]
public sealed class NllbVerificationTests
{
    [TestMethod]
    [DataRow(null)]
    [DataRow("eng_Latn-hin_Deva")]
    [DataRow("eng_Latn-hau_Latn")]
    public void Verify_RecordedReference_EveryTensorPasses(string? adapter)
    {
        var report = ParityVerifier.Verify(NllbReference.Folder, Reference(adapter), new ParityOptions { Adapter = adapter });

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors.Where(t => !t.Passed)));
        Assert.IsLessThan(NllbReference.Tolerance, report.MaxAbsDiff);
        string[] of = ["label_logprobs", "loss", "decoder.last_hidden_state"];
        var expected = NllbReference.Scored.SelectMany(l => of.Select(o => $"{l}.{o}"))
            .Concat(NllbReference.Languages.SelectMany(l => (string[])[$"{l}.greedy", $"{l}.beam", $"{l}.beam_scores (best)"]))
            .Concat(["encoder.hidden_states.0", "encoder.hidden_states.2", "encoder.last_hidden_state"]);
        CollectionAssert.IsSubsetOf(expected.ToArray(), report.Tensors.Select(t => t.Name).ToArray());
        Assert.IsGreaterThan(300, report.GreedyCompared);
    }

    [TestMethod]
    public void Verify_ReferenceOfAnAdapterAgainstTheBase_Fails()
    {
        var report = ParityVerifier.Verify(NllbReference.Folder, Reference("eng_Latn-hau_Latn"));

        Assert.IsFalse(report.Passed);
        Assert.IsFalse(report.Tensors.Single(t => t.Name == "encoder.last_hidden_state").Passed, "the encoder is adapted too");
        Assert.IsTrue(report.Tensors.Single(t => t.Name == "encoder.hidden_states.0").Passed, "the embeddings are not");
    }

    [TestMethod]
    public void Verify_UnknownAdapter_SaysWhichThereAre()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => ParityVerifier.Verify(
            NllbReference.Folder, Reference(null), new ParityOptions { Adapter = "eng_Latn-swh_Latn" }));

        StringAssert.Contains(error.Message, "eng_Latn-hau_Latn");
    }

    [TestMethod]
    public void Verify_ReferenceOfADecoder_SaysWhatIsMissing()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => ParityVerifier.Verify(NllbReference.Folder, Repository.Data("models", "gemma3-text", "expected.safetensors")));

        StringAssert.Contains(error.Message, "attention_mask");
    }

    [TestMethod]
    public void VerifyFolder_OfAFreshExport_EveryCheckPasses()
    {
        var checks = FolderVerifier.Verify(NllbReference.Folder);

        Assert.IsTrue(checks.All(c => c.Outcome == FolderCheckOutcome.Passed), string.Join('\n', checks));
        CollectionAssert.IsSubsetOf(
            NllbReference.Adapters.Select(a => $"canary {a}").ToArray(), checks.Select(c => c.Name).ToArray());
        Assert.IsTrue(checks.Any(c => c.Name == "graph model.encoder.base.onnx"));
    }

    [TestMethod]
    [DataRow(ExportPrecision.Int8, 0.2)]
    [DataRow(ExportPrecision.Int8W, 0.1)]
    [DataRow(ExportPrecision.Int4, 1.5)]
    public void Verify_QuantizedExport_IsCloseToTheReference(ExportPrecision precision, double tolerance)
    {
        var folder = NllbReference.Export(new ExportOptions { Precision = precision, AccuracyLevel = 1 });

        var report = ParityVerifier.Verify(folder, Reference(null), new ParityOptions { Tolerance = tolerance, Margin = 1e9 });

        var logits = report.Tensors.Single(t => t.Name == "hau_Latn.label_logprobs");
        Assert.IsLessThan(tolerance, logits.MaxAbsDiff!.Value);
        Assert.IsGreaterThan(NllbReference.Tolerance, logits.MaxAbsDiff.Value, "it is quantised indeed");
    }

    private static string Reference(string? adapter) => NllbReference.Recorded(adapter, "expected.safetensors");
}
