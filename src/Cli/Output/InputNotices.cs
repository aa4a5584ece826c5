namespace XlLoraOnnx.Cli;

/// <summary>Which files an input is made of, where it is several: on standard error, before they are read.</summary>
internal static class InputNotices
{
    public static Dataset Write(Dataset input)
    {
        if (input.Notice is { } notice)
            Console.Error.WriteLine($"notice: {notice}");
        return input;
    }
}
