using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Server;

/// <summary><c>/admin/adapters</c>: adapters come and go while the model runs.</summary>
internal sealed partial class AdaptersEndpoint(
    ServedModels models, AdapterFolder folder, Keys keys, ModelServerOptions options, ILogger logger)
{
    public async Task AddAsync(HttpContext context)
    {
        // the gate knows paths, and this is what they lead to
        keys.CheckAdmin(context.Request);
        string name, path;
        using (var body = await RequestBody.ReadAsync(context, options.BodyTimeout).ConfigureAwait(false))
        {
            var fields = new JsonFields(body.RootElement);
            (name, path) = (fields.Required("name"), fields.Required("path"));
        }
        if (!Name().IsMatch(name))
            throw RequestRefusedException.Of("name", $"'{name}' cannot name an adapter: letters, digits, '.', '_' and '-' can, up to 128.");
        var generator = Generator();
        var file = folder.Resolve(path);
        try
        {
            // the whole file is read and hashed
            await Task.Run(() => generator.Add(name, file), context.RequestAborted).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw generator.Generator.Adapters.Contains(name)
                ? RequestRefusedException.Of("name", $"There is an adapter '{name}' already. Remove it first, or choose another name.",
                    status: StatusCodes.Status409Conflict)
                : RequestRefusedException.Of("name", e.Message);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            throw RequestRefusedException.Of("path", e.Message);
        }
        logger.AdapterAdded(name, file);
        await AnswerWriter.WriteAsync(context,
            new ModelEntry(ServedModels.NameOf(generator, name), DateTimeOffset.UtcNow.ToUnixTimeSeconds()), StatusCodes.Status201Created)
            .ConfigureAwait(false);
    }

    public Task RemoveAsync(HttpContext context)
    {
        keys.CheckAdmin(context.Request);
        var name = (string)context.GetRouteValue("name")!;
        var generator = Generator();
        try
        {
            generator.Remove(name);
        }
        catch (ArgumentException)
        {
            throw RequestRefusedException.Of("name", $"There is no adapter '{name}'.", "model_not_found", StatusCodes.Status404NotFound);
        }
        logger.AdapterRemoved(name);
        return AnswerWriter.WriteAsync(context, new { id = ServedModels.NameOf(generator, name), @object = "model", deleted = true });
    }

    private ServedGenerator Generator() =>
        models.Generator ?? throw RequestRefusedException.Of(null, "No model that takes adapters is served.");

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex Name();
}
