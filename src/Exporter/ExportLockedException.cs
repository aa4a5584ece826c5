namespace XlLoraOnnx.Exporter;

/// <summary>Another process is exporting to the same folder at this moment.</summary>
public sealed class ExportLockedException : IOException
{
    internal ExportLockedException(string message, Exception inner) : base(message, inner)
    {
    }
}
