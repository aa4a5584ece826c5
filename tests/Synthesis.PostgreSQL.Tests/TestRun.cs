namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>A run of its own on the tests' server, which is there when it is first asked for.</summary>
internal sealed class TestRun : IAsyncDisposable
{
    private PostgreSqlRun? _run;

    public async ValueTask<SynthesisBackend> BackendAsync()
    {
        _run ??= await PostgreSqlRun.OpenAsync(PostgreSqlRunAddress.Parse(await TestServer.RunAsync()));
        return _run.Backend;
    }

    public ValueTask DisposeAsync() => _run?.DisposeAsync() ?? default;
}
