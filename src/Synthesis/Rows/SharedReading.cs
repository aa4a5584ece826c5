namespace XlLoraOnnx.Synthesis;

/// <summary>One reading of what a process that has the file has stored.</summary>
internal sealed class SharedReading(SharedInput input) : InputReading
{
    public override long Bytes => input.Bytes;

    public override IAsyncEnumerable<InputRow> RowsAsync(CancellationToken cancellationToken) => input.ReadAsync(cancellationToken);

    public override Task<string> Sha256Async(CancellationToken cancellationToken) => Task.FromResult(input.Sha256);

    public override ValueTask DisposeAsync() => default;
}
