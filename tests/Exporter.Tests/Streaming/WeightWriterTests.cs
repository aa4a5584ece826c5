using System.Security.Cryptography;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class WeightWriterTests
{
    private static readonly ExportIdentity Identity = new("t", "c", "o", "g");

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public void Write_AnyWorkers_PutsEveryRowAtItsPlaceAndZerosBetween(int workers)
    {
        using var folder = new TemporaryFolder();
        // tiles of 12 rows: the last one is not full
        DataPlace[] places =
        [
            new("a", 0, Rows(100, 8)), new("empty", 4096, Rows(0, 8)), new("b", 4096, Rows(3, 16) with { ReadsColumns = true }),
        ];
        var progress = new List<long>();

        var sha256 = Write(folder, places, new MemoryBudget(workers, 100), progress.Add);

        var written = File.ReadAllBytes(folder.File("data"));
        CollectionAssert.AreEqual(Expected(places), written);
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(written)), sha256);
        Assert.AreEqual(848, progress[^1]);
        CollectionAssert.AreEqual(progress.Order().ToArray(), progress.ToArray());
        CollectionAssert.AreEquivalent((string[])["a", "b"], JournalEntries.Read(folder.File("journal")).Initializers.ToArray());
    }

    [TestMethod]
    public void Write_WhatTheJournalHolds_IsNotFilledAgain()
    {
        using var folder = new TemporaryFolder();
        DataPlace[] places = [new("a", 0, Rows(4, 8)), new("b", 4096, Rows(4, 8))];
        Write(folder, places, new MemoryBudget(1, 100), _ => { });
        places[0] = places[0] with { Source = new TensorSource(4, 8, (_, _, _) => Assert.Fail("filled again")) };

        Write(folder, places, new MemoryBudget(1, 100), _ => { }, resume: true);
    }

    [TestMethod]
    public void Write_SourceThatFails_StopsEveryWorkerAndSaysWhy()
    {
        using var folder = new TemporaryFolder();
        var filled = 0;
        var failing = new TensorSource(1000, 100, (first, _, _) =>
        {
            Interlocked.Increment(ref filled);
            throw new InvalidDataException($"row {first}");
        });

        Assert.ThrowsExactly<InvalidDataException>(() => Write(folder, [new("a", 0, failing)], new MemoryBudget(3, 100), _ => { }));

        Assert.IsLessThanOrEqualTo(3, filled);
    }

    private static string Write(
        TemporaryFolder folder, DataPlace[] places, MemoryBudget budget, Action<long> progress, bool resume = false)
    {
        new SafetensorsBuilder().Save(folder.File("model.safetensors"));
        using var checkpoint = CheckpointFiles.Open(folder.Path);
        using var journal = new ExportJournal(folder.File("journal"), Identity);
        using var data = new WeightFile(folder.File("data"), places, 4096 + 48, resume);
        var weights = new TextWeights(folder.Path, checkpoint);
        WeightWriter.Write(data, weights, journal, budget, TimeSpan.Zero, progress, CancellationToken.None);
        return data.Sha256(_ => { }, CancellationToken.None);
    }

    /// <summary>Every byte is its row, from 1 on.</summary>
    private static TensorSource Rows(long rows, int rowBytes) => new(rows, rowBytes, (first, count, destination) =>
    {
        for (var r = 0; r < count; r++)
            destination.Slice(r * rowBytes, rowBytes).Fill((byte)(first + r + 1));
    });

    private static byte[] Expected(DataPlace[] places)
    {
        var bytes = new byte[4096 + 48];
        foreach (var place in places.Where(p => p.Source.Bytes > 0))
            place.Source.Fill(0, (int)place.Source.Rows, bytes.AsSpan((int)place.Offset));
        return bytes;
    }
}
