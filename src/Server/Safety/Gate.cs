using System.Net;
using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary>Who is let in, before anything of a request's body is read.</summary>
internal sealed class Gate(Keys keys, Admission admission)
{
    private static readonly PathString Health = "/health";
    private static readonly PathString Metrics = "/metrics";
    private static readonly PathString Admin = "/admin";

    /// <exception cref="RequestRefusedException">It is not.</exception>
    public void Check(HttpRequest request)
    {
        // A page of another site can make its name mean this machine (DNS rebinding), and its visitors' browsers ask for it.
        if (keys.AreOpen && !IsOfThisMachine(request.Host.Host))
            throw RequestRefusedException.Of(null,
                $"The server is asked as '{request.Host.Host}'; without API keys it answers as localhost only.",
                status: StatusCodes.Status403Forbidden);
        if (request.Path.StartsWithSegments(Admin))
            keys.CheckAdmin(request);
        else if (request.Path != Health)
            keys.CheckCaller(request);
        if (admission.IsClosed && request.Path != Health && request.Path != Metrics)
            throw Failures.Draining();
    }

    private static bool IsOfThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
