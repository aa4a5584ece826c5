using System.Security.Cryptography;
using System.Text.Json;

namespace XlLoraOnnx.Server;

/// <summary>A request for text, read: which model, which prompts, and how the answers come.</summary>
/// <param name="Model">As it is called in answers.</param>
/// <param name="Rows">One for each prompt; row ids are their places.</param>
/// <param name="IsStreamed">Whether the answer comes in pieces.</param>
/// <param name="HasUsage">Whether the stream ends with a count of tokens.</param>
internal sealed record GenerationCall(
    ServedGenerator Generator, string Model, string? Adapter, IReadOnlyList<GenerationRequest> Rows, bool IsStreamed, bool HasUsage);

/// <summary>Bodies of <c>/v1/chat/completions</c> and <c>/v1/completions</c>.</summary>
internal sealed class GenerationFields(ServedModels models, int maxTokens)
{
    /// <summary>Of answers to requests that say nothing; as in <see cref="XlLoraChatClient"/>.</summary>
    private const int DefaultTokens = 256;

    private const int MaxStops = 16;

    /// <summary>As in OpenAI's API.</summary>
    private const int MostOfCompletions = 5;

    /// <summary>Below it the likeliest token is always drawn, and logits that are divided by it would become infinite.</summary>
    private const float LowestTemperature = 1e-5f;

    public GenerationCall Chat(JsonElement body)
    {
        var fields = new JsonFields(body);
        var call = Read(fields, isChat: true);
        return call with { Rows = [call.Rows[0] with { Messages = ChatMessages.Read(fields) }] };
    }

    public GenerationCall Completion(JsonElement body)
    {
        var fields = new JsonFields(body);
        var call = Read(fields, isChat: false);
        return call with { Rows = [.. Prompts.Read(fields, call.Rows[0]).Select((row, i) => row with { RowId = i })] };
    }

    private GenerationCall Read(JsonFields fields, bool isChat)
    {
        var (generator, adapter) = models.Generating(fields.Required("model"));
        UnsupportedFields.Refuse(fields, isChat);
        var isStreamed = fields.Flag("stream");
        var row = new GenerationRequest
        {
            RowId = 0,
            // the seed alone decides: with the same one the answer is the same, whichever request it is
            RandomStream = 0,
            Adapter = adapter,
            Sampling = Sampling(fields, generator),
            MaxNewTokens = Tokens(fields, isChat),
            StopSequences = Stops(fields),
            LogProbabilities = LogProbabilities(fields, isChat, generator),
        };
        return new GenerationCall(generator, ServedModels.NameOf(generator, adapter), adapter, [row], isStreamed,
            isStreamed && HasUsage(fields));
    }

    private int Tokens(JsonFields fields, bool isChat)
    {
        var name = isChat && fields.Value("max_completion_tokens") is not null ? "max_completion_tokens" : "max_tokens";
        return (int)(fields.Integer(name, least: 1, most: maxTokens) ?? Math.Min(DefaultTokens, maxTokens));
    }

    private static IReadOnlyList<string> Stops(JsonFields fields)
    {
        var stops = fields.Texts("stop", MaxStops);
        return stops.All(s => s.Length > 0) ? stops
            : throw RequestRefusedException.Of("stop", "'stop' holds an empty string, which would end every answer before it begins.");
    }

    /// <summary>Yes or no and a number beside it in chats, the number itself in completions.</summary>
    private static int? LogProbabilities(JsonFields fields, bool isChat, ServedGenerator generator)
    {
        var name = isChat ? "top_logprobs" : "logprobs";
        var most = isChat ? GenerationRequest.MostLogProbabilities : MostOfCompletions;
        var top = (int?)fields.Integer(name, least: 0, most);
        if (isChat && !fields.Flag("logprobs"))
            return top is null or 0 ? null
                : throw RequestRefusedException.Of(name, $"'{name}' is {top} and 'logprobs' is not true; ask for both or for neither.");
        var asked = isChat ? top ?? 0 : top;
        return asked is null || (generator.Tokenizer is not null && generator.Engine == TextEngine.Continuous) ? asked
            : throw RequestRefusedException.Unsupported("logprobs", $"'{generator.Name}' runs on an engine that tells none. Leave it out.");
    }

    /// <summary>top_k, min_p and repetition_penalty are named as vLLM's server names them.</summary>
    private static SamplingOptions Sampling(JsonFields fields, ServedGenerator generator)
    {
        var defaults = generator.Defaults;
        var temperature = fields.Number("temperature", 0, 2);
        var topP = fields.Number("top_p", 0, 1);
        var topK = fields.Integer("top_k", 0, int.MaxValue);
        var minP = fields.Number("min_p", 0, 1);
        var seed = fields.Integer("seed") ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        if (topP == 0)
            throw RequestRefusedException.Of("top_p", "'top_p' is 0, which leaves no token; ask for temperature 0 to have the likeliest.");
        var sampling = defaults with
        {
            Seed = seed,
            RepetitionPenalty = fields.Number("repetition_penalty", 0.01, 100) ?? defaults.RepetitionPenalty,
        };
        if (minP > 0 && generator.Engine == TextEngine.GenAi)
            throw RequestRefusedException.Unsupported("min_p", $"'min_p' is {minP:R}; ONNX Runtime GenAI, which runs '{generator.Name}', "
                + "has none. Leave it out.");
        if (temperature < LowestTemperature)
            return sampling with { DoSample = false, Temperature = 1 };
        return sampling with
        {
            DoSample = defaults.DoSample || temperature is not null || topP is not null || topK is not null || minP is not null,
            Temperature = temperature ?? defaults.Temperature,
            TopP = topP ?? defaults.TopP,
            TopK = (int?)topK ?? defaults.TopK,
            MinP = minP ?? defaults.MinP,
        };
    }

    private static bool HasUsage(JsonFields fields) => fields.Value("stream_options") switch
    {
        null => false,
        { ValueKind: JsonValueKind.Object } options => new JsonFields(options).Flag("include_usage"),
        { } other => throw JsonFields.Wrong("stream_options", other, "an object"),
    };
}
