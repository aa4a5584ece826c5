namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class MemoryAnswerLogTests : AnswerLogContract
{
    private protected override OpenLogs Begin() => new InMemory();

    private sealed class InMemory : OpenLogs
    {
        private readonly MemoryAnswers _memory = new();

        protected override ValueTask<IAnswerLog> OneMoreAsync() => new(new MemoryAnswerLog(_memory));
    }
}
