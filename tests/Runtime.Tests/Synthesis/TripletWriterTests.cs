using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class TripletWriterTests
{
    private const string Header = "sent0,sent1,hard_neg\n";

    [TestMethod]
    public void Add_AnyOrder_WritesInInputOrder()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("out.csv");
        using (var writer = new TripletWriter(path))
        {
            foreach (int row in new[] { 3, 1, 0, 4, 2 })
                writer.Add(row == 1 ? Rejected(row) : Triplet(row));
            writer.Complete();
            Assert.AreEqual(4, writer.TripletsWritten);
        }

        Assert.AreEqual(Header + "a0,p0,n0\na2,p2,n2\na3,p3,n3\na4,p4,n4\n", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void Add_EarlierRowMissing_HoldsBackUntilItArrives()
    {
        using var folder = new TemporaryFolder();
        using var writer = new TripletWriter(folder.File("out.csv"), firstRowId: 10);
        writer.Add(Triplet(11));
        Assert.AreEqual(Header, File.ReadAllText(writer.PartialPath));
        writer.Add(Triplet(10));
        Assert.AreEqual(Header + "a10,p10,n10\na11,p11,n11\n", File.ReadAllText(writer.PartialPath));
        Assert.AreEqual(2, writer.TripletsWritten);
    }

    [TestMethod]
    public void Add_NothingComesFirst_FlushesEvery64Rows()
    {
        using var folder = new TemporaryFolder();
        using var writer = new TripletWriter(folder.File("out.csv"));
        for (int row = 1; row < 100; row++)
            writer.Add(Triplet(row));
        writer.Add(Triplet(200));
        writer.Add(Triplet(0));
        Assert.AreEqual(64, writer.TripletsWritten);
        StringAssert.EndsWith(File.ReadAllText(writer.PartialPath), "a63,p63,n63\n");
    }

    [TestMethod]
    public async Task Complete_HostileText_ReadsBackTheSame()
    {
        string[] anchors =
        [
            "Premise: x", "a \"b\", c", "line\nbreak", "cr\rhere", " spaces ", "שלום \u202Eabc",
            "👩‍🌾 e\u0301", "NA", "null", "=1+1", "#x", "ü\tü",
        ];
        using var folder = new TemporaryFolder();
        var path = folder.File("out.csv");
        using (var writer = new TripletWriter(path))
        {
            for (int row = 0; row < anchors.Length; row++)
                writer.Add(new SynthesisResult { RowId = row, Sent0 = anchors[row], Sent1 = anchors[^(row + 1)], HardNeg = "n" });
            writer.Complete();
        }

        var read = await AnchorReader.ReadAsync(path).Select(a => a.Sent0).ToListAsync();
        CollectionAssert.AreEqual(anchors, read);
        var text = File.ReadAllText(path);
        StringAssert.Contains(text, "\"a \"\"b\"\", c\",#x,n\n");
        StringAssert.Contains(text, "\n spaces ,");
        Assert.AreEqual((byte)'s', File.ReadAllBytes(path)[0]);
    }

    [TestMethod]
    public void Complete_OlderOutput_IsReplacedOnlyThen()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("out.csv", "old");
        using var writer = new TripletWriter(path);
        writer.Add(Triplet(0));
        Assert.AreEqual("old", File.ReadAllText(path));
        writer.Complete();
        Assert.AreEqual(Header + "a0,p0,n0\n", File.ReadAllText(path));
        Assert.ThrowsExactly<ObjectDisposedException>(() => writer.Add(Triplet(1)));
    }

    [TestMethod]
    public void Complete_RowNeverArrived_ThrowsAndKeepsPartialFile()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("out.csv");
        using (var writer = new TripletWriter(path))
        {
            writer.Add(Triplet(0));
            writer.Add(Triplet(2));
            var e = Assert.ThrowsExactly<InvalidOperationException>(writer.Complete);
            StringAssert.Contains(e.Message, "Row 1 has not arrived, but 1 later rows have");
        }

        Assert.IsFalse(File.Exists(path));
        Assert.AreEqual(Header + "a0,p0,n0\na2,p2,n2\n", File.ReadAllText(path + ".partial"));
    }

    [TestMethod]
    public void Dispose_NotCompleted_WritesWhatIsHeldInOrder()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("out.csv", "old");
        var writer = new TripletWriter(path);
        foreach (int row in new[] { 9, 0, 5, 7 })
            writer.Add(Triplet(row));
        writer.Dispose();
        writer.Dispose();
        Assert.AreEqual("old", File.ReadAllText(path));
        Assert.AreEqual(Header + "a0,p0,n0\na5,p5,n5\na7,p7,n7\na9,p9,n9\n", File.ReadAllText(writer.PartialPath));
        Assert.AreEqual(4, writer.TripletsWritten);
    }

    [TestMethod]
    public void Constructor_PartialFilesOfEarlierRuns_AreKeptUnderNumbers()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out.csv.partial", "second");
        folder.Write("out.csv.partial.1", "first");
        using (var writer = new TripletWriter(folder.File("out.csv")))
            writer.Complete();
        Assert.AreEqual("first", File.ReadAllText(folder.File("out.csv.partial.1")));
        Assert.AreEqual("second", File.ReadAllText(folder.File("out.csv.partial.2")));
        Assert.AreEqual(Header, File.ReadAllText(folder.File("out.csv")));
    }

    [TestMethod]
    public void Constructor_AnotherRunWrites_Throws()
    {
        using var folder = new TemporaryFolder();
        using var first = new TripletWriter(folder.File("out.csv"));
        Assert.ThrowsExactly<IOException>(() => new TripletWriter(folder.File("out.csv")));
        first.Add(Triplet(0));
        first.Complete();
        Assert.AreEqual(Header + "a0,p0,n0\n", File.ReadAllText(folder.File("out.csv")));
    }

    [TestMethod]
    public void Constructor_BadPath_Throws()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsExactly<ArgumentException>(() => new TripletWriter(folder.Path));
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => new TripletWriter(folder.File("none/out.csv")));
    }

    [TestMethod]
    public void Add_RowTwiceOrBeforeTheFirst_Throws()
    {
        using var folder = new TemporaryFolder();
        using var writer = new TripletWriter(folder.File("out.csv"), firstRowId: 3);
        writer.Add(Triplet(3));
        writer.Add(Triplet(5));
        foreach (int row in new[] { 2, 3, 5 })
            Assert.ThrowsExactly<ArgumentException>(() => writer.Add(Triplet(row)));
    }

    [TestMethod]
    public void Add_DiskFullWithinARow_EndsInAWholeRowAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("out.csv");
        int room = Header.Length + "a0,p0,n0\n".Length + "a1,p1,n1\n".Length + 4;
        using (var writer = new TripletWriter(path, 0, p => new FullDisk(p, room)))
        {
            writer.Add(Triplet(0));
            writer.Add(Triplet(2));
            var e = Assert.ThrowsExactly<IOException>(() => writer.Add(Triplet(1)));
            StringAssert.Contains(e.Message, $"Writing {writer.PartialPath} failed after 2 triplets: No space left on device");
            StringAssert.Contains(e.Message, "Free space");
            Assert.AreEqual(2, writer.TripletsWritten);
            Assert.ThrowsExactly<IOException>(() => writer.Add(Triplet(3)));
            Assert.ThrowsExactly<IOException>(writer.Complete);
        }

        Assert.IsFalse(File.Exists(path));
        Assert.AreEqual(Header + "a0,p0,n0\na1,p1,n1\n", File.ReadAllText(path + ".partial"));
    }

    [TestMethod]
    public void Constructor_DeviceAlwaysFull_ThrowsBeforeAnythingRuns()
    {
        if (!File.Exists("/dev/full"))
            Assert.Inconclusive("This system has no /dev/full.");
        using var folder = new TemporaryFolder();
        static FileStream Open(string _) => new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);
        var e = Assert.ThrowsExactly<IOException>(() => new TripletWriter(folder.File("out.csv"), 0, Open));
        StringAssert.Contains(e.Message, "failed after 0 triplets");
    }

    [TestMethod]
    public async Task Dispose_SynthesisCancelled_PartialFileHoldsFinishedTripletsInOrder()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        using var generator = ScriptedGenerator.Echo(batchSize: 1);
        var path = folder.File("out.csv");
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            using var writer = new TripletWriter(path);
            var anchors = Enumerable.Range(0, 40).Select(i => new Anchor(i, $"a{i}")).ToAsyncEnumerable();
            int seen = 0;
            await foreach (var result in new Synthesizer(generator).SynthesizeAsync(anchors, new SynthesisOptions(), source.Token))
            {
                writer.Add(result);
                if (++seen == 20)
                    await source.CancelAsync();
            }
        });
        // The first window (0 to 15) is whole; the second ran backwards from 31 and got to 28.
        var rows = Enumerable.Range(0, 16).Concat(Enumerable.Range(28, 4)).Select(i => $"a{i},pos: a{i},neg: a{i}\n");
        Assert.AreEqual(Header + string.Concat(rows), File.ReadAllText(path + ".partial"));
        Assert.IsFalse(File.Exists(path));
    }

    private static SynthesisResult Triplet(int row) => new() { RowId = row, Sent0 = $"a{row}", Sent1 = $"p{row}", HardNeg = $"n{row}" };

    private static SynthesisResult Rejected(int row) =>
        Triplet(row) with { Rejected = new Rejection(RejectionReason.Empty, "The positive is blank.") };
}
