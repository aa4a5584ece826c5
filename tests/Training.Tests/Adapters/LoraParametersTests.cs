namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class LoraParametersTests
{
    private static readonly LoraSlot[] Slots =
    [
        new("model.layers.0.self_attn.q_proj", 100, 40), new("model.layers.0.mlp.up_proj", 100, 60),
        new("model.layers.1.self_attn.q_proj", 100, 40),
    ];

    [TestMethod]
    public void Create_OfModules_IsUniformInAAndZeroInB()
    {
        var parameters = LoraParameters.Create(Slots, rank: 8, seed: 42);

        CollectionAssert.AreEqual(
            (string[])[.. Slots.SelectMany(s => (string[])[s.Name + ".lora_A.weight", s.Name + ".lora_B.weight"])],
            parameters.Select(p => p.Name).ToArray());
        var (a, b) = (parameters[2], parameters[3]);
        CollectionAssert.AreEqual((long[])[100, 8], a.Shape);
        CollectionAssert.AreEqual((long[])[8, 60], b.Shape);
        float[] values = a.Values.ToArray();
        // kaiming_uniform_ with a = √5 over 100 inputs: ± 0.1, whose variance is 0.1² / 3
        Assert.IsTrue(values.All(v => Math.Abs(v) <= 0.1));
        Assert.AreEqual(0.01 / 3, values.Average(v => (double)v * v), 0.0005);
        Assert.AreEqual(0, values.Average(), 0.01);
        Assert.IsTrue(b.Values.ToArray().All(v => v == 0));
        Dispose(parameters);
    }

    [TestMethod]
    public void Create_OfFewerModules_GivesThemTheSameNumbers()
    {
        var (all, one) = (LoraParameters.Create(Slots, 4, 1), LoraParameters.Create(Slots[2..], 4, 1));
        var other = LoraParameters.Create(Slots[2..], 4, 2);

        CollectionAssert.AreEqual(all[4].Values.ToArray(), one[0].Values.ToArray());
        CollectionAssert.AreNotEqual(all[0].Values.ToArray(), one[0].Values.ToArray(), "another module has other numbers");
        CollectionAssert.AreNotEqual(other[0].Values.ToArray(), one[0].Values.ToArray(), "another seed gives others");
        Dispose([.. all, .. one, .. other]);
    }

    [TestMethod]
    public void Select_EndsOfNames_AreThoseOfPeft()
    {
        Assert.AreSame(Slots, LoraParameters.Select(Slots, null));
        CollectionAssert.AreEqual((LoraSlot[])[Slots[0], Slots[2]], LoraParameters.Select(Slots, ["q_proj"]).ToArray());
        CollectionAssert.AreEqual((LoraSlot[])[Slots[0], Slots[1]], LoraParameters.Select(Slots, ["mlp.up_proj", Slots[0].Name]).ToArray());
    }

    [TestMethod]
    public void Select_UnknownNames_AreRefusedWithThoseThatThereAre()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => LoraParameters.Select(Slots, ["q_proj", "proj", "lm_head"]));

        StringAssert.Contains(e.Message, "no linear module named proj, lm_head; it has q_proj, up_proj");
    }

    private static void Dispose(IEnumerable<Parameter> parameters)
    {
        foreach (var parameter in parameters)
            parameter.Dispose();
    }
}
