using System.Diagnostics;
using OpenTelemetry;

namespace XlLoraOnnx.Cli;

/// <summary>Leaves out the spans of what machines ask every few seconds: <c>/health</c> and <c>/metrics</c>.</summary>
internal sealed class WithoutProbes : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("http.route") is "/health" or "/metrics")
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
