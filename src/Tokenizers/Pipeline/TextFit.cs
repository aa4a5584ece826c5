namespace XlLoraOnnx.Tokenizers;

/// <summary>Finds how much of a text fits into a number of tokens.</summary>
/// <remarks>
/// Only a window of the text is looked at that is some times longer, so that cutting a long text into chunks takes linear time. What was
/// found is encoded by itself, because a text that begins or ends somewhere else may have other tokens: an end that begins within a word
/// gets the space that a file puts before every text.
/// </remarks>
internal sealed class TextFit(TokenizerPipeline pipeline, WorkspacePool workspaces)
{
    private const long CharactersPerToken = 8;
    private const long SmallestWindow = 64;

    /// <param name="room">The most tokens, special ones not counted; 0 or more.</param>
    /// <returns>How long the beginning or the end is, and how many tokens it has by itself: never more than there is room for.</returns>
    public (int Length, int Count) Find(ReadOnlySpan<char> text, int room, bool fromEnd)
    {
        var workspace = workspaces.Rent();
        var part = ReadOnlySpan<char>.Empty;
        for (var window = room * CharactersPerToken + SmallestWindow; part.Length < text.Length; window *= 2)
        {
            part = Part(text, (int)Math.Min(window, text.Length), fromEnd);
            pipeline.Encode(part, tracks: true, workspace);
            if (workspace.Output.Count > room)
                break;
        }
        var found = part.IsEmpty ? (0, 0)
            : workspace.Output.Count <= room ? (text.Length, workspace.Output.Count)
            : Shorten(text, Distances(workspace.Output.Offsets, part.Length, fromEnd), room, fromEnd, workspace);
        workspaces.Return(workspace, part.Length);
        return found;
    }

    /// <summary>The longest cut whose text has no more tokens by itself. One cut earlier nearly always does; steps double, so that no
    /// text takes many.</summary>
    private (int Length, int Count) Shorten(
        ReadOnlySpan<char> text, (int Start, int End)[] offsets, int room, bool fromEnd, TokenizerWorkspace workspace)
    {
        var most = room;
        for (var step = 1; ; step *= 2)
        {
            var (count, length) = CleanCuts.Before(offsets, most);
            if (count == 0)
                return (0, 0);
            pipeline.Encode(Part(text, length, fromEnd), tracks: false, workspace);
            if (workspace.Output.Count <= room)
                return (length, workspace.Output.Count);
            most = Math.Max(count - step, 0);
        }
    }

    /// <summary>From the end: the last tokens first, with their distances from it.</summary>
    private static (int Start, int End)[] Distances(ReadOnlySpan<(int Start, int End)> offsets, int length, bool fromEnd)
    {
        var distances = offsets.ToArray();
        if (!fromEnd)
            return distances;
        Array.Reverse(distances);
        foreach (ref var offset in distances.AsSpan())
            offset = (length - offset.End, length - offset.Start);
        return distances;
    }

    /// <summary>The beginning or the end of a text; one character more rather than half of it.</summary>
    private static ReadOnlySpan<char> Part(ReadOnlySpan<char> text, int length, bool fromEnd)
    {
        var at = fromEnd ? text.Length - length : length;
        if (at > 0 && at < text.Length && char.IsSurrogatePair(text[at - 1], text[at]))
            at += fromEnd ? -1 : 1;
        return fromEnd ? text[at..] : text[..at];
    }
}
