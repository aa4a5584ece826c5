using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Opens another attempt for what a run rejected.</summary>
internal sealed class RunRetry(RunFolder folder)
{
    /// <exception cref="ArgumentException">Another attempt could not be any different.</exception>
    public static void Check(IReadOnlyCollection<RejectionReason> only, SamplingOptions sampling)
    {
        if (only.FirstOrDefault(r => r < RejectionReason.Failed, RejectionReason.Failed) is var reason and not RejectionReason.Failed)
            throw new ArgumentException($"Rows rejected as {RejectionReasons.Name(reason)} cannot be tried again: it is their anchor. "
                + $"What can be: {string.Join(", ", RejectionReasons.Names.Skip((int)RejectionReason.Failed))}.");
        if (!sampling.DoSample && only.Any(r => r != RejectionReason.Failed))
            throw new ArgumentException("The run takes the likeliest token always, so another attempt would give the same answers again.");
    }

    /// <summary>Reads what was rejected, checks run-wide reasons included, and opens the next attempt of the sentence that was to
    /// blame.</summary>
    public async Task OpenAsync(RunAnswers answers, IReadOnlySet<RejectionReason> only, CancellationToken cancellationToken)
    {
        var number = 0;
        foreach (var line in File.ReadLines(folder.File(RunFolder.Rejected)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var row = Parse(line, ++number);
            var reason = RejectionReasons.Parse(row.RootElement.GetProperty("reason").GetString()!);
            if (!only.Contains(reason) || !row.RootElement.TryGetProperty("column", out var column))
                continue;
            var side = TripletColumns.Side(column.GetString());
            var key = OutputRow.KeyOf(row.RootElement.GetProperty("id").GetString()!);
            var sample = row.RootElement.GetProperty("sample").GetInt32();
            // open already: a retry was interrupted
            if (answers.Find(key, sample, side) is { Status: not SentenceStatus.Open } place)
                answers.Append(new JournalRetry(key, side, sample, place.Attempt + 1));
        }
        await answers.FlushAsync(durable: true, cancellationToken).ConfigureAwait(false);
    }

    private JsonDocument Parse(string line, int number)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{folder.File(RunFolder.Rejected)}, line {number}, is not valid JSON: {e.Message} "
                + "Delete the file and run the command of the run again, which writes it anew.", e);
        }
    }
}
