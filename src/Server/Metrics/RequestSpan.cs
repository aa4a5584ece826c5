using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace XlLoraOnnx.Server;

/// <summary>What ASP.NET Core's span of a request says of it, by OpenTelemetry's conventions for HTTP; nothing of its body, and no
/// key.</summary>
internal static class RequestSpan
{
    private const int Failed = 500;

    /// <param name="route">As it is mapped; null for a path that is not.</param>
    /// <param name="status">That was sent, or 499 for a caller who went away.</param>
    public static void Describe(HttpContext context, string? route, int status)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
            return;
        var method = context.Request.Method;
        span.DisplayName = route is null ? method : $"{method} {route}";
        span.SetTag("http.request.method", method).SetTag("http.route", route).SetTag("http.response.status_code", status);
        if (status >= Failed)
            span.SetTag("error.type", status.ToString(System.Globalization.CultureInfo.InvariantCulture))
                .SetStatus(ActivityStatusCode.Error);
    }
}
