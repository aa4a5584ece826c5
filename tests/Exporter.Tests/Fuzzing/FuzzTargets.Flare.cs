namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Runs of FLARE, and their adapters alone.</summary>
internal sealed partial class FuzzTargets
{
    private Action<byte[]> ReadFlareRun(string name)
    {
        var folder = Directory.CreateDirectory(_folder.File("flare-" + name)).FullName;
        FlareRuns.Write(folder, FlareRuns.Small());
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            using var run = FlareRun.Open(folder);
            FlareSettings.Of(run, new FlareOptions { BaseFolder = folder });
            foreach (var (file, tensor) in run.Base.Values)
                file.ReadBytes(tensor, 0, new byte[Math.Min(64, tensor.Bytes)]);
        };
    }

    private byte[] FlareFolderFile(string name)
    {
        var folder = _folder.File("flare-written-" + name);
        FlareFolder.Write(folder, FlareRuns.Facts, FlareRuns.Trained());
        return FileOf(folder, name);
    }

    private Action<byte[]> ReadFlareFolder(string name)
    {
        var folder = _folder.File("flare-folder-" + name);
        FlareFolder.Write(folder, FlareRuns.Facts, FlareRuns.Trained());
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            using var run = FlareRun.Open(folder);
            FlareAdapterFile.Tensors(new FlareTrained(run, FlareSettings.Of(run, new FlareOptions()), run.Head), OnnxType.Float);
        };
    }

    private Action<byte[]> ReadNf4State()
    {
        var folder = Directory.CreateDirectory(_folder.File("nf4-state")).FullName;
        return bytes =>
        {
            FlareRuns.Write(folder, FlareRuns.Small(bits: 4, state: bytes));
            using var run = FlareRun.Open(folder);
            var (file, tensor) = run.Base[FlareRuns.Query + ".weight"];
            file.ReadBytes(tensor, 0, new byte[Math.Min(64, tensor.Bytes)]);
        };
    }
}
