using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace XlLoraOnnx.Tokenizers;

// What Microsoft.ML.Tokenizers asks of a tokenizer. Its public members have their text or its span, never both.
public sealed partial class XlLoraTokenizer
{
    /// <summary>The text of ids, without special tokens. Ids that no token has are left out, as in the reference.</summary>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return Decode((ReadOnlySpan<int>)AsArray(ids));
    }

    /// <summary>Writes the text of ids, without special tokens, or as much of it as the destination holds.</summary>
    /// <param name="idsConsumed">All; or so many that their text fits and is where the whole text begins: no half characters.</param>
    /// <returns><see cref="OperationStatus.Done"/>, or <see cref="OperationStatus.DestinationTooSmall"/>: what is left, decoded by itself,
    /// begins as a text begins, for some files without its first space.</returns>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var all = AsArray(ids);
        var text = Decode((ReadOnlySpan<int>)all);
        var fits = text.Length <= destination.Length;
        (idsConsumed, charsWritten) = fits
            ? (all.Length, text.Length)
            : DecodedBeginning.Find(all, text, destination.Length, beginning => Decode(beginning));
        text.AsSpan(0, charsWritten).CopyTo(destination);
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    /// <summary>The ids of a text; where they are limited, those of the tokens with which it begins and no half characters. Where the
    /// special tokens alone are too many, there are none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var chars = text is null ? textSpan : text;
        var workspace = _workspaces.Rent();
        var (count, consumed) = EncodeLimited(chars, settings, workspace, tracks: settings.MaxTokenCount < int.MaxValue);
        var ids = new ArrayBufferWriter<int>(Math.Max(_template.Count(Math.Max(count, 0)), 1));
        foreach (var place in count < 0 ? [] : _template.Single)
            ids.Write(place.Sequence == TemplatePlace.Special ? place.SpecialIds : workspace.Output.Ids[..count]);
        _workspaces.Return(workspace, chars.Length);
        return new EncodeResults<int> { Tokens = ids.WrittenSpan.ToArray(), CharsConsumed = consumed };
    }

    /// <summary>Ids, pieces as the vocabulary has them, and ranges of the caller's text. Ranges hold the spaces that belong to a token; of
    /// special tokens around the text they are empty, at its beginning or its end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var chars = text is null ? textSpan : text;
        var workspace = _workspaces.Rent();
        var (count, consumed) = EncodeLimited(chars, settings, workspace, tracks: true);
        var tokens = new List<EncodedToken>();
        var place = 0;
        foreach (var part in count < 0 ? [] : _template.Single)
        {
            tokens.AddRange(part.SpecialIds.Select(id => new EncodedToken(id, TokenOf(id), new Range(place, place))));
            if (part.Sequence == TemplatePlace.Special)
                continue;
            for (var i = 0; i < count; i++)
            {
                var (start, end) = workspace.Output.Offsets[i];
                tokens.Add(new EncodedToken(workspace.Output.Ids[i], TokenOf(workspace.Output.Ids[i]), new Range(start, end)));
            }
            place = consumed;
        }
        _workspaces.Return(workspace, chars.Length);
        return new EncodeResults<EncodedToken> { Tokens = tokens, CharsConsumed = consumed };
    }

    /// <summary>As many as there are ids.</summary>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var chars = text is null ? textSpan : text;
        var workspace = _workspaces.Rent();
        var (count, _) = EncodeLimited(chars, settings, workspace, tracks: settings.MaxTokenCount < int.MaxValue);
        _workspaces.Return(workspace, chars.Length);
        return count < 0 ? 0 : _template.Count(count);
    }

    /// <summary>
    /// How far the beginning, or the end, of a text reaches that has at most so many tokens: by itself, with the special tokens that this
    /// tokenizer adds, which may be more or fewer than the same characters have within the text.
    /// </summary>
    /// <param name="tokenCount">How many tokens it has; 0 where the special tokens alone are too many.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    protected override int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
    {
        var chars = text is null ? textSpan : text;
        normalizedText = null;
        var room = _template.Room(CheckedLimit(settings.MaxTokenCount));
        var (length, count) = room < 0 ? (0, 0) : new TextFit(_pipeline, _workspaces).Find(chars, room, fromEnd);
        tokenCount = room < 0 ? 0 : _template.Count(count);
        return fromEnd ? chars.Length - length : length;
    }

    /// <returns>How many of the tokens in the workspace stay, −1: not even the special tokens; and where in the text they end.</returns>
    private (int Count, int Consumed) EncodeLimited(
        ReadOnlySpan<char> text, EncodeSettings settings, TokenizerWorkspace workspace, bool tracks)
    {
        var room = _template.Room(CheckedLimit(settings.MaxTokenCount));
        if (room < 0)
            return (-1, 0);
        var ids = Encode(text, tracks, workspace);
        return ids.Length <= room ? (ids.Length, text.Length) : CleanCuts.Before(workspace.Output.Offsets, room);
    }

    private static int CheckedLimit(int maxTokenCount) => maxTokenCount > 0
        ? maxTokenCount
        : throw new ArgumentOutOfRangeException(
            nameof(maxTokenCount), maxTokenCount, $"The limit is {maxTokenCount} tokens; it must be at least 1.");

    private static int[] AsArray(IEnumerable<int> ids) => ids as int[] ?? [.. ids];
}
