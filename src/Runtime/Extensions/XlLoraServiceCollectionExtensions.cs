using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using XlLoraOnnx.Runtime;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Models, chat clients and embedding generators for services.</summary>
/// <remarks>
/// What is loaded is a singleton that is loaded when first asked for and that the container disposes of. Options are those that
/// <c>services.Configure</c> sets, of the name that is the service key (its text, where it is something else). They are checked when the
/// host starts. The application's loggers are used where the options name none.
/// </remarks>
public static class XlLoraServiceCollectionExtensions
{
    /// <summary>Adds one <see cref="XlLoraModel"/>, which all chat clients of the same key share.</summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="folder">What <c>xllora-onnx export</c> made of a model that generates text; null where the options name it.</param>
    /// <param name="serviceKey">For applications with several models; null for the only one.</param>
    /// <returns>Its options, to be configured or bound to a section of the configuration.</returns>
    public static OptionsBuilder<XlLoraModelOptions> AddXlLoraModel(
        this IServiceCollection services, string? folder = null, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = AddOptions<XlLoraModelOptions>(services, serviceKey, o => o.Problems().Concat(OptionProblem.OfFolder(o.Folder)));
        if (folder is not null)
            options.Configure(o => o.Folder = folder);
        Add(services, serviceKey, provider => Load(provider, options.Name));
        return options;
    }

    /// <summary>Adds an <see cref="IChatClient"/> over the model of <see cref="AddXlLoraModel"/>.</summary>
    /// <param name="services">Where to add it, as a singleton.</param>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    /// <param name="serviceKey">Of the client, for applications with several; null for the only one.</param>
    /// <param name="modelKey">Of the model; null for the one without a key.</param>
    /// <returns>A builder for what is around the client, such as <c>UseOpenTelemetry()</c>.</returns>
    public static ChatClientBuilder AddXlLoraChatClient(
        this IServiceCollection services, string? adapter = null, object? serviceKey = null, object? modelKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = XlLoraChatClient.Pipeline(provider => new XlLoraChatClient(Model(provider, modelKey), adapter));
        Add<IChatClient>(services, serviceKey, builder.Build);
        return builder;
    }

    /// <summary>Adds an <see cref="ITranslator"/> over the model of <see cref="AddXlLoraModel"/>.</summary>
    /// <param name="services">Where to add it, as a singleton.</param>
    /// <param name="pairs">What is translated, and how; null for every pair that the base model knows.</param>
    /// <param name="serviceKey">Of the translator, for applications with several; null for the only one.</param>
    /// <param name="modelKey">Of the model; null for the one without a key.</param>
    public static IServiceCollection AddXlLoraTranslator(
        this IServiceCollection services, TranslationPairs? pairs = null, object? serviceKey = null, object? modelKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        Add<ITranslator>(services, serviceKey, provider => new Translator(Model(provider, modelKey), pairs));
        return services;
    }

    /// <summary>Adds an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>, and the <see cref="TextEmbedder"/> that it shares.</summary>
    /// <param name="services">Where to add them, as singletons.</param>
    /// <param name="folder">What <c>xllora-onnx export</c> made of an encoder; null where the options name it.</param>
    /// <param name="configure">Sets options; null for none.</param>
    /// <param name="serviceKey">For applications with several encoders; null for the only one.</param>
    /// <returns>A builder for what is around the generator, such as <c>UseOpenTelemetry()</c>.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddXlLoraEmbeddingGenerator(
        this IServiceCollection services, string? folder = null, Action<EmbeddingOptions>? configure = null, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = AddOptions<EmbeddingOptions>(services, serviceKey, o => o.Problems().Concat(OptionProblem.OfFolder(o.Folder)));
        if (folder is not null)
            options.Configure(o => o.Folder = folder);
        if (configure is not null)
            options.Configure(configure);
        Add(services, serviceKey, provider => LoadEmbedder(provider, options.Name));
        var builder = XlLoraEmbeddingGenerator.Pipeline(provider => new XlLoraEmbeddingGenerator(Get<TextEmbedder>(provider, serviceKey)));
        Add<IEmbeddingGenerator<string, Embedding<float>>>(services, serviceKey, builder.Build);
        return builder;
    }

    private static OptionsBuilder<T> AddOptions<T>(
        IServiceCollection services, object? key, Func<T, IEnumerable<OptionProblem>> problems) where T : class
    {
        var options = services.AddOptionsWithValidateOnStart<T>(key?.ToString() ?? Options.Options.DefaultName);
        services.AddSingleton<IValidateOptions<T>>(new OptionsCheck<T>(options.Name, problems));
        return options;
    }

    private static void Add<T>(IServiceCollection services, object? key, Func<IServiceProvider, T> make) where T : class
    {
        if (key is null)
            services.AddSingleton(make);
        else
            services.AddKeyedSingleton(key, (provider, _) => make(provider));
    }

    private static T Get<T>(IServiceProvider provider, object? key) where T : class =>
        key is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(key);

    private static XlLoraModel Load(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<XlLoraModelOptions>>().Get(name);
        return XlLoraModel.Load(
            options.Folder!, options with { LoggerFactory = options.LoggerFactory ?? provider.GetService<ILoggerFactory>() });
    }

    private static TextEmbedder LoadEmbedder(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<EmbeddingOptions>>().Get(name);
        return TextEmbedder.Load(
            options.Folder!, options with { LoggerFactory = options.LoggerFactory ?? provider.GetService<ILoggerFactory>() });
    }

    private static XlLoraModel Model(IServiceProvider provider, object? key)
    {
        var model = key is null ? provider.GetService<XlLoraModel>() : provider.GetKeyedService<XlLoraModel>(key);
        return model ?? throw new InvalidOperationException(
            $"There is no XlLoraModel {(key is null ? "without a key" : $"with the key '{key}'")} to generate with. "
            + "Call services.AddXlLoraModel with the folder of the model and the key that is named as modelKey.");
    }
}
