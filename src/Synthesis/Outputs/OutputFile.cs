using System.Security.Cryptography;

namespace XlLoraOnnx.Synthesis;

/// <summary>An output under another name until it is whole.</summary>
internal sealed class OutputFile : IDisposable
{
    private const int Buffer = 1 << 17;

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _isWhole;

    public OutputFile(string path)
    {
        _path = path;
        RunFaults.Pass(RunPoint.BeforeCreate, Partial);
        _stream = new FileStream(Partial, FileMode.Create, FileAccess.Write, FileShare.Read, Buffer);
        RunFaults.Pass(RunPoint.AfterCreate, Partial);
    }

    public string Name => Path.GetFileName(_path);

    private string Partial => _path + ".partial";

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.AppendData(bytes);
    }

    /// <summary>Waits for the disk.</summary>
    public RunFile Close()
    {
        _stream.Flush(flushToDisk: true);
        var file = new RunFile(_stream.Length, Convert.ToHexStringLower(_hash.GetHashAndReset()));
        _stream.Dispose();
        _isWhole = true;
        return file;
    }

    /// <summary>Gives the file its name, in place of an older one.</summary>
    public void Publish()
    {
        if (!_isWhole)
            throw new InvalidOperationException($"'{Partial}' is not whole.");
        RunFiles.Rename(Partial, _path);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }
}
