using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>docs/formats/run-folder.md and journal.md say what is in the files.</summary>
[TestClass]
public sealed class RunFolderFormatTests
{
    private const string Page = "docs/formats/run-folder.md";
    private const int FrameBytes = 11;
    private static readonly TemporaryFolder Root = new();
    private static readonly string Run = Root.File("run");

    [ClassInitialize]
    public static async Task MakeRun(TestContext context)
    {
        var anchors = Root.File("anchors.csv");
        // a blank one is rejected for its anchor, answers of one token for their length
        await File.WriteAllTextAsync(anchors, "sent0\nThe farmer sells rice.\nDer Fischer trägt Holz.\n\" \"\n", context.CancellationToken);
        using var model = XlLoraModel.Load(Material.Generator);
        foreach (var (name, tokens) in new[] { (Run, 64), (Run + "-short", 1) })
        {
            var synthesis = new SynthesisOptions { MaxNewTokens = tokens, Sampling = SamplingOptions.Greedy };
            string[] command = ["synthesize", "--input", anchors];
            await SynthesisJob.RunAsync(model, new SynthesisJobOptions
            {
                Input = anchors,
                Output = name,
                Synthesis = synthesis,
                Command = command,
            }, cancellationToken: context.CancellationToken);
        }
        var pairs = TranslationPairs.Parse(Documentation.Blocks("json").Single(b => b.File == "docs/translate.md").Text);
        await TranslationJob.RunAsync(model, new TranslationJobOptions
        {
            Input = anchors,
            Column = "sent0",
            Output = Run + "-translated",
            SourceLanguage = "deu_Latn",
            TargetLanguages = ["eng_Latn", "hau_Latn"],
            Pairs = pairs,
            // which is enough for none, and the receipts of its lines are empty
            MaxNewTokens = 1,
        }, cancellationToken: context.CancellationToken);
    }

    [ClassCleanup]
    public static void DeleteRun() => Root.Dispose();

    [TestMethod]
    public void Files_OfARun_HaveTheFieldsOfThePage()
    {
        string[] runs = [Run, Run + "-short"];
        string[] texts =
        [
            .. runs.Select(r => File.ReadAllText(Path.Combine(r, "run.json"))),
            .. runs.SelectMany(r => Directory.EnumerateFiles(Path.Combine(r, "leases"))).Select(File.ReadAllText),
            .. runs.SelectMany(r => Directory.EnumerateFiles(r, "*.jsonl")).SelectMany(File.ReadLines),
        ];

        var names = JsonNames.Of(texts, "/identity", "/prompts", "/outcome/reasons", "/outcome/files", "/outcome/contexts",
            "/outcome/contexts/*");

        var page = Documentation.PageText(Page);
        var undescribed = names.Where(n => !page.Contains($"`{n}`", StringComparison.Ordinal)
            && !page.Contains($"`.{n}`", StringComparison.Ordinal) && !page.Contains($"`outcome.{n}`", StringComparison.Ordinal));
        Assert.AreEqual("", string.Join(", ", undescribed));
        CollectionAssert.IsSubsetOf(new[] { "sent1_attempt", "lease_timeout_seconds", "merkle_root", "bootId", "flagged" }, names.ToArray());
    }

    [TestMethod]
    public void Files_OfARunOfTranslations_HaveTheFieldsOfThePage()
    {
        string[] files = ["run.json", "receipts.jsonl", "rejected.jsonl"];

        var names = JsonNames.Of(files.SelectMany(f => f == "run.json"
                ? [File.ReadAllText(Path.Combine(Run + "-translated", f))] : File.ReadLines(Path.Combine(Run + "-translated", f))),
            "/identity", "/prompts", "/outcome/reasons", "/outcome/files", "/outcome/contexts", "/outcome/contexts/*",
            "/options/synthesis/strategy/translation/pairs/pairs", "/options/synthesis/strategy/translation/pairs/languages",
            "/translations");

        var pages = Documentation.PageText(Page) + Documentation.PageText("docs/formats/pairs.md");
        Assert.AreEqual("", string.Join(", ", names.Where(n => !pages.Contains($"`{n}`", StringComparison.Ordinal)
            && !pages.Contains($"`.{n}`", StringComparison.Ordinal) && !pages.Contains($"`outcome.{n}`", StringComparison.Ordinal)
            && !pages.Contains($"`prompt.{n}`", StringComparison.Ordinal) && !pages.Contains($"`pairs.*.{n}`", StringComparison.Ordinal))));
        CollectionAssert.IsSubsetOf(new[] { "keep_unfinished", "text_sha256", "column", "translation", "targets" }, names.ToArray());
    }

    [TestMethod]
    public void Pairs_OfThePages_AreRead()
    {
        MarkdownBlock[] blocks = [.. Documentation.Blocks("json").Where(b => b.File is "docs/translate.md" or "docs/formats/pairs.md")];

        Assert.HasCount(2, blocks);
        foreach (var block in blocks)
            Assert.IsNotEmpty(TranslationPairs.Parse(block.Text, block.Where).Routes);
    }

    [TestMethod]
    public void MerkleRoot_ComputedAsThePageSays_IsThatOfRunJson()
    {
        var leaves = File.ReadLines(Path.Combine(Run, "triplets.jsonl")).Zip(File.ReadLines(Path.Combine(Run, "receipts.jsonl")))
            .Select(row => SHA256.HashData([0, .. Encoding.UTF8.GetBytes($"{row.First}\n{row.Second}")])).ToArray();
        Assert.IsNotEmpty(leaves);

        var root = Convert.ToHexStringLower(TreeHash(leaves));

        var outcome = JsonElement.Parse(File.ReadAllText(Path.Combine(Run, "run.json"))).GetProperty("outcome");
        Assert.AreEqual(root, outcome.GetProperty("merkle_root").GetString());
    }

    [TestMethod]
    public void RowKeyAndRunId_ComputedAsThePageSays_AreThoseOfTheFiles()
    {
        var receipt = JsonElement.Parse(File.ReadLines(Path.Combine(Run, "receipts.jsonl")).First());
        var run = JsonElement.Parse(File.ReadAllText(Path.Combine(Run, "run.json")));
        var identity = string.Join('\n', run.GetProperty("identity").EnumerateObject().Select(f => $"{f.Name}={f.Value.GetString()}"));

        var key = SHA256.HashData([.. "The farmer sells rice."u8, 0, 0, 0, 0, 0, 0, 0, 0, 0]).AsSpan(0, 16);
        Assert.AreEqual(Convert.ToHexStringLower(key), receipt.GetProperty("id").GetString());
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..16];
        Assert.AreEqual(id, run.GetProperty("run_id").GetString());
    }

    [TestMethod]
    public void Journal_ReadAsThePageSays_HoldsContextsAndAnswers()
    {
        var bytes = File.ReadAllBytes(Path.Combine(Run, "journal", "0001.journal")).AsMemory();
        var (header, at) = MessagePackValues.Read(bytes, 0);
        var runId = JsonElement.Parse(File.ReadAllText(Path.Combine(Run, "run.json"))).GetProperty("run_id").GetString();
        CollectionAssert.AreEqual(new object?[] { "xllora-onnx journal", 1L, runId }, ((List<object?>)header!)[..3]);

        var kinds = new List<long>();
        while (at < bytes.Length)
        {
            var payload = Payload(bytes.Span[at..]);
            var (record, end) = MessagePackValues.Read(bytes.Slice(at + FrameBytes, payload.Length), 0);
            Assert.AreEqual(payload.Length, end);
            var values = (List<object?>)record!;
            kinds.Add((long)values[0]!);
            Assert.HasCount(values[0] is 1L ? 3 : 15, values);
            if (values[0] is 2L)
                CollectionAssert.Contains(new[] { "stop", "length", "rejected" }, values[6]);
            at += FrameBytes + payload.Length;
        }
        // one context a side, two answers for each of the two anchors that are sent to the model
        CollectionAssert.AreEquivalent(new[] { 1L, 1, 2, 2, 2, 2 }, kinds);
    }

    private static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> frame)
    {
        CollectionAssert.AreEqual(new byte[] { 0x92, 0xCE, 0xC6 }, new[] { frame[0], frame[1], frame[6] });
        var payload = frame.Slice(FrameBytes, BinaryPrimitives.ReadInt32BigEndian(frame[7..]));
        var crc = ~0u;
        foreach (var value in payload)
            crc = BitOperations.Crc32C(crc, value);
        Assert.AreEqual(~crc, BinaryPrimitives.ReadUInt32BigEndian(frame[2..]));
        return payload;
    }

    /// <summary>RFC 6962, section 2.1: the left half is the largest power of two below the number of leaves.</summary>
    private static byte[] TreeHash(byte[][] leaves)
    {
        if (leaves.Length == 1)
            return leaves[0];
        var left = (int)BitOperations.RoundUpToPowerOf2((uint)leaves.Length) / 2;
        return SHA256.HashData([1, .. TreeHash(leaves[..left]), .. TreeHash(leaves[left..])]);
    }
}
