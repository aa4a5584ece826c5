using Microsoft.Extensions.AI;
using XlLoraOnnx.Runtime;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>One line for services that embed texts or answer.</summary>
public static class XlLoraServiceCollectionExtensions
{
    /// <summary>Adds an encoder folder as the application's <c>IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt;</c>.</summary>
    /// <param name="services">Where to add it, as a singleton; it is loaded when first asked for.</param>
    /// <param name="folder">What <c>xllora-onnx export</c> made of an encoder.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="serviceKey">For applications with several; null for the only one.</param>
    public static IServiceCollection AddXlLoraEmbeddingGenerator(
        this IServiceCollection services, string folder, EmbeddingOptions? options = null, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return serviceKey is null
            ? services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(_ => new XlLoraEmbeddingGenerator(folder, options))
            : services.AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
                serviceKey, (_, _) => new XlLoraEmbeddingGenerator(folder, options));
    }

    /// <summary>Adds a model folder as the application's <c>IChatClient</c>.</summary>
    /// <param name="services">Where to add it, as a singleton; it is loaded when first asked for.</param>
    /// <param name="folder">What <c>xllora-onnx export</c> made of a model that generates text.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    /// <param name="serviceKey">For applications with several; null for the only one.</param>
    public static IServiceCollection AddXlLoraChatClient(
        this IServiceCollection services, string folder, XlLoraModelOptions? options = null, string? adapter = null,
        object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return serviceKey is null
            ? services.AddSingleton<IChatClient>(_ => new XlLoraChatClient(folder, options, adapter))
            : services.AddKeyedSingleton<IChatClient>(serviceKey, (_, _) => new XlLoraChatClient(folder, options, adapter));
    }
}
