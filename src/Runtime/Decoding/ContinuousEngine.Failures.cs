namespace XlLoraOnnx.Runtime;

/// <summary>What becomes of the rows when a call of the device fails.</summary>
internal sealed partial class ContinuousEngine
{
    /// <summary>More than one bad row can be the cause of.</summary>
    private const int MaxFailuresInARow = 4;

    /// <summary>Once among others and twice alone: then it is the row.</summary>
    private const int MaxFailuresOfARow = 3;

    /// <summary>What failed once may have been chance; whatever it wrote, it writes again.</summary>
    /// <param name="drops">But not what it dropped: then once, and after a failure its rows begin again.</param>
    private void Twice(Action action, bool drops)
    {
        _drops = drops;
        try
        {
            action();
        }
        catch (DeviceFailedException e) when (!drops)
        {
            _counters.Retried();
            _settings.Logger.CallRepeated(Name, e.Message);
            action();
        }
        _drops = false;
    }

    private void HandBack(DeviceFailedException error)
    {
        _prefixes.Clear();
        var rows = _slots.TakeFrom(0);
        Blame(rows, error);
        _settings.Logger.RowsRequeued(Name, _failuresInARow + 1, rows.Count, error.Message);
        if (++_failuresInARow >= MaxFailuresInARow)
            throw error;
    }

    private void Blame(IReadOnlyList<ContinuousRow> rows, Exception error)
    {
        foreach (var row in rows)
        {
            row.FailedOn = this;
            if (++row.Failures >= MaxFailuresOfARow)
                row.Reject(RejectionKind.Failed, $"The row failed {row.Failures} times, alone too. {error.Message}");
        }
        _queue.GiveBack(rows);
    }
}
