using Microsoft.Extensions.Options;

namespace XlLoraOnnx.Runtime;

/// <summary>Refuses options with all reasons at once: what was found, what is allowed and what to do.</summary>
/// <param name="only">Name of the options that are checked.</param>
internal sealed class OptionsCheck<T>(string only, Func<T, IEnumerable<OptionProblem>> problems) : IValidateOptions<T> where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        if (name != only)
            return ValidateOptionsResult.Skip;
        string[] reasons = [.. problems(options).Select(p => p.Message)];
        return reasons.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(reasons);
    }
}
