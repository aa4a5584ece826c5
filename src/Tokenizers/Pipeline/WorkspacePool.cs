using System.Collections.Concurrent;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Workspaces that nobody uses at the moment. There are never more of them than threads encoded at one time.</summary>
internal sealed class WorkspacePool
{
    // What a text of this length leaves behind is some hundred megabytes.
    private const int LongestKept = 1 << 22;

    private readonly ConcurrentBag<TokenizerWorkspace> _others = [];
    private TokenizerWorkspace? _first;

    public TokenizerWorkspace Rent() =>
        Interlocked.Exchange(ref _first, null) ?? (_others.TryTake(out var workspace) ? workspace : new TokenizerWorkspace());

    public void Return(TokenizerWorkspace workspace, int textLength)
    {
        if (textLength <= LongestKept && Interlocked.CompareExchange(ref _first, workspace, null) is not null)
            _others.Add(workspace);
    }
}
