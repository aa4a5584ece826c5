using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary>Keys that callers send; how long a comparison takes says nothing of them.</summary>
internal sealed class Keys(IReadOnlyList<string> apiKeys, string? adminKey)
{
    private const string Scheme = "Bearer ";

    // hashes are of one length, whatever a caller sends
    private readonly byte[][] _api = [.. apiKeys.Select(Hash)];
    private readonly byte[]? _admin = adminKey is null ? null : Hash(adminKey);

    /// <summary>Whether anybody may ask for answers.</summary>
    public bool AreOpen => _api.Length == 0;

    /// <exception cref="RequestRefusedException">There is no key, or no such key.</exception>
    public void CheckCaller(HttpRequest request)
    {
        if (!AreOpen && !Matches(request, _admin is null ? _api : [.. _api, _admin]))
            throw Refused(request);
    }

    /// <exception cref="RequestRefusedException">There is no key, or it is not the one of the administrator.</exception>
    public void CheckAdmin(HttpRequest request)
    {
        if (_admin is null || !Matches(request, [_admin]))
            throw Refused(request);
    }

    private static bool Matches(HttpRequest request, byte[][] keys)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var sent = Hash(header[Scheme.Length..].Trim());
        var found = false;
        foreach (var key in keys)
            found |= CryptographicOperations.FixedTimeEquals(key, sent);
        return found;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static RequestRefusedException Refused(HttpRequest request)
    {
        request.HttpContext.Response.Headers.WWWAuthenticate = Scheme.TrimEnd();
        return RequestRefusedException.Of(null,
            request.Headers.Authorization.Count > 0 ? "The key is not valid."
                : "A key is needed: send the header 'Authorization: Bearer KEY'.",
            "invalid_api_key", StatusCodes.Status401Unauthorized);
    }
}
