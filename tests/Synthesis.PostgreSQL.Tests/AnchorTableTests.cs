using System.Globalization;
using static XlLoraOnnx.Synthesis.Tests.ScriptedProcess;

namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>Workers without the file of the anchors.</summary>
[TestClass]
public sealed class AnchorTableTests
{
    private static readonly string[] Outputs = ["triplets.csv", "triplets.jsonl", "receipts.jsonl", "rejected.jsonl"];

    [TestMethod]
    public async Task Process_WithoutTheFile_WaitsForOneThatHasItAndEndsItsRunAlone()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        WriteAnchors(folder, 160);
        Finish(folder, "undisturbed");
        var address = await TestServer.RunAsync();

        using var without = Start(elsewhere, "run", "--database", address);
        using (var with = Start(folder, "killed", "--delay", "200", "--database", address))
        {
            await TestServer.UntilAsync(
                $"SELECT count(*) FROM xllora.runs WHERE name = '{PostgreSqlRunAddress.Parse(address).Name}' AND input_sha256 IS NOT NULL");
            with.Kill();
            await with.WaitForExitAsync();
        }
        End(without);

        foreach (var file in Outputs)
            Assert.AreEqual(File.ReadAllText(folder.File($"undisturbed/{file}")), File.ReadAllText(elsewhere.File($"run/{file}")), file);
    }

    [TestMethod]
    public async Task Process_WhereNobodyHasTheFile_SaysSoInALine()
    {
        using var elsewhere = new TemporaryFolder();
        using var process = Start(elsewhere, "run", "--patience", "1", "--database", await TestServer.RunAsync());
        var said = (await process.StandardError.ReadToEndAsync()).TrimEnd();
        await process.WaitForExitAsync();

        Assert.AreEqual(1, process.ExitCode, said);
        StringAssert.Matches(said, new(@"^error: There is no \S+anchors\.txt, and postgres://\S+ has no rows of it, which the first process "
            + @"that has the file stores there\. Start one where the file is, or mend the path\.$"));
    }

    [TestMethod]
    public async Task FindInput_WhatWasStoredFirst_ComesBackAsOftenAsItIsRead()
    {
        await using var run = await OpenAsync();
        // more than are read at a time
        InputRow[] rows = [new("", null), new("a\0b", "hau_Latn"), new("ƙ 𝒳\n", ""), .. Enumerable.Range(0, 20_000)
            .Select(i => new InputRow(i.ToString(CultureInfo.InvariantCulture), null))];
        await run.DescribeAsync(rows.Length);

        Assert.IsNull(await run.Backend.FindInput!(default));
        await run.Backend.StoreInput!("id", Input(rows, "first"), default);
        await run.Backend.StoreInput!("id", Input([new("other", null)], "second"), default);
        var found = await run.Backend.FindInput!(default);

        Assert.AreEqual(("first", 7L, (long)rows.Length), (found!.Sha256, found.Bytes, found.Rows));
        for (var i = 0; i < 2; i++)
            CollectionAssert.AreEqual(rows, await found.ReadAsync(default).ToArrayAsync());
    }

    [TestMethod]
    public async Task StoreInput_FileThatFailsHalfWay_LeavesRoomForAnother()
    {
        await using var run = await OpenAsync();
        await run.DescribeAsync(2);
        var failing = Input([], "failing") with { ReadAsync = _ => Failing() };

        await Assert.ThrowsExactlyAsync<InvalidDataException>(() => run.Backend.StoreInput!("id", failing, default).AsTask());
        Assert.IsNull(await run.Backend.FindInput!(default));
        await run.Backend.StoreInput!("id", Input([new("a", null), new("b", null)], "whole"), default);

        Assert.AreEqual("whole", (await run.Backend.FindInput!(default))!.Sha256);

        static async IAsyncEnumerable<InputRow> Failing()
        {
            yield return new("a", null);
            await Task.Yield();
            throw new InvalidDataException("changed");
        }
    }

    [TestMethod]
    public async Task StoreInput_OfManyAtOnce_IsStoredOnce()
    {
        await using var run = await OpenAsync();
        await run.DescribeAsync(5_000);
        var rows = Enumerable.Range(0, 5_000).Select(i => new InputRow($"anchor {i}", null)).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => run.Backend.StoreInput!("id", Input(rows, "same"), default).AsTask()));

        CollectionAssert.AreEqual(rows, await (await run.Backend.FindInput!(default))!.ReadAsync(default).ToArrayAsync());
    }

    private static SharedInput Input(InputRow[] rows, string sha256) =>
        new() { Sha256 = sha256, Bytes = 7, Rows = rows.Length, ReadAsync = _ => rows.ToAsyncEnumerable() };

    private static async Task<Run> OpenAsync() => new(await PostgreSqlRun.OpenAsync(
        PostgreSqlRunAddress.Parse(await TestServer.RunAsync()), TimeSpan.FromSeconds(1)));

    private sealed class Run(PostgreSqlRun run) : IAsyncDisposable
    {
        public SynthesisBackend Backend => run.Backend;

        public ValueTask DescribeAsync(long anchors) => Backend.Describe!(
            new SharedRun
            {
                RunId = "id",
                Anchors = anchors,
                Rows = anchors,
                ShardRows = 16,
                Samples = 1,
                Sides = [SynthesisSide.Positive],
                MaxAttempts = 1,
                HasOutputs = false,
            }, default);

        public ValueTask DisposeAsync() => run.DisposeAsync();
    }
}
