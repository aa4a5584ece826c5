namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Statements and expressions at work: scopes, loops, conditions, macros, members.</summary>
[TestClass]
public sealed class TemplateEvaluatorTests
{
    [TestMethod]
    [DataRow("{% set a = 1 %}{% if true %}{% set a = 2 %}{% endif %}{{ a }}", "2")]
    [DataRow("{% set a = 1 %}{% for i in [1] %}{% set a = 2 %}{{ a }}{% endfor %}{{ a }}", "21")]
    [DataRow("{% set a = 1 %}{% for i in [1] %}{{ a }}{% set a = 2 %}{{ a }}{% endfor %}", "12")]
    [DataRow("{% for i in [1, 2] %}{{ i }}{% endfor %}[{{ i }}]", "12[]")]
    [DataRow("{% set i = 9 %}{% for i in [1, 2] %}{{ i }}{% endfor %}{{ i }}", "129")]
    [DataRow("{% for i in [1, 2] %}{% if loop.first %}{% set a = 5 %}{% endif %}[{{ a }}]{% endfor %}", "[5][]")]
    [DataRow("{% set ns = namespace(a=1) %}{% for i in [2, 3] %}{% set ns.a = ns.a * i %}{% endfor %}{{ ns.a }}", "6")]
    [DataRow("{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}[{{ ns.c }}]", "12[]")]
    [DataRow("{% set a %}x{{ 1 + 1 }}y{% endset %}{{ a }}|{{ a|length }}", "x2y|3")]
    [DataRow("{% set a | upper | trim %} x y {% endset %}[{{ a }}]", "[X Y]")]
    [DataRow("{% set a, b = 1, 2 %}{{ b }}{{ a }}", "21")]
    [DataRow("{% set (a, b) = [3, 4] %}{{ a ~ b }}", "34")]
    [DataRow("{% set a = 1, %}{{ a }}", "(1,)")]
    [DataRow("{% set outer = 1 %}{% macro f() %}{{ outer }}{% endmacro %}{% set outer = 2 %}{{ f() }}", "2")]
    [DataRow("{% for i in [1] %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}", "1")]
    [DataRow("{% macro f(a) %}{% set a = a ~ '!' %}{{ a }}{% endmacro %}{% set a = 'x' %}{{ f('y') }}{{ a }}", "y!x")]
    public void Render_Scopes_AreJinjas(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow("{% for i in [] %}x{% else %}empty{% endfor %}", "empty")]
    [DataRow("{% for i in none_such %}x{% else %}empty{% endfor %}", "empty")]
    [DataRow("{% for i in [1, 2, 3] if i is odd %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% else %}none{% endfor %}", "1:1/2 2:3/2 ")]
    [DataRow("{% for i in [2, 4] if i is odd %}x{% else %}none{% endfor %}", "none")]
    [DataRow("{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}", "b=1;a=x;")]
    [DataRow("{% for k in m %}{{ k }}{% endfor %}", "ba")]
    [DataRow("{% for c in 'añ😀' %}[{{ c }}]{% endfor %}", "[a][ñ][😀]")]
    [DataRow("{% for a, b in [(1, 2), [3, 4]] %}{{ a + b }} {% endfor %}", "3 7 ")]
    [DataRow(
        "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        "02")]
    [DataRow(
        "{% for i in [1, 2] %}{% for j in [1, 2] %}{% if j == 2 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
        "11 21 ")]
    [DataRow(
        "{% for i in 'abc' %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }} {% endfor %}",
        "032TrueFalse 121FalseFalse 210FalseTrue ")]
    [DataRow("{% for i in 'abc' %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}", "<a>b a<b>c b<c> ")]
    [DataRow("{% for i in [1, 2] %}{% for j in [1] %}{{ loop.length }}{% endfor %}{{ loop.length }}{% endfor %}", "1212")]
    [DataRow("{% for i in [1] %}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}", "10")]
    [DataRow("{% for i in (1, 2) %}{{ i }}{% endfor %}{% for i in 1, 2 %}{{ i }}{% endfor %}", "1212")]
    [DataRow("{% for i in range(3, 0, -1) %}{{ i }}{% endfor %}", "321")]
    [DataRow("{% for i in [[1, 2], [3]] %}{{ i|length }}{% endfor %}", "21")]
    [DataRow("{% for i in [1, 2] %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2")]
    public void Render_Loops_AreJinjas(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow("{{ 'a' if x else 'b' }}", "a")]
    [DataRow("{{ 'a' if not x else 'b' }}", "b")]
    [DataRow("{{ 'a' if none_such else 'b' if x else 'c' }}", "b")]
    [DataRow("[{{ 'a' if none_such }}]", "[]")]
    [DataRow("{% if none_such %}a{% elif x == 2 %}b{% elif x %}c{% else %}d{% endif %}", "c")]
    [DataRow("{% if 0 or '' or [] or {} or none %}a{% else %}b{% endif %}", "b")]
    [DataRow("{% if 0.0 %}a{% else %}b{% endif %}{% if ' ' %}a{% endif %}", "ba")]
    [DataRow("{{ 1 and none_such }}", "")]
    [DataRow("{{ none_such or 'x' }}", "x")]
    [DataRow("{{ 0 and 1 }}", "0")]
    [DataRow("{% if msgs[0].role == 'user' and msgs[0]['content'] | trim == 'a' %}yes{% endif %}", "yes")]
    [DataRow("{% if (msgs | length) > 1 and not (msgs | length) > 2 %}two{% endif %}", "two")]
    public void Render_Conditions_AreJinjas(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow(
        "{% macro f(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}|{{ f(1, 3) }}|{{ f(1, c=4) }}|{{ f(b=5, a=6) }}",
        "121|131|124|656")]
    [DataRow("{% macro f(a) %}[{{ a }}]{% endmacro %}{{ f() }}{{ f(none) }}", "[][None]")]
    [DataRow("{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "3210")]
    [DataRow("{% macro f() %}  x\n{% endmacro %}[{{ f() }}]", "[  x\n]")]
    [DataRow("{% macro f(a) %}{{ a|upper }}{% endmacro %}{{ f('x') ~ f('y') }}|{{ f('z')|lower }}", "XY|z")]
    [DataRow("{% macro f() %}a{% endmacro %}{% set t = f() %}{{ t }}{{ t|length }}", "a1")]
    public void Render_Macros_AreJinjas(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow("{{ msgs[0].role }}", "user")]
    [DataRow("{{ msgs[0]['role'] }}", "user")]
    [DataRow("{{ msgs.0.role }}", "user")]
    [DataRow("{{ msgs[9] }}", "")]
    [DataRow("{{ m.zz }}", "")]
    [DataRow("{{ m['zz'] }}", "")]
    [DataRow("{{ 'abc'[9] }}", "")]
    [DataRow("{{ msgs[-1].meta.n }}", "2")]
    [DataRow("{{ msgs[1]['meta']['n'] }}", "2")]
    [DataRow("{{ {'items': 1}.items is defined }}{{ {'items': 1}['items'] }}", "True1")]
    [DataRow("{{ {'a': {'b': [1, {'c': 'd'}]}}.a.b[1].c }}", "d")]
    [DataRow("{{ s.none_such is defined }}", "False")]
    [DataRow("{{ [1, 2, 3][1:] }}", "[2, 3]")]
    [DataRow("{{ 'abc'[:-1] }}", "ab")]
    [DataRow("{{ [1, 2, 3, 4][::2] }}", "[1, 3]")]
    [DataRow("{{ 'abc'[::-1] }}", "cba")]
    [DataRow("{{ {1: 'a', 2.5: 'b', true: 'c'} }}", "{1: 'c', 2.5: 'b'}")]
    [DataRow("{{ {'a': 1}['a'] + {'a': 2}.a }}", "3")]
    [DataRow("{{ loop is defined }}", "False")]
    [DataRow("{{ messages is defined }}", "False")]
    public void Render_Members_AreFoundWhereJinjaFindsThem(string template, string expected) =>
        Assert.AreEqual(expected, Templates.Render(template));

    [TestMethod]
    [DataRow("{{ none_such.a }}", "it has no attribute 'a': 'none_such' is undefined", 13)]
    [DataRow("{{ none_such['a'] }}", "it has no items: 'none_such' is undefined", 13)]
    [DataRow("{{ none_such() }}", "cannot be called: 'none_such' is undefined", 13)]
    [DataRow("{{ none_such[1:] }}", "cannot be sliced: 'none_such' is undefined", 13)]
    [DataRow("{{ m.zz.q }}", "it has no attribute 'q': the dict has no key 'zz'", 8)]
    [DataRow("{{ msgs[5].role }}", "it has no attribute 'role': there is no item 5", 11)]
    [DataRow("{{ x() }}", "an integer cannot be called", 5)]
    [DataRow("{{ x[1:] }}", "an integer cannot be sliced", 5)]
    [DataRow("{{ 'abc'[::0] }}", "the step of a slice is 0", 9)]
    [DataRow("{{ 'abc'['a':] }}", "a slice takes integers, not a string", 10)]
    [DataRow("{% for i in x %}{% endfor %}", "an integer cannot be walked through", 13)]
    [DataRow("{% for a, b in [1] %}{% endfor %}", "an integer cannot be walked through", 8)]
    [DataRow("{% for a, b in [(1, 2, 3)] %}{% endfor %}", "3 values cannot be unpacked into 2 variables", 8)]
    [DataRow("{% set a, b = 'xyz' %}", "3 values cannot be unpacked into 2 variables", 8)]
    [DataRow("{% set m.a = 1 %}", "'m' is no namespace, so its attribute 'a' cannot be set", 8)]
    [DataRow("{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", "the macro 'f' takes at most 1 arguments and was given 2", 35)]
    [DataRow("{% macro f(a) %}{% endmacro %}{{ f(b=1) }}", "the macro 'f' has no argument 'b'", 35)]
    [DataRow("{% macro f(a) %}{% endmacro %}{{ f(1, a=1) }}", "the macro 'f' was given the argument 'a' twice", 35)]
    [DataRow("{% macro f(a) %}{{ a.b }}{% endmacro %}{{ f() }}", "the parameter 'a' of the macro 'f' was not given", 21)]
    public void Render_WhatCannotBeDone_IsRefusedWhereItStands(string template, string message, int column) =>
        Templates.AssertInvalid(template, message, column: column);

    [TestMethod]
    [DataRow("{{ {[1]: 2} }}", "a list as a key of a dict is not supported; strings, numbers and booleans are", 5)]
    [DataRow("{{ {none: 2} }}", "none as a key of a dict is not supported", 5)]
    [DataRow("{{ joiner() }}", "Jinja's 'joiner' is not supported", 4)]
    [DataRow("{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}", "Jinja's 'caller' is not supported", 19)]
    [DataRow("{% for i in [1] %}{{ loop.cycle('a') }}{% endfor %}", "'loop.cycle' is not supported", 26)]
    [DataRow("{{ range(3) }}", "a range cannot be printed", 1)]
    [DataRow("{{ m.items() }}", "a generator cannot be printed", 1)]
    [DataRow("{{ s.upper }}", "a function cannot be printed", 1)]
    [DataRow("{{ namespace() }}", "a namespace cannot be printed", 1)]
    public void Render_WhatOnlyJinjaDoes_IsRefusedByName(string template, string message, int column) =>
        Templates.AssertUnsupported(template, message, column: column);

    [TestMethod]
    public void Render_KeyThatLooksLikeAnAttributeOfPython_IsOnlyAKey()
    {
        Assert.AreEqual("", Templates.Render("{{ m['__class__'] }}"));
        Assert.AreEqual("1", Templates.Render("{{ {'__class__': 1}['__class__'] }}"));
    }

    [TestMethod]
    public void Render_FailureOnALaterLine_NamesLineAndColumn()
    {
        Templates.AssertInvalid("a\r\nb\n  {{ x }}{{ none_such.y }}\nc", "'none_such' is undefined", line: 3, column: 22);
        Templates.AssertUnsupported(
            "a\n{% for i in [1] %}\n\t{{ range(1) }}\n{% endfor %}", "a range cannot be printed", line: 3, column: 2);
    }

    [TestMethod]
    public void Render_SameTemplateTwice_StartsAfresh()
    {
        const string Source = "{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}";
        Assert.AreEqual("6", Templates.Render(Source));
        Assert.AreEqual("6", Templates.Render(Source));
    }
}
