namespace XlLoraOnnx.Runtime;

/// <summary>Prompts of random ids: all with the same beginning, each with an end of its own. The same on every machine.</summary>
internal sealed class BenchmarkPrompts
{
    private const ulong Seed = 42;

    private readonly int[] _allowed;
    private readonly int[] _shared;
    private readonly int _tokens;
    private ulong _draws;

    public BenchmarkPrompts(ModelFolder folder, GenerationBenchmarkOptions plan)
    {
        HashSet<int> special = [.. folder.Tokenizer.SpecialTokens.Values, .. folder.Tokens.EosTokenIds, folder.Tokens.PadTokenId];
        _allowed = [.. Enumerable.Range(0, folder.Manifest.Dimensions.VocabSize).Where(id => !special.Contains(id))];
        if (_allowed.Length == 0)
            throw new NotSupportedException($"'{folder.FullPath}' has special tokens only, and none to make prompts of.");
        _tokens = plan.PromptTokens;
        _shared = Draw(plan.SharedTokens);
        if (_shared.Length > 0)
            _shared[0] = folder.Tokens.BosTokenId;
    }

    public int[] Next() => [.. _shared, .. Draw(_tokens - _shared.Length)];

    private int[] Draw(int count)
    {
        var ids = new int[count];
        for (var i = 0; i < count; i++)
            ids[i] = _allowed[CounterRandom.Below(_allowed.Length, Seed, stream: 0, _draws++)];
        return ids;
    }
}
