using XlLoraOnnx.Synthesis.PostgreSQL;
using XlLoraOnnx.Synthesis.PostgreSQL.Tests;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>The files of <c>deploy</c> hold together, and their commands do what they are there for; no container engine is
/// asked.</summary>
[TestClass]
public sealed class DeploymentTests
{
    private static readonly string[] Outputs = ["triplets.csv", "triplets.jsonl", "receipts.jsonl"];

    [TestMethod]
    [DataRow("compose.yaml", 2)]
    [DataRow("kubernetes-job.yaml", 2)]
    [DataRow("kubernetes-serve.yaml", 1)]
    public void Command_OfEachContainer_IsUnderstoodAndNamesWhatIsMounted(string file, int containers)
    {
        var found = DeployedContainer.Read(file);

        Assert.HasCount(containers, found);
        foreach (var container in found)
        {
            var parsed = XlLoraCommand.Create().Parse(container.Arguments);
            Assert.AreEqual("", string.Join('\n', parsed.Errors.Select(e => e.Message)), $"{file}, {container.Name}");
            foreach (var path in Values(container).Where(v => v.StartsWith('/')))
                Assert.IsTrue(container.Mounts.Any(m => path == m || path.StartsWith($"{m}/", StringComparison.Ordinal)),
                    $"{file}, {container.Name}: {path} is on no volume");
            foreach (var address in Values(container).Where(PostgreSqlRunAddress.IsOne))
            {
                Assert.DoesNotContain(":", new Uri(address).UserInfo, $"{file}: a password");
                CollectionAssert.Contains(container.Environment, "PGPASSWORD", file);
            }
            // not root, and whom the image runs as
            var image = Dockerfile.Read("Dockerfile").All("USER").Single();
            Assert.AreEqual(image, container.User.Replace("/XLLORA_USER", image, StringComparison.Ordinal));
        }
    }

    [TestMethod]
    [DataRow("compose.yaml")]
    [DataRow("kubernetes-job.yaml")]
    public async Task Workers_OfEachFile_WriteWhatOneProcessDoes(string file)
    {
        using var folder = new TemporaryFolder();
        folder.Write("data/anchors.csv",
            "sent0\n" + string.Concat(Enumerable.Range(1, 24).Select(i => $"Der Fischer trägt {i} Bücher.\n")));
        foreach (var mount in (string[])["output", "tmp0", "tmp1", "tmp2"])
            Directory.CreateDirectory(folder.File(mount));
        var database = $"runs_{Path.GetFileNameWithoutExtension(file).Replace('-', '_')}";
        await TestServer.ExecuteAsync($"CREATE ROLE {database} LOGIN");
        await TestServer.ExecuteAsync($"CREATE DATABASE {database} OWNER {database}");
        var alone = CommandLine.Run(
            folder.Path, "synthesize", "--model", Models.Demo, "--input", "data/anchors.csv", "--output", "alone");
        Assert.AreEqual(0, alone.ExitCode, alone.Error);

        var containers = DeployedContainer.Read(file);
        // the workers twice, each with a /tmp of its own
        string[][] commands = [.. containers.Prepend(containers[0]).Select((c, i) => Here(c, folder, database, $"tmp{i}"))];
        var ended = await Task.WhenAll(commands.Select(c => Task.Run(() => CommandLine.Run(folder.Path, c))));

        foreach (var result in ended)
            Assert.AreEqual(0, result.ExitCode, result.Error);
        foreach (var output in Outputs)
            CollectionAssert.AreEqual(
                File.ReadAllBytes(folder.File($"alone/{output}")), File.ReadAllBytes(folder.File($"output/hausa/{output}")), output);
    }

    [TestMethod]
    public async Task Serve_AsItIsDeployed_AnswersItsProbes()
    {
        var container = DeployedContainer.Read("kubernetes-serve.yaml").Single();
        var pod = DeployedContainer.Documents("kubernetes-serve.yaml")[0].ToString();
        string[] arguments = [.. container.Arguments.Select(a => a.Split('=')[0] switch
        {
            "--model" => $"--model={Models.Demo}",
            "--port" => "--port=0",
            _ => a,
        })];
        using var folder = new TemporaryFolder();

        using var server = ServingProcess.Start(folder.Path, new() { ["XLLORA_API_KEYS"] = new('k', 32) }, arguments);
        using var http = new HttpClient();
        var address = new Uri($"http://127.0.0.1:{server.Address.Port}");
        using var health = await http.GetAsync(new Uri(address, "/health"));
        using var models = await http.GetAsync(new Uri(address, "/v1/models"));

        StringAssert.Contains(pod, "/health");
        Assert.AreEqual(System.Net.HttpStatusCode.OK, health.StatusCode);
        Assert.AreEqual(System.Net.HttpStatusCode.Unauthorized, models.StatusCode);
        Assert.AreEqual(0, server.Stop());
    }

    [TestMethod]
    [DataRow("Dockerfile")]
    [DataRow("Dockerfile.cuda")]
    public void Image_OfEachDockerfile_CopiesWhatThereIsAndDoesNotRunAsRoot(string name)
    {
        var file = Dockerfile.Read(name);
        var let = File.ReadAllLines(Path.Combine(Repository.Root, ".dockerignore"));

        CollectionAssert.Contains(let, "*");
        foreach (var source in file.CopiedSources)
        {
            Assert.IsTrue(Path.Exists(Path.Combine(Repository.Root, source)), $"{name} copies {source}, which there is not");
            CollectionAssert.Contains(let, $"!{source}");
        }
        Assert.AreEqual("1654:1654", file.All("USER").Single());
        CollectionAssert.AreEqual(Dockerfile.Read("Dockerfile").CopiedSources.ToArray(), file.CopiedSources.ToArray());
    }

    [TestMethod]
    public void CudaImage_PublishesAsTheCheckThatRunsIt()
    {
        var script = File.ReadAllText(Path.Combine(Repository.Root, "tools", "gpu", "check-publish.sh"));
        var check = script.Replace("\\\n", "", StringComparison.Ordinal).Split('\n')
            .Single(l => l.StartsWith("dotnet publish ", StringComparison.Ordinal));
        var file = Dockerfile.Read("Dockerfile.cuda");

        Assert.AreEqual(Words(check.Replace("\"$work/build\"", "/build", StringComparison.Ordinal)
            .Replace("\"$work/app\"", "/app", StringComparison.Ordinal)), Words(file.Publish));
        // what that script starts, and the CUDA whose libraries it looks for
        CollectionAssert.AreEqual(new[] { "/app/xllora-onnx" }, file.EntryPoint);
        StringAssert.StartsWith(file.All("FROM").Last(), "nvidia/cuda:13.");
    }

    /// <summary>So what is published and started for CUDA goes for both.</summary>
    [TestMethod]
    public void Images_OfBothDockerfiles_DifferInTheRuntimeAlone()
    {
        var (cpu, cuda) = (Dockerfile.Read("Dockerfile"), Dockerfile.Read("Dockerfile.cuda"));

        Assert.AreEqual(Words(cuda.Publish), Words(cpu.Publish.Replace(
            "--use-current-runtime --no-self-contained", "-r linux-x64 --self-contained -p:OnnxRuntime=cuda", StringComparison.Ordinal)));
        CollectionAssert.AreEqual(new[] { "dotnet", cuda.EntryPoint.Single() + ".dll" }, cpu.EntryPoint);
        StringAssert.Contains(cpu.All("FROM").Last(), "/dotnet/aspnet:");
    }

    private static IEnumerable<string> Values(DeployedContainer container) =>
        container.Arguments.Where(a => a.StartsWith("--", StringComparison.Ordinal)).Select(a => a[(a.IndexOf('=') + 1)..]);

    private static string Words(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The command with the paths and the database of this test.</summary>
    private static string[] Here(DeployedContainer container, TemporaryFolder folder, string database, string temporary) =>
        [.. container.Arguments.Select(argument => argument.Split('=', 2) switch
        {
            ["--model", _] => $"--model={Models.Demo}",
            ["--run", var address] => $"--run=postgres://{database}@127.0.0.1:{TestServer.Port}/{database}"
                + new Uri(address).Query,
            [var option, var path] when path.StartsWith('/') =>
                $"{option}={folder.Path}{path.Replace("/tmp/", $"/{temporary}/", StringComparison.Ordinal)}",
            _ => argument,
        })];
}
