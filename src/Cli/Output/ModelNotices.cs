namespace XlLoraOnnx.Cli;

/// <summary>What the checkpoint of a model asks for and nobody does: on standard error, once, when it is loaded.</summary>
internal static class ModelNotices
{
    public static void Write(XlLoraModel model)
    {
        foreach (var notice in model.Notices)
            Console.Error.WriteLine($"notice: {notice}");
    }
}
