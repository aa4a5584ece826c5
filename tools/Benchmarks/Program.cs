using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using XlLoraOnnx.Benchmarks;
using XlLoraOnnx.Exporter;

switch (args)
{
    // Runs of seconds each, compared round by round: BenchmarkDotNet would measure one variant after the other.
    case ["lora-cost"]:
        LoraCost.Run(sittings: 8);
        break;
    case ["lora-cost", var sittings]:
        LoraCost.Run(int.Parse(sittings, CultureInfo.InvariantCulture));
        break;
    case ["shaped-checkpoint", var shape, var folder, .. var words]:
        // "full" where it is to be run: of equal weights, such as zeros, ONNX Runtime packs the first alone
        ShapedCheckpoint.Named(shape).Write(folder, sparse: shape != "tiny" && !words.Contains("full"));
        break;
    // A run of FLARE with the shape of Gemma 2 9B, and its base: 42 layers, or fewer.
    case ["shaped-run", var layers, var folder]:
        new ShapedRun(int.Parse(layers, CultureInfo.InvariantCulture)).Write(folder);
        break;
    // A step of an encoder beside its forward pass; "demo" or "xlm-r-base" for one of the shapes, "memory" after it for no times.
    case ["training", .. var words]:
        TrainingSpeed.Run(words.FirstOrDefault(), memoryOnly: words.Contains("memory"));
        break;
    // Claims of many workers on one PostgreSQL: an address with the name of a new run, and how many.
    case ["claims", var address, var workers]:
        await ClaimTraffic.RunAsync(address, int.Parse(workers, CultureInfo.InvariantCulture));
        break;
    case ["training-child", var shape, var way, var what, var folder]:
        TrainingSpeed.Measure(shape, way, what, folder);
        break;
    // A text read together with its source beside a text alone.
    case ["flare"]:
        FusionCost.Run(rounds: 3);
        break;
    // An exported run of FLARE over a decoder.
    case ["flare-answers", var folder]:
        AnswerSpeed.Run(folder, rounds: 3);
        break;
    case ["compose"]:
        ComposeSpeed.Run();
        break;
    case ["topk"]:
        TopKBenchmark.Run(rounds: 3);
        break;
    case ["quantization"]:
        QuantizationBenchmark.Run();
        QuantizedProductBenchmark.Run();
        break;
    // From the root of the repository, after `npm ci` in tools/Benchmarks/js.
    case ["tokenizers"]:
        TokenizerSpeed.Run(Environment.CurrentDirectory, rounds: 5);
        break;
    // From the root of the repository, after `npm ci` in tools/Benchmarks/js; a checkpoint such as all-MiniLM-L6-v2.
    case ["embedding", var checkpoint]:
        await EmbeddingSpeed.RunAsync(Environment.CurrentDirectory, checkpoint, ExportPrecision.Fp32, rounds: 5);
        await EmbeddingSpeed.RunAsync(Environment.CurrentDirectory, checkpoint, ExportPrecision.Int8, rounds: 5);
        break;
    case ["generation"]:
        await GenerationSpeed.RunAsync(rounds: 5, 8, 1, 32);
        break;
    case ["generation", .. var sizes]:
        await GenerationSpeed.RunAsync(rounds: 5, [.. sizes.Select(s => int.Parse(s, CultureInfo.InvariantCulture))]);
        break;
    // One model in every precision of the CPU; the shape is "270m" or another of ShapedCheckpoint.
    case ["int8"]:
        await PrecisionQuality.RunAsync(encoder: null, rounds: 5);
        await PrecisionSpeed.RunAsync("270m", rounds: 5, 1, 8, 32);
        break;
    case ["int8", "--encoder", var checkpoint]:
        await PrecisionQuality.RunAsync(checkpoint, rounds: 5);
        break;
    case ["int8", var shape, var rounds, .. var sizes]:
        await PrecisionSpeed.RunAsync(shape, int.Parse(rounds, CultureInfo.InvariantCulture),
            [.. sizes.Select(s => int.Parse(s, CultureInfo.InvariantCulture))]);
        break;
    // Rows that run alone, with tokens looked up and without; the demonstration model and the 270M shape.
    case ["prompt-lookup", .. var rounds]:
        await PromptLookupSpeed.RunAsync(rounds.Length == 0 ? 5 : int.Parse(rounds[0], CultureInfo.InvariantCulture));
        break;
    // Several prompts in one run, and a prompt in the run of a step; a folder without adapters will do.
    case ["prompts-together", var folder]:
        PromptsTogether.Run(folder, rounds: 7);
        break;
    case ["generation-leak", var folder]:
        await GenerationSpeed.MeasureLeakAsync(folder);
        break;
    case ["generation-windows"]:
        await WindowMemory.RunAsync(rounds: 9, model: null);
        break;
    case ["generation-windows", var rounds, var folder]:
        await WindowMemory.RunAsync(int.Parse(rounds, CultureInfo.InvariantCulture), folder);
        break;
    case ["generation-windows-memory", var folder, var caches]:
        await WindowMemory.MeasureAsync(folder, caches);
        break;
    case ["generation-memory", var folder, var engine, var rows]:
        await GenerationSpeed.MeasureMemoryAsync(folder, Enum.Parse<TextEngine>(engine), int.Parse(rows, CultureInfo.InvariantCulture));
        break;
    case ["table-memory"]:
        await TableMemory.RunAsync(rounds: 3);
        break;
    case ["table-memory", var file]:
        await TableMemory.MeasureAsync(file);
        break;
    case ["synthesis"]:
        await SynthesisCost.RunAsync(rounds: 30);
        break;
    // From the root of the repository, after `npm ci` in tools/Benchmarks/js.
    case ["translation"]:
        TranslationSpeed.Run(layers: 12, rounds: 3, ["fp32", "int8w"]);
        break;
    case ["translation", "--layers", var layers]:
        TranslationSpeed.Run(int.Parse(layers, CultureInfo.InvariantCulture), rounds: 3, ["fp32", "int8w"]);
        break;
    case ["translation", "--layers", var layers, "--rounds", var rounds, .. var precisions]:
        TranslationSpeed.Run(
            int.Parse(layers, CultureInfo.InvariantCulture), int.Parse(rounds, CultureInfo.InvariantCulture), precisions);
        break;
    // The two halves of it, for a folder that is kept.
    case ["translation-prepare", var folder, var layers, .. var precisions]:
        TranslationSpeed.Prepare(folder, int.Parse(layers, CultureInfo.InvariantCulture), precisions);
        break;
    case ["translation-compare", var folder, var rounds, .. var precisions]:
        TranslationSpeed.Compare(folder, int.Parse(rounds, CultureInfo.InvariantCulture), precisions);
        break;
    case ["translation-serve", var folder, var beams, var slots]:
        await XlLoraOnnx.Benchmarks.TranslationRun.ServeAsync(folder, int.Parse(beams, CultureInfo.InvariantCulture), slots);
        break;
    // Ours beside llama.cpp and GenAI; from the root of the repository, after `npm install` in tools/Benchmarks/js/llama.
    case ["peers"]:
        await PeerSpeed.RunAsync(rounds: 3, PeerSpeed.AllCases);
        break;
    case ["peers", var rounds, .. var cases]:
        await PeerSpeed.RunAsync(int.Parse(rounds, CultureInfo.InvariantCulture), cases.Length == 0 ? PeerSpeed.AllCases : cases);
        break;
    // The two halves of it, for a folder that is kept.
    case ["peers-prepare", var folder]:
        PeerSpeed.Prepare(folder);
        break;
    case ["peers-compare", var folder, var rounds, .. var cases]:
        await PeerSpeed.CompareAsync(folder, int.Parse(rounds, CultureInfo.InvariantCulture), cases);
        break;
    case ["peers-serve", "llama", var folder, var type, var layout]:
        await LlamaPeer.ServeAsync(folder, type, layout);
        break;
    case ["peers-serve", var engine, var folder]:
        await PeerServing.ServeOursAsync(folder, Enum.Parse<TextEngine>(engine));
        break;
    // Ours beside transformers.js and ONNX Runtime; from the root of the repository, after `npm ci` in tools/Benchmarks/js.
    case ["peers-encoder", var checkpoint]:
        EncoderPeers.Run(checkpoint, rounds: 3);
        break;
    case ["peers-encoder", var checkpoint, var rounds]:
        EncoderPeers.Run(checkpoint, int.Parse(rounds, CultureInfo.InvariantCulture));
        break;
    case ["peers-embed", var folder]:
        await EncoderServing.ServeOursAsync(folder);
        break;
    case ["peers-embed-plain", var graph, var checkpoint]:
        await EncoderServing.ServePlainAsync(graph, checkpoint);
        break;
    case ["decode-loop", var folder]:
        await DecodeLoop.RunAsync(folder, rounds: 5);
        break;
    default:
        // In this process: the generated projects of the default toolchain know nothing of the native library beside this program.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
        BenchmarkSwitcher.FromAssembly(typeof(AdapterSwitchBenchmark).Assembly).Run(args, DefaultConfig.Instance.AddJob(job));
        break;
}
