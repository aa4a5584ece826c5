using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>The folder in which the recipes of a test lie, and what is run there.</summary>
public sealed partial class SynthesizeRecipesTests
{
    private sealed record Triplet(string Sent0, string Sent1, string HardNeg, string Language);

    /// <summary>Recipes over the demonstration's adapters, and anchors in three of its languages.</summary>
    private sealed class Workplace : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Workplace(int rows = 8)
        {
            foreach (var part in (string[])["pos", "neg"])
                Copy(Repository.Demo(part), File(part));
            Write("recipes.json", """
                {
                  "adapters": {"pos": "pos", "neg": "neg"},
                  "lambda": 0.1,
                  "template": {"positive": "pos + lambda * (pos - neg)", "negative": "neg + lambda * (neg - pos)"},
                  "languages": {"hau": {"name": "Hausa"}, "swh": {"lambda": 0.2}, "deu": {"positive": "pos", "negative": "neg"}},
                  "answers": "English"
                }
                """);
            var anchors = Languages.ToDictionary(l => l, l => Anchors(l).Take(rows).ToArray());
            Repeated = anchors["deu"][0];
            var lines = Enumerable.Range(0, rows).SelectMany(i => Languages.Select(l => $"{anchors[l][i]},{l}"));
            Write("anchors.csv", string.Join('\n', ["sent0,language", .. lines, $"{Repeated},hau"]) + "\n");
        }

        public string Path => _folder.Path;

        /// <summary>An anchor that is there in German and, once more, as if it were Hausa.</summary>
        public string Repeated { get; }

        public string File(string name) => _folder.File(name);

        public void Write(string name, string text) => _folder.Write(name, text);

        public CommandResult Run(params string[] arguments) => CommandLine.Run(Path, arguments);

        public string[] Arguments(string run, params string[] more) =>
            ["synthesize", "-m", Models.Demo, "-i", "anchors.csv", "-o", run, "--strategy", "composition", "--recipes", "recipes.json",
                "--language-column", "language", "--seed", "3", .. more];

        public CommandResult Synthesize(string run, params string[] more) => Run(Arguments(run, more));

        /// <summary>The rows of one language, by two adapters that were composed and exported by commands of their own.</summary>
        public (string, string, string)[] SynthesizeAlone(string language)
        {
            var (model, lambda) = ($"model-{language}", language switch { "hau" => "0.1", "swh" => "0.2", _ => "0" });
            Copy(Models.Demo, File(model));
            // an answer draws by the name of its adapter too
            foreach (var (own, other, side) in ((string, string, string)[])[("pos", "neg", "positive"), ("neg", "pos", "negative")])
            {
                Succeed("compose", $"{own} + lambda * ({own} - {other})", $"{own}={own}", $"{other}={other}", "--lambda", lambda,
                    "-o", $"{language}-{own}");
                Succeed("export", "adapter", $"{language}-{side}={language}-{own}", "--base", model);
            }
            var anchors = System.IO.File.ReadLines(File("anchors.csv")).Where(l => l.EndsWith("," + language, StringComparison.Ordinal))
                .Select(l => l[..^(language.Length + 1)]);
            Write($"{language}.txt", string.Join('\n', anchors) + "\n");
            Succeed("synthesize", "-m", model, "-i", $"{language}.txt", "-o", $"run-{language}", "--strategy", "composition", "--positive",
                $"{language}-positive", "--negative", $"{language}-negative", "--seed", "3");
            return [.. System.IO.File.ReadLines(File($"run-{language}/triplets.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)
                .Select(t => (Text(t, "sent0"), Text(t, "sent1"), Text(t, "hard_neg")))];
        }

        public Triplet[] Triplets(string run) => [.. System.IO.File.ReadLines(File($"{run}/triplets.jsonl"))
            .Select(l => JsonDocument.Parse(l).RootElement)
            .Select(t => new Triplet(Text(t, "sent0"), Text(t, "sent1"), Text(t, "hard_neg"), Text(t, "language")))];

        /// <summary>Its settings are written another way, which is enough to be another part.</summary>
        public void ChangePart(string part) => System.IO.File.AppendAllText(File($"{part}/adapter_config.json"), "\n");

        public void ChangeRecipes(Action<JsonObject> change)
        {
            var recipes = JsonNode.Parse(System.IO.File.ReadAllText(File("recipes.json")))!.AsObject();
            change(recipes);
            Write("recipes.json", recipes.ToJsonString());
        }

        public void Dispose() => _folder.Dispose();

        private static IEnumerable<string> Anchors(string language)
        {
            var code = language switch { "hau" => "ha", "swh" => "sw", _ => "de" };
            return Repository.WorldLines().Select(l => JsonDocument.Parse(l).RootElement)
                .Where(t => Text(t, "language") == code).Select(t => Text(t, "sent0"));
        }

        private void Succeed(params string[] arguments)
        {
            var result = Run(arguments);
            Assert.AreEqual(0, result.ExitCode, string.Join(' ', arguments) + "\n" + result.Error);
        }

        private static void Copy(string from, string to)
        {
            foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            {
                var target = System.IO.Path.Combine(to, System.IO.Path.GetRelativePath(from, file));
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
                System.IO.File.Copy(file, target);
            }
        }

        private static string Text(JsonElement element, string field) => element.GetProperty(field).GetString()!;
    }
}
