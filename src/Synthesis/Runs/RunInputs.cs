using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Synthesis;

/// <summary>The anchors of a run in the order of its input, each with its key.</summary>
internal sealed class RunInputs(string path, long? limit)
{
    public string Path => path;

    /// <summary>Reads everything once: a mistake in the last row of a long file should not cost a night.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, or holds no anchors.</exception>
    public async Task<AnchorSurvey> SurveyAsync(PromptLengths lengths, CancellationToken cancellationToken)
    {
        var (rows, unusable, tooLong) = (0L, 0L, 0L);
        var occurrences = new AnchorOccurrences();
        await foreach (var anchor in AnchorsAsync(cancellationToken).ConfigureAwait(false))
        {
            rows++;
            var occurrence = occurrences.Count(anchor.Sent0);
            if (AnchorCheck.Refuse(anchor.Sent0) is not null)
                unusable++;
            else if (lengths.IsTooLong(anchor.Sent0, occurrence))
                tooLong++;
        }
        var input = new RunInput(path, new FileInfo(path).Length, await HashAsync(cancellationToken).ConfigureAwait(false), rows,
            occurrences.Distinct);
        return new AnchorSurvey(input, unusable, tooLong);
    }

    /// <summary>SHA-256 of the file as it is now.</summary>
    public async Task<string> HashAsync(CancellationToken cancellationToken)
    {
        var stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }

    public async IAsyncEnumerable<KeyedAnchor> ReadAsync(
        AnchorOccurrences occurrences, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var anchor in AnchorsAsync(cancellationToken).ConfigureAwait(false))
        {
            var key = occurrences.Next(anchor.Sent0, out var occurrence);
            yield return new KeyedAnchor(anchor.RowId, key, occurrence, anchor.Sent0);
        }
    }

    private async IAsyncEnumerable<Anchor> AnchorsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var anchor in AnchorReader.ReadAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (anchor.RowId >= limit)
                yield break;
            yield return anchor;
        }
    }
}

/// <param name="Unusable">Anchors that cannot be sent to any model, as <see cref="AnchorCheck"/> says.</param>
/// <param name="TooLong">Others whose prompt is too long for this one.</param>
internal sealed record AnchorSurvey(RunInput Input, long Unusable, long TooLong);

/// <param name="Row">0-based index in the input.</param>
/// <param name="Occurrence">How often this text came before.</param>
internal readonly record struct KeyedAnchor(long Row, RowKey Key, long Occurrence, string Text);
