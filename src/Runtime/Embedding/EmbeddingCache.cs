using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// Vectors of texts that were embedded before, by model fingerprint and text hash, in append-only files of fixed records. Every process
/// writes to a file of its own and reads all; a torn last record is cut off. Safe for concurrent use.
/// </summary>
/// <remarks>FOLDER/FINGERPRINT.N.vectors: 16 bytes of SHA-256 of the text, dimension × float32, 4 bytes of SHA-256 over both.</remarks>
internal sealed class EmbeddingCache : IDisposable
{
    private const int KeyBytes = 16;
    private const int CheckBytes = 4;
    private const int FingerprintDigits = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, (int File, long Record)> _places = [];
    private readonly List<SafeFileHandle> _files = [];
    private readonly int _recordBytes;
    private readonly int _vectorBytes;
    private readonly int _own;
    private readonly FileStream _lockFile;
    private long _records;

    /// <param name="fingerprint">Of the model; see <see cref="TextEmbedder.Fingerprint"/>.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static EmbeddingCache Open(string folder, string fingerprint, int dimension)
    {
        Directory.CreateDirectory(folder);
        return new EmbeddingCache(Path.Combine(folder, fingerprint["sha256:".Length..][..FingerprintDigits]), dimension);
    }

    private EmbeddingCache(string stem, int dimension)
    {
        Dimension = dimension;
        _vectorBytes = dimension * sizeof(float);
        _recordBytes = KeyBytes + _vectorBytes + CheckBytes;
        var (folder, name) = (Path.GetDirectoryName(stem)!, Path.GetFileName(stem));
        _lockFile = TakeNumber(stem, out var own);
        foreach (var path in Directory.EnumerateFiles(folder, name + ".*.vectors").Order(StringComparer.Ordinal).Where(p => p != own))
            Read(path, FileAccess.Read);
        _own = _files.Count;
        _records = Read(own, FileAccess.ReadWrite);
        RandomAccess.SetLength(_files[_own], _records * _recordBytes);
    }

    /// <summary>Numbers of a vector.</summary>
    public int Dimension { get; }

    /// <summary>Texts whose vectors are there.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _places.Count;
        }
    }

    /// <param name="vector">[dimension]; filled if it is there.</param>
    public bool TryGet(string text, Span<float> vector)
    {
        var key = Key(text);
        (int File, long Record) place;
        lock (_lock)
        {
            if (!_places.TryGetValue(key, out place))
                return false;
        }
        var record = new byte[_recordBytes];
        if (RandomAccess.Read(_files[place.File], record, place.Record * _recordBytes) != record.Length || !IsWhole(record))
        {
            // damaged on the disk: as if it had never been there
            lock (_lock)
                _places.Remove(key);
            return false;
        }
        record.AsSpan(KeyBytes, _vectorBytes).CopyTo(MemoryMarshal.AsBytes(vector));
        return true;
    }

    public void Add(string text, ReadOnlySpan<float> vector)
    {
        var key = Key(text);
        var record = new byte[_recordBytes];
        BinaryPrimitives.WriteUInt128LittleEndian(record, key);
        MemoryMarshal.AsBytes(vector).CopyTo(record.AsSpan(KeyBytes));
        SHA256.HashData(record.AsSpan(0, KeyBytes + _vectorBytes)).AsSpan(0, CheckBytes).CopyTo(record.AsSpan(KeyBytes + _vectorBytes));
        lock (_lock)
        {
            if (_places.ContainsKey(key))
                return;
            RandomAccess.Write(_files[_own], record, _records * _recordBytes);
            _places.Add(key, (_own, _records++));
        }
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
        _lockFile.Dispose();
    }

    /// <summary>The first number that no other process has.</summary>
    private static FileStream TakeNumber(string stem, out string path)
    {
        for (var number = 0; ; number++)
        {
            path = string.Create(CultureInfo.InvariantCulture, $"{stem}.{number}.vectors");
            try
            {
                return new FileStream(
                    path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException e) when (FileErrors.IsHeld(e) || File.Exists(path + ".lock"))
            {
                // another process writes there
            }
        }
    }

    /// <returns>Whole records.</returns>
    private long Read(string path, FileAccess access)
    {
        var mode = access == FileAccess.Read ? FileMode.Open : FileMode.OpenOrCreate;
        var handle = File.OpenHandle(path, mode, access, FileShare.ReadWrite);
        _files.Add(handle);
        var records = RandomAccess.GetLength(handle) / _recordBytes;
        var key = new byte[KeyBytes];
        for (long record = 0; record < records; record++)
        {
            if (RandomAccess.Read(handle, key, record * _recordBytes) == KeyBytes)
                _places[BinaryPrimitives.ReadUInt128LittleEndian(key)] = (_files.Count - 1, record);
        }
        return records;
    }

    private bool IsWhole(byte[] record) => SHA256.HashData(record.AsSpan(0, KeyBytes + _vectorBytes)).AsSpan(0, CheckBytes)
        .SequenceEqual(record.AsSpan(KeyBytes + _vectorBytes));

    /// <summary>Of the UTF-16 code units, so that texts with half a surrogate pair are told apart as well.</summary>
    private static UInt128 Key(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
