using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Tests;

/// <summary>A generator without a model: answers come from a function, last request first, as a real one may finish in any order.</summary>
internal sealed class ScriptedGenerator(Func<GenerationRequest, GenerationResult?> answer) : ITextGenerator
{
    public int PreferredBatchSize { get; init; } = 4;

    /// <summary>Time that a batch takes.</summary>
    public TimeSpan Step { get; init; }

    public IReadOnlyCollection<string> Adapters { get; init; } = ["pos", "neg"];

    public GenerationStatistics Statistics { get; } = new();

    /// <summary>Whether requests are to be looked at later; a million of them would fill the memory.</summary>
    public bool KeepsCalls { get; init; } = true;

    /// <summary>The requests of each call.</summary>
    public List<IReadOnlyList<GenerationRequest>> Calls { get; } = [];

    /// <summary>Answers with the adapter's name and the anchor.</summary>
    public static ScriptedGenerator Echo(int batchSize = 4) =>
        new(r => Answer(r, $"{r.Adapter}: {AnchorOf(r)}")) { PreferredBatchSize = batchSize };

    public static GenerationResult Answer(GenerationRequest request, string text, FinishReason reason = FinishReason.Stop) => new()
    {
        RowId = request.RowId,
        Adapter = request.Adapter,
        Text = text,
        PromptTokenCount = 10,
        TokenCount = 5,
        FinishReason = reason,
    };

    public static GenerationResult Reject(GenerationRequest request, RejectionKind kind, string error) =>
        Answer(request, "", FinishReason.Rejected) with { RejectionKind = kind, Error = error };

    /// <summary>The anchor of a request with the default prompts, which end in <c>Premise: ANCHOR\n</c>.</summary>
    public static string AnchorOf(GenerationRequest request)
    {
        const string Before = "explanation. \n\nPremise: ";
        var message = request.UserMessage!;
        return message[(message.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..^1];
    }

    /// <summary>What this one would answer.</summary>
    public GenerationResult? Answered(GenerationRequest request) => answer(request);

    public async IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (KeepsCalls)
        {
            lock (Calls)
                Calls.Add(requests);
        }
        var inStep = 0;
        for (var i = requests.Count - 1; i >= 0; i--)
        {
            var request = requests[i];
            if (Step > TimeSpan.Zero && inStep++ % PreferredBatchSize == 0)
                await Task.Delay(Step, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (answer(request) is { } result)
                yield return result;
        }
    }

    public void AddAdapter(string name, string path) => throw new NotSupportedException();

    public void RemoveAdapter(string name) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
