namespace XlLoraOnnx.Runtime;

/// <summary>Rows of which an encoder reads a text first, and rows that are searched over several beams.</summary>
internal sealed partial class ContinuousEngine
{
    /// <summary>All that have come, texts of like length together.</summary>
    private void ReadSources()
    {
        var waiting = new Queue<(int Slot, ContinuousRow Row)>(Enumerable.Range(0, _slots.Active).Select(slot => (slot, _slots[slot]))
            .Where(r => r.Item2.Source is not null && !r.Item2.HasBegun).OrderByDescending(r => r.Item2.Source!.Length));
        while (waiting.Count > 0)
        {
            var longest = waiting.Peek().Row.Source!.Length;
            var count = Math.Clamp(_settings.PrefillTokens / longest, 1, waiting.Count);
            var batch = Enumerable.Range(0, count).Select(_ => waiting.Dequeue()).ToArray();
            SourceRow[] rows = [.. batch.Select(r => new SourceRow(r.Slot, r.Row.Source!, _lanes.LaneOf(r.Row.Adapter)))];
            Twice(() => ((ISourceDevice)_device).Encode(rows), drops: false);
            foreach (var (_, row) in batch)
                row.HasBegun = true;
        }
    }

    private void TakeBeams(int slot, ContinuousRow row, BeamSearch search)
    {
        if (!search.IsDone)
        {
            foreach (var (from, to) in search.Copies)
                ((ISourceDevice)_device).CopyBeam(slot, from, to, row.Past);
            row.Request.Progress?.Advance(search.Length);
            return;
        }
        row.Running.Finish(search.Finished[0]);
        row.Request.Progress?.Advance(row.Running.Tokens.Count);
        foreach (var token in row.Running.Tokens)
            row.Text.Tell(token);
        row.Text.Tell(null);
        if (row.Text.Error is { } failed)
            row.Reject(RejectionKind.Invalid, failed);
        End(slot, row);
    }
}
