using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using XlLoraOnnx.Benchmarks;

// In this process: the generated projects of the default toolchain know nothing of the native library beside this program.
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkSwitcher.FromAssembly(typeof(AdapterSwitchBenchmark).Assembly).Run(args, DefaultConfig.Instance.AddJob(job));
