namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Journals of all tests are written a few records at a time.</summary>
[TestClass]
public static class SmallFlushes
{
    [AssemblyInitialize]
    public static void Begin(TestContext _) => RunFaults.BytesPerFlush = 512;
}
