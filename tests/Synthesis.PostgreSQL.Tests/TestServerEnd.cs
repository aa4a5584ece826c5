namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>What all tests of this assembly share is ended after the last.</summary>
[TestClass]
public static class TestServerEnd
{
    [AssemblyCleanup]
    public static Task StopAsync() => TestServer.StopAsync();
}
