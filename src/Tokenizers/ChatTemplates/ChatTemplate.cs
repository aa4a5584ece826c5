using System.Text.Json;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// A chat template: the subset of Jinja that published templates use, run by a closed interpreter. A template comes with the checkpoint,
/// from anyone; here it reaches the data that it is given and nothing else, and it has limits on time, output and depth.
/// </summary>
/// <remarks>Immutable; may be rendered on several threads. Source of the behaviour: Jinja 3.1 as set up by transformers'
/// utils/chat_template_utils.py (sandboxed, trim_blocks, lstrip_blocks, loop controls).</remarks>
public sealed class ChatTemplate
{
    private readonly TemplateSource _source;
    private readonly ChatTemplateLimits _limits;
    private readonly IReadOnlyList<TemplateStatement> _statements;

    /// <param name="name">For messages: where the template comes from.</param>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It uses what this interpreter does not run.</exception>
    public static ChatTemplate Parse(string template, string name, ChatTemplateLimits? limits = null)
    {
        limits ??= new ChatTemplateLimits();
        if (template.Length > limits.TemplateCharacters)
            throw new NotSupportedException(
                $"Chat template {name} has {template.Length:N0} characters; up to {limits.TemplateCharacters:N0} are supported.");
        var source = new TemplateSource(template, name);
        return new ChatTemplate(source, limits, new TemplateParser(source, limits).Parse());
    }

    /// <param name="variables">An object: <c>messages</c>, <c>add_generation_prompt</c>, <c>bos_token</c> and so on.</param>
    /// <param name="now">What strftime_now prints; null if templates shall not know the time.</param>
    /// <exception cref="InvalidDataException">It fails on this data, refuses it, or exceeds a limit.</exception>
    /// <exception cref="NotSupportedException">It uses what this interpreter does not run.</exception>
    public string Render(JsonElement variables, DateTimeOffset? now = null)
    {
        var run = new TemplateRun(_source, _limits);
        var scope = new TemplateScope(TemplateGlobals.CreateScope(now));
        foreach (var variable in variables.EnumerateObject())
            scope.Set(variable.Name, TemplateData.Of(variable.Value));
        return new TemplateEvaluator(run).Render(_statements, scope);
    }

    private ChatTemplate(TemplateSource source, ChatTemplateLimits limits, IReadOnlyList<TemplateStatement> statements)
    {
        _source = source;
        _limits = limits;
        _statements = statements;
    }
}
