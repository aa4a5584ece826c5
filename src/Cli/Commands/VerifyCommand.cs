using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx verify</c></summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "An exported model folder, or a run folder of synthesize." };
        var reference = new Option<string?>("--reference")
        {
            Description = "A safetensors file with recorded prompts: prompt.i.input_ids and prompt.i.logits, and for greedy paths " +
                "prompt.i.greedy and prompt.i.margin. For an encoder input_ids, attention_mask, and any of last_hidden_state, " +
                "hidden_states.k, pool.* and sentence_embedding.",
            HelpName = "FILE",
        };
        var adapter = new Option<string?>("--adapter")
        {
            Description = "Adapter to mount. Default: none, the base model.",
            HelpName = "NAME",
        };
        var tolerance = new Option<double?>("--tolerance")
        {
            Description = "Largest allowed absolute difference. Default: 1e-4 for logits, 2e-4 for hidden states and vectors.",
            HelpName = "X",
        };
        var translation = new Option<string?>("--translation-encoder")
        {
            Description = "With --reference, of a run of FLARE-MT: the exported translation model whose encoder gave what was recorded.",
            HelpName = "MODEL",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines." };
        var noCanary = new Option<bool>("--no-canary") { Description = "Mount the adapter also when it changes nothing." };
        var sample = new Option<string?>("--sample")
        {
            Description = "Of a run folder: generate this part of its triplets once more and compare, such as 1%. Without it no model is "
                + "needed.",
            HelpName = "SHARE",
        };
        var model = new Option<string?>("--model", "-m")
        {
            Description = "With --sample: the model folder, if it has been moved.",
            HelpName = "MODEL",
        };
        var engine = new EngineOptions();
        const string Description = "Check the files, graphs and adapters of a model folder, and compare it with logits and greedy tokens " +
            "that another implementation recorded. Check a run folder against its receipts.";
        var command = new Command("verify", Description) { folder, reference, adapter, tolerance, translation, json, noCanary, sample, model };
        engine.AddTo(command);
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            if (RunVerifier.IsRunFolder(parse.GetRequiredValue(folder)))
                return await RunVerificationView.RunAsync(parse.GetRequiredValue(folder), parse.GetValue(sample), parse.GetValue(json),
                    path => RecordedJobs.LoadAsync(path, new GivenAnew(parse.GetValue(model), Input: null,
                        options => engine.Apply(parse, options)), cancellationToken), cancellationToken).ConfigureAwait(false);
            if (parse.GetValue(sample) is not null || parse.GetValue(model) is not null)
                throw new ArgumentException("--sample and --model are for run folders of synthesize; this is none.");
            var asJson = parse.GetValue(json);
            var view = asJson ? null : new VerificationView();
            var path = parse.GetRequiredValue(folder);
            var checks = FolderVerifier.Verify(path, view, cancellationToken);
            var options = new ParityOptions
            {
                Adapter = AdapterNames.Parse(parse.GetValue(adapter)),
                Tolerance = parse.GetValue(tolerance),
                TranslationModel = parse.GetValue(translation),
                Canary = !parse.GetValue(noCanary),
            };
            var sound = checks.All(c => c.Outcome != FolderCheckOutcome.Failed);
            var parity = sound && parse.GetValue(reference) is { } file
                ? ParityVerifier.Verify(path, file, options, view, cancellationToken)
                : null;
            if (asJson)
                VerificationView.WriteJson(checks, parity);
            else
                VerificationView.WriteVerdict(checks, parity);
            return sound && parity is not { Passed: false } ? ExitCodes.Succeeded : ExitCodes.Failed;
        });
        return command;
    }
}
