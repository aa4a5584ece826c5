// The last project that is tested, alone on the machine by then; its tests share nothing but what they read.
[assembly: Parallelize(Workers = 0, Scope = ExecutionScope.ClassLevel)]
