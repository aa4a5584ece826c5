namespace XlLoraOnnx.Exporter;

/// <summary>Everything about an export that can be known, and refused, before its first byte is written.</summary>
internal sealed class ExportPreparation : IDisposable
{
    // the manifest, the journal, and what a file system adds
    private const long SmallFiles = 8 << 20;

    private readonly List<Exception> _failures = [];
    private readonly ExportOptions _options;
    private readonly string _output;
    private readonly FlareCheckpoint? _flare;
    private readonly CheckpointFiles? _checkpoint;
    private readonly ModelExport? _export;
    private readonly ExportIdentity? _identity;
    private readonly PartialState? _partial;
    private readonly MemoryBudget? _budget;
    private readonly long? _diskFree;

    public ExportPreparation(string checkpointFolder, string outputFolder, ExportOptions options)
    {
        ProcessMemory.GiveBack();
        _options = options;
        _output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        Try(CheckMerge);
        var free = Try(() => PartialFolder.CheckFree(_output)) is not null;
        Try(() => OutputDisk.CheckWritable(_output));
        Try(CheckAdapterFolder);
        try
        {
            _flare = options.Flare is { } flare ? Try(() => new FlareCheckpoint(checkpointFolder, flare)) : null;
            _checkpoint = options.Flare is null ? Try(() => OpenCheckpoint(checkpointFolder)) : _flare?.Files;
            _export = _checkpoint is null ? null : Try(() => new ModelExport(checkpointFolder, _checkpoint, options, _flare));
            if (_export is null)
            {
                foreach (var folder in options.Adapters.Values)
                    Try(() => PeftAdapter.CheckAlone(folder));
                return;
            }
            foreach (var (name, folder) in options.Adapters)
                Try(() => _export.AddAdapter(name, folder));
            _identity = ExportIdentity.Of(ModelExport.ToolVersion, _checkpoint!, options, _export.Merged?.Sha256, _export.Graphs);
            _partial = free ? Try(() => PartialFolder.Inspect(_output, _identity, _export.DataBytes)) : null;
            _budget = Try(() => MemoryBudget.Of(
                options.MaxRam, ProcessMemory.InUse, _export.Places.Max(p => p.Source.RowBytes), Environment.ProcessorCount));
            _diskFree = Try(() => OutputDisk.Free(_output));
            Try(CheckDisk);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <exception cref="ExportRefusedException">For several reasons; a single one is thrown as it is.</exception>
    public void ThrowIfRefused()
    {
        if (_failures.Count > 1)
            throw new ExportRefusedException(_failures);
        if (_failures.Count == 1)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failures[0]);
    }

    public ExportPlan ToPlan()
    {
        if (_export is null)
            ThrowIfRefused();
        return new ExportPlan
        {
            Family = _export!.Family,
            Architecture = _export.Architecture,
            Precision = _export.Precision,
            Encoder = _export.Encoder,
            Parameters = _export.Parameters,
            BytesIn = _export.BytesIn,
            BytesOut = _export.BytesOut,
            MemoryCeiling = _options.MaxRam ?? MemoryBudget.DefaultCeiling,
            DiskNeeded = DiskNeeded,
            DiskFree = _diskFree,
            ResumesFrom = ResumesFrom,
            StartsOver = _partial?.StartsOver,
            Notices = _export.Notices,
            Problems = [.. _failures.Select(f => f.Message)],
            EstimatedTime = _failures.Count > 0 ? null : EstimateTime(),
        };
    }

    /// <returns>Null for a folder that is not accepted.</returns>
    public ExportReport? Run(Func<string, bool> accepts, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
    {
        _export!.CheckBase(cancellationToken);
        var report = Write(accepts, progress, cancellationToken);
        return report is null || _options.Flare?.AdapterFolder is not { } folder ? report
            : report with { FlareAdapter = FlareFolderExport.Write(_flare!, folder, report.BaseFingerprint, cancellationToken) };
    }

    public void Dispose()
    {
        _export?.Dispose();
        _checkpoint?.Dispose();
        _flare?.Dispose();
    }

    private ExportReport? Write(Func<string, bool> accepts, IProgress<ExportProgress>? progress, CancellationToken cancellationToken)
    {
        if (_partial!.StartsOver is { } reason)
            progress?.Report(new ExportProgress($"starting over: {reason}", 0, 0));
        using var partial = new PartialFolder(_output, _identity!, _export!.DataBytes);
        try
        {
            var report = _export.Write(partial, _output, _budget!, progress, cancellationToken);
            if (!accepts(partial.ModelFolder))
            {
                partial.Discard();
                return null;
            }
            partial.Finish();
            return report;
        }
        catch (Exception e)
        {
            if (partial.Abandon() is not { } kept)
                throw;
            if (e is OperationCanceledException canceled)
                throw new ExportInterruptedException(kept, canceled);
            if (e is IOException or UnauthorizedAccessException)
                throw new IOException($"{e.Message} What is written stays in '{kept}'; the same command continues there.", e);
            throw;
        }
    }

    private long ResumesFrom =>
        _partial is null ? 0 : _export!.Places.Where(p => _partial.Resumes.Contains(p.Name)).Sum(p => p.Source.Bytes);

    // an unfinished data file has its whole size already
    private long DiskNeeded => _export!.BytesOut + SmallFiles - (ResumesFrom > 0 ? _export.DataBytes : 0);

    private TimeSpan EstimateTime()
    {
        var (left, all) = (_export!.DataBytes - ResumesFrom, _export.DataBytes);
        return SpeedProbe.Estimate(_export.Places, _budget!, _output, (long)((double)_export.BytesIn * left / all), left, all);
    }

    private static CheckpointFiles OpenCheckpoint(string folder) => FlareFolder.IsOne(folder)
        ? throw new ArgumentException($"'{folder}' is an adapter of FLARE alone. Say with --base what it was trained over.")
        : CheckpointFiles.Open(folder);

    private void CheckMerge()
    {
        if (_options.Merge is { } name && !_options.Adapters.ContainsKey(name))
            throw new ArgumentException(
                $"The adapter '{name}' is to be merged and is not among those given. Give it as --adapter {name}=DIR.");
    }

    private void CheckAdapterFolder()
    {
        if (_options.Flare?.AdapterFolder is not { } folder)
            return;
        FlareFolder.CheckFree(folder);
        OutputDisk.CheckWritable(Path.GetFullPath(folder));
    }

    private void CheckDisk()
    {
        if (_diskFree < DiskNeeded)
            throw new IOException(
                $"The disk of '{_output}' has {_diskFree.Value >> 20} MiB free and the export needs {DiskNeeded >> 20} MiB. "
                + "Free some, or choose an output on another disk.");
    }

    private T? Try<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException
            or ArgumentException)
        {
            _failures.Add(e);
            return default;
        }
    }

    private void Try(Action step) => Try(() =>
    {
        step();
        return true;
    });
}
