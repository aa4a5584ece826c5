namespace XlLoraOnnx.Synthesis;

/// <summary>Places where a process that dies leaves the files of a run in a state of its own.</summary>
internal enum RunPoint
{
    BeforeAppend,
    AfterAppend,
    BeforeFlush,

    /// <summary>Half of the bytes have been handed over. Only where <see cref="RunFaults.At"/> is set: otherwise it is one write.</summary>
    WithinFlush,
    AfterFlush,
    BeforeSync,
    AfterSync,
    BeforeCreate,

    /// <summary>The file has its name and is still empty.</summary>
    WithinCreate,
    AfterCreate,
    BeforeRename,
    AfterRename,
    BeforeDelete,
    AfterDelete,
}
