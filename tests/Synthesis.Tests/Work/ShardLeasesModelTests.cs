using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>
/// Three processes, each with a clock of its own, do one thing after the other, chosen by chance; beside them runs a model of a few lines
/// that knows who has what. What is interleaved within one thing, <see cref="LeaseInterleavingTests"/> tries.
/// </summary>
[TestClass]
public sealed class ShardLeasesModelTests
{
    private static readonly Gen<(LeaseAct Act, int Process, int Shard, int Seconds)[]> Acts = Gen.Select(
        Gen.Frequency((8, LeaseAct.Take), (5, LeaseAct.Finish), (2, LeaseAct.Release), (4, LeaseAct.Beat), (5, LeaseAct.Suspend),
            (3, LeaseAct.Look), (1, LeaseAct.Die), (1, LeaseAct.Reopen)),
        Gen.Int[0, LeaseWorld.Processes - 1], Gen.Int[0, LeaseWorld.Shards - 1], Gen.OneOf(1, 4, 9, 11, 29, 30, 31, 100)).Array[0, 60];

    [TestMethod]
    [DataRow(true, DisplayName = "on one machine, where a death is known at once")]
    [DataRow(false, DisplayName = "where nothing but the timeout tells")]
    public void Leases_AnyActs_BelongToOneEachAndNoWorkIsLost(bool isOneMachine) =>
        Acts.Sample(acts =>
        {
            using var folder = new TemporaryFolder();
            using var world = new LeaseWorld(folder.Path, isOneMachine);
            foreach (var (act, process, shard, seconds) in acts)
                world.Do(act, process, shard, seconds);
            world.End();
        }, iter: 100);
}
