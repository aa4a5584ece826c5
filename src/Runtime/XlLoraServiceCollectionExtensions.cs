using Microsoft.Extensions.AI;
using XlLoraOnnx.Runtime;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>One line for services that embed texts.</summary>
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
}
