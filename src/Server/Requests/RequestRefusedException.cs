namespace XlLoraOnnx.Server;

/// <summary>A request that is answered with an error, in OpenAI's shape.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="type">What kind of error: <c>invalid_request_error</c>, <c>server_error</c>, …</param>
/// <param name="parameter">Field that is at fault; null where none is.</param>
/// <param name="code">For programs; null where there is none.</param>
internal sealed class RequestRefusedException(int status, string type, string? parameter, string? code, string message)
    : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public string? Parameter { get; } = parameter;

    public string? Code { get; } = code;

    /// <summary>Whether, and in how many seconds, it may be asked again.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The caller's fault.</summary>
    public static RequestRefusedException Of(string? parameter, string message, string? code = null, int status = 400) =>
        new(status, "invalid_request_error", parameter, code, message);

    /// <summary>Valid, and not supported.</summary>
    public static RequestRefusedException Unsupported(string parameter, string message) =>
        Of(parameter, message, "unsupported_parameter");
}
