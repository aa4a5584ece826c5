namespace XlLoraOnnx.Tokenizers;

/// <summary>One rendering: what it has spent, and where it is.</summary>
internal sealed class TemplateRun(TemplateSource source, ChatTemplateLimits limits)
{
    private const int CharactersPerStep = 16;

    private long _steps;
    private int _depth;

    /// <summary>The place in the source of what is being evaluated, for messages.</summary>
    public int At { get; set; }

    public ChatTemplateLimits Limits => limits;

    public void Charge(long steps)
    {
        _steps += steps;
        if (_steps > limits.Steps || steps < 0)
            throw Invalid($"it takes more than the {limits.Steps:N0} steps allowed");
    }

    public void ChargeCharacters(long characters) => Charge(1 + characters / CharactersPerStep);

    /// <summary>Searching is quadratic in the worst case, and is charged so.</summary>
    public void ChargeSearch(string text, string part) => ChargeCharacters((long)text.Length * (1 + part.Length / CharactersPerStep));

    public void Enter()
    {
        Charge(1);
        if (++_depth > limits.Depth)
            throw Invalid($"it is nested deeper than the {limits.Depth} levels allowed");
    }

    public void Leave() => _depth--;

    public InvalidDataException Invalid(string what, Exception? inner = null) => source.Invalid(At, what, inner);

    public NotSupportedException Unsupported(string what) => source.Unsupported(At, what);
}
