namespace XlLoraOnnx.Runtime;

/// <summary>Steps of a row that runs alone, with tokens behind its last one that it may choose.</summary>
internal sealed partial class ContinuousEngine
{
    /// <summary>
    /// Reads the row's last token and what was looked up in one call, and takes tokens as long as the row chooses what was read. What is
    /// left of it stands in the slot behind what the row has, and is written over.
    /// </summary>
    /// <returns>Whether there was such a step: one row alone, and something found.</returns>
    private bool StepAhead()
    {
        // ONNX Runtime's attention takes several tokens of one row alone; a call for each of several rows costs more than it saves
        if (_lookup is null || _slots.Active != 1 || _slots[0] is not { IsReady: true, Source: null } row)
            return false;
        int[] tokens = [row.NextToken, .. _lookup.Find(row, Room(row))];
        if (tokens.Length == 1)
            return false;
        Twice(() => _device.Prefill(0, row.Past, tokens, _lanes.LaneOf(row.Adapter), wanted: tokens.Length), drops: false);
        _failuresInARow = 0;
        _counters.Stepped();
        var accepted = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            row.Past++;
            var choice = _sampler.Choose(row, i);
            var isFound = choice.Error is null && i + 1 < tokens.Length && choice.Token == tokens[i + 1];
            accepted += isFound ? 1 : 0;
            if (!Take(0, row, choice) || !isFound)
                break;
        }
        _lookup.Judge(tokens.Length - 1, accepted);
        _counters.LookedUp(tokens.Length - 1, accepted);
        return true;
    }

    /// <summary>Tokens that can be read ahead: none that the row cannot come to, nor any that would make a layer drop what is needed still
    /// where they are not chosen.</summary>
    private int Room(ContinuousRow row)
    {
        var room = Math.Min(_settings.PromptLookupTokens, row.Need - row.Past - 2);
        while (room > 0 && _device.Drops(row.Past, room + 1))
            room--;
        return room;
    }
}
