using System.Text.Json.Nodes;

namespace XlLoraOnnx.GpuCheck;

/// <summary>
/// Collects differences from what was recorded. A greedy token counts where the recorded winner led by more than twice the tolerance:
/// below, rounding decides.
/// </summary>
internal sealed class LogitsComparison(double tolerance)
{
    private double _largest;
    private int _compared, _equal, _undecided, _deviceWrong;

    public void Logits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        var difference = DecoderRun.Difference(expected, actual);
        if (!(difference <= _largest))
            _largest = difference;
    }

    public void Greedy(int expected, float margin, ReadOnlySpan<float> actual)
    {
        if (!(margin > 2 * tolerance * DecoderRun.Spread(actual)))
        {
            _undecided++;
            return;
        }
        _compared++;
        if (DecoderRun.Best(actual) == expected)
            _equal++;
    }

    /// <summary>What the device finds likeliest must be a largest logit; of several equal ones, any.</summary>
    public void DeviceChoice(int? chosen, ReadOnlySpan<float> logits)
    {
        if (chosen is { } token && !(logits[token] >= logits[DecoderRun.Best(logits)]))
            _deviceWrong++;
    }

    public JsonObject Figures() => new()
    {
        ["pass"] = _largest <= tolerance && _equal == _compared && _deviceWrong == 0,
        ["max_difference"] = double.IsFinite(_largest) ? _largest : null,
        ["tolerance"] = tolerance,
        ["greedy_equal"] = _equal,
        ["greedy_compared"] = _compared,
        ["greedy_undecided"] = _undecided,
        ["device_choice_wrong"] = _deviceWrong,
    };
}
