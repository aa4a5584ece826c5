using System.CommandLine;
using XlLoraOnnx.Server;

namespace XlLoraOnnx.Cli;

/// <summary>Keys of a server, from files or the environment: on a command line every user of the machine could read them.</summary>
internal sealed class ServerKeys
{
    private const string ApiVariable = "XLLORA_API_KEYS";
    private const string AdminVariable = "XLLORA_ADMIN_KEY";
    private const int ShortestKey = 16;

    private readonly Option<string?> _api = new("--api-keys")
    {
        Description = $"File with the keys that callers may send, one a line. Default: {ApiVariable} of the environment, separated by "
            + "commas; without either, everybody on this machine may ask.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _admin = new("--admin-key")
    {
        Description = $"File with the key of whoever may add and remove adapters. Default: {AdminVariable} of the environment.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(_api);
        command.Add(_admin);
    }

    public ModelServerOptions Apply(ParseResult parse, ModelServerOptions options)
    {
        var admin = Read(parse.GetValue(_admin), AdminVariable);
        if (admin.Length > 1)
            throw new ArgumentException($"There are {admin.Length} admin keys; there can be one.");
        return options with { ApiKeys = Read(parse.GetValue(_api), ApiVariable), AdminKey = admin.SingleOrDefault() };
    }

    private static string[] Read(string? file, string variable)
    {
        const StringSplitOptions Trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        string[] keys = file is not null ? [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)]
            : Environment.GetEnvironmentVariable(variable)?.Split(',', Trimmed) ?? [];
        var source = file is null ? variable : $"'{file}'";
        if (file is not null && keys.Length == 0)
            throw new InvalidDataException($"{source} holds no key. Write one into it, or leave the option out.");
        if (Array.FindIndex(keys, key => key.Length < ShortestKey) is >= 0 and var place)
            throw new ArgumentException($"Key {place + 1} of {source} has {keys[place].Length} characters; it must have {ShortestKey} "
                + "or more, such as openssl rand -hex 32 makes.");
        return keys;
    }
}
