using YamlLine = System.Text.RegularExpressions.Regex;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Tables of triplets as the output's name says, and the card that names them.</summary>
public sealed partial class SynthesisRunTests
{
    private static readonly string[] Columns = ["sent0", "sent1", "hard_neg"];

    [TestMethod]
    [DataRow("out.csv", "triplets.csv", "triplets.jsonl")]
    [DataRow("out.jsonl", "triplets.jsonl")]
    [DataRow("out.ndjson", "triplets.jsonl")]
    [DataRow("out.parquet", "triplets.parquet", "triplets.jsonl")]
    [DataRow("OUT.PARQUET", "triplets.parquet", "triplets.jsonl")]
    [DataRow("out", "triplets.csv", "triplets.jsonl")]
    public async Task RunAsync_OutputWithAnEnding_IsWrittenAsItAndNamedByTheCard(string output, params string[] tables)
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.jsonl", "\"NA\"\n\"null\"\n\"two\\nlines, \\\"quoted\\\"\"\n\"𝒳 أهلا\"\n\"7\"\n");
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.Answer(r,
            $"Somebody {(r.Adapter == "pos" ? "carries" : "never carries")} {ScriptedGenerator.AnchorOf(r).Length} loaves home."));

        var report = await RunAsync(folder, folder.File("anchors.jsonl"), generator, run: output);

        var run = Path.ChangeExtension(folder.File(output), Path.HasExtension(output) ? ".run" : null);
        var isFile = Path.HasExtension(output);
        Assert.AreEqual(isFile ? folder.File(output) : Path.Combine(run, tables[0]), report.Output);
        CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(run, tables[0])), File.ReadAllBytes(report.Output));
        CollectionAssert.AreEquivalent(tables, Directory.GetFiles(run, "triplets.*").Select(Path.GetFileName).ToArray());
        var expected = await RowsAsync(Path.Combine(run, "triplets.jsonl"));
        Assert.HasCount(5, expected);
        foreach (var table in tables)
            CollectionAssert.AreEqual(expected, await RowsAsync(Path.Combine(run, table)), table);
        var named = CardFile(run);
        Assert.AreEqual(tables[0], named);
        Assert.IsTrue(File.Exists(Path.Combine(run, named)));
        Assert.IsTrue(RunVerifier.Verify(run).All(c => c.Passed), string.Join('\n', RunVerifier.Verify(run)));
    }

    [TestMethod]
    public async Task RunAsync_ParquetByOneProcessBySeveralAndAfterADeath_IsTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 2000);
        await RunAsync(folder, input, run: "undisturbed.parquet");

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => RunAsync(
            folder, input, ScriptedSource.Generator(step: TimeSpan.FromMilliseconds(2)), run: "several.parquet"))));
        using var stop = new CancellationTokenSource();
        var made = 0;
        using var dying = new ScriptedGenerator(r =>
        {
            if (Interlocked.Increment(ref made) > 700)
                stop.Cancel();
            return ScriptedSource.Generator().Answered(r);
        });
        await Assert.ThrowsExactlyAsync<SynthesisInterruptedException>(
            () => RunAsync(folder, input, dying, run: "resumed.parquet", cancel: stop.Token));
        Assert.IsFalse(File.Exists(folder.File("resumed.parquet")));
        await RunAsync(folder, input, run: "resumed.parquet");

        var expected = File.ReadAllBytes(folder.File("undisturbed.parquet"));
        CollectionAssert.AreEqual(expected, File.ReadAllBytes(folder.File("several.parquet")));
        CollectionAssert.AreEqual(expected, File.ReadAllBytes(folder.File("resumed.parquet")));
        CollectionAssert.AreEqual(expected, File.ReadAllBytes(folder.File("resumed.run/triplets.parquet")));
        Assert.IsEmpty(Directory.GetFiles(folder.Path, "*.partial", SearchOption.AllDirectories));
    }

    [TestMethod]
    public async Task RunAsync_OneRunAskedForInTwoFormats_HasBothAndAsksForNothingAgain()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 40);
        await RunAsync(folder, input, run: "out.csv");
        using var generator = new ScriptedGenerator(_ => throw new InvalidOperationException("asked"));

        await RunAsync(folder, input, generator, run: "out.parquet");
        var card = CardFile(folder.File("out.run"));
        var written = File.GetLastWriteTimeUtc(folder.File("out.run/triplets.csv"));
        var again = await RunAsync(folder, input, generator, run: "out.run");
        await RunAsync(folder, input, generator, run: "out.csv");

        Assert.AreEqual("triplets.parquet", card);
        Assert.AreEqual(folder.File("out.run/triplets.parquet"), again.Output, "the folder's own table");
        Assert.AreEqual(written, File.GetLastWriteTimeUtc(folder.File("out.run/triplets.csv")), "all were there");
        CollectionAssert.AreEqual(await RowsAsync(folder.File("out.csv")), await RowsAsync(folder.File("out.parquet")));
        Assert.IsTrue(RunVerifier.Verify(folder.File("out.run")).All(c => c.Passed));
    }

    [TestMethod]
    public async Task RetryAsync_OfAParquetRun_WritesItsTableAgain()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 300);
        var before = await RunAsync(folder, input, options: o => o with { MaxAttempts = 1 }, run: "out.parquet");

        // as the folder alone is known, by another name
        Directory.Move(folder.File("out.run"), folder.File("moved"));
        var job = RecordedRun.Read(folder.File("moved"))!.Job with { Input = input };
        var after = await new SynthesisRun(ScriptedSource.Of(ScriptedSource.Generator()), job)
            .RetryAsync(new HashSet<RejectionReason> { RejectionReason.Length }, CancellationToken.None);

        Assert.IsGreaterThan(before.Triplets, after.Triplets);
        Assert.AreEqual(folder.File("moved/triplets.parquet"), after.Output);
        Assert.HasCount((int)after.Triplets, await RowsAsync(after.Output));
        Assert.HasCount((int)before.Triplets, await RowsAsync(folder.File("out.parquet")), "somebody else's now");
        Assert.IsFalse(File.Exists(folder.File("moved/triplets.csv")));
        Assert.IsTrue(RunVerifier.Verify(folder.File("moved")).All(c => c.Passed));
    }

    [TestMethod]
    public async Task Verify_ParquetWithOtherRows_IsFound()
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, Input(folder, 50), run: "one.parquet");
        await RunAsync(folder, Input(folder, 50), options: o => o with { Sampling = o.Sampling! with { Seed = 8 }, MaxAttempts = 1 },
            run: "other.parquet");
        var path = folder.File("one.run/triplets.parquet");
        var bytes = File.ReadAllBytes(path);

        File.Copy(folder.File("other.parquet"), path, overwrite: true);
        AssertFails("triplets.parquet and triplets.jsonl differ in triplet");
        File.WriteAllBytes(path, bytes[..^30]);
        AssertFails("cannot be read as Parquet");

        void AssertFails(string reason)
        {
            var failed = RunVerifier.Verify(folder.File("one.run")).Where(c => !c.Passed).ToDictionary(c => c.Name, c => c.Detail);
            Assert.IsTrue(failed.ContainsKey("triplets.parquet"));
            StringAssert.Contains(failed["tables"], reason);
        }
    }

    [TestMethod]
    [DataRow("out.tsv")]
    [DataRow("out.json")]
    [DataRow("out.jsonl.gz")]
    [DataRow("out.parquet.gz")]
    public async Task RunAsync_OutputThatIsNotWritten_IsRefusedWithWhatIs(string output)
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 5);

        var e = await Assert.ThrowsExactlyAsync<ArgumentException>(() => RunAsync(folder, input, run: output));

        StringAssert.Contains(e.Message, $"{folder.File(output)}: triplets are written as .csv, .jsonl or .parquet");
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => TripletJoiner.JoinAsync(input, input, folder.File(output)));
    }

    [TestMethod]
    public async Task RunAsync_OutputThatIsTheInput_IsRefused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.csv", "sent0\none\n");

        var e = await Assert.ThrowsExactlyAsync<ArgumentException>(() => RunAsync(folder, folder.File("anchors.csv"), run: "anchors.csv"));

        StringAssert.Contains(e.Message, "is the input; the output would be written over it");
        Assert.AreEqual("sent0\none\n", File.ReadAllText(folder.File("anchors.csv")));
    }

    [TestMethod]
    [DataRow("joined.csv")]
    [DataRow("joined.jsonl")]
    [DataRow("joined.parquet")]
    [DataRow("joined")]
    public async Task JoinAsync_TablesOfAnyKind_AreTripletsAsTheNameSays(string output)
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, Input(folder, 30), options: o => o with { Only = SynthesisSide.Positive }, run: "positives.parquet");
        await RunAsync(folder, Input(folder, 30), options: o => o with { Only = SynthesisSide.Negative }, run: "negatives.jsonl");

        var files = await TripletJoiner.JoinAsync(folder.File("positives.parquet"), folder.File("negatives.jsonl"), folder.File(output));
        var runs = await TripletJoiner.JoinAsync(folder.File("positives.run"), folder.File("negatives.run"), folder.File("runs.csv"));

        Assert.IsGreaterThan(15, files.Triplets);
        Assert.AreEqual(files.Triplets, runs.Triplets);
        if (output == "joined")
            File.Move(folder.File(output), folder.File(output = "joined.again.csv"));
        CollectionAssert.AreEqual(await RowsAsync(folder.File("runs.csv")), await RowsAsync(folder.File(output)));
    }

    /// <summary>The file that the metadata of the card name.</summary>
    private static string CardFile(string run)
    {
        var card = File.ReadAllText(Path.Combine(run, "README.md")).Split("---\n")[1];
        return YamlLine.Match(card, """
            configs:
              - config_name: "default"
                data_files:
                  - split: "train"
                    path: "(.*)"
            """.ReplaceLineEndings("\n")).Groups[1].Value;
    }

    private static async Task<List<string>> RowsAsync(string path)
    {
        List<string> rows = [];
        await foreach (var row in TextRecords.ReadAsync(path, Columns, CancellationToken.None))
            rows.Add(string.Join('|', row));
        return rows;
    }
}
