using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using GitLabAgents.Reports;
using Xunit;

namespace GitLabAgents.Tests.Reports;

/// <summary>Checks the HTML of reports. ReportBrowserTests checks what a browser does with it.</summary>
public sealed class ReportPageTests
{
    public static readonly string[] Hostile =
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></style></script><svg onload=alert(1)>",
        "{{script}}{{title}}",
        "<!--",
        "]]>",
        "&lt;b&gt;",
        "javascript:alert(1)",
        "\uD800 lone \uFFFF",
    ];

    public static TheoryData<string> HostileNames => [.. Hostile];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void Text_from_GitLab_is_encoded(string name)
    {
        using var fleet = new ReportFleet();
        fleet.Session.Version = name;
        AgentToken[] tokens = [fleet.Token(name, 500, null), fleet.Token(name, 400, 200)];
        fleet.Add(name, name, version: name, tokens: tokens);
        fleet.Add(name, name, unreadable: name);
        string page = ReportPage.Create(fleet.Report(name));

        // Only an encoded name leaves the tags of the page unchanged.
        using var plain = new ReportFleet();
        plain.Session.Version = "x";
        AgentToken[] plainTokens = [plain.Token("x", 500, null), plain.Token("x", 400, 200)];
        plain.Add("x", "x", version: "x", tokens: plainTokens);
        plain.Add("x", "x", unreadable: "x");
        Assert.Equal(Tags(ReportPage.Create(plain.Report("x"))), Tags(page));

        string shown = DisplayText.Sanitize(name);
        Assert.Contains(Cells(page), cell => cell == shown);
        Assert.Contains($"<h1>{WebUtility.HtmlEncode(shown)}</h1>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_allows_only_the_style_and_the_script_of_the_page()
    {
        string page = CreateTypical();
        string style = Between(page, "<style>", "</style>");
        string script = Between(page, "<script>", "</script>");
        string policy = Between(page, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        Assert.Equal(
            $"default-src 'none'; style-src '{Hash(
                style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'",
            policy);
        Assert.Single(Regex.Matches(page, "<script", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1)));
        Assert.Single(Regex.Matches(page, "<style", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1)));
        Assert.DoesNotMatch(
            new Regex("<[^>]*\\s(style|on\\w+)=", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5)), page);
        Assert.True(
            page.IndexOf(
                "Content-Security-Policy",
                StringComparison.Ordinal) < page.IndexOf("<style>", StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_loads_no_external_resources()
    {
        string page = CreateTypical();
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(
            new Regex(
                @"<(link|img|iframe|object|embed|base)\b|\ssrc=|url\(|@import",
                RegexOptions.IgnoreCase,
                TimeSpan.FromSeconds(5)),
            page);
        Assert.All(
            Regex.Matches(page, "href=\"([^\"]*)\"", RegexOptions.None, TimeSpan.FromSeconds(5)),
            static match => Assert.Matches("^#agent-[0-9]+$", match.Groups[1].Value));
    }

    [Fact]
    public void The_totals_add_up()
    {
        using var fleet = ReportFleet.Create(200);
        AgentReport report = fleet.Report();
        string page = ReportPage.Create(report);
        Assert.Equal(
            200, Regex.Matches(page, "<tr role=\"row\" id=\"agent-", RegexOptions.None, TimeSpan.FromSeconds(5)).Count);
        Assert.Equal(200, Card("Agents"));
        Assert.Equal(
            fleet.Agents.Count(static agent => agent.Status == AgentConnectionStatus.Connected), Card("Connected"));
        Assert.Equal(200, Card("Connected") + Card("Not connected"));
        Assert.Equal(fleet.Agents.Sum(static agent => agent.Tokens?.Length ?? 0), Card("Active tokens"));
        var options = new AgentRuleOptions();
        AgentFinding[] findings =
        [
            .. fleet.Agents.SelectMany(agent => AgentRules.Evaluate(agent, options, ReportFleet.Now)),
        ];
        Assert.Equal(findings.Count(static finding => finding.Severity == AgentFindingSeverity.Error), Card("Errors"));
        Assert.Equal(
            findings.Count(static finding => finding.Severity == AgentFindingSeverity.Warning), Card("Warnings"));
        Assert.All(
            findings,
            finding => Assert.Contains(
                WebUtility.HtmlEncode(finding.Message).Replace("&#39;", "'", StringComparison.Ordinal),
                page,
                StringComparison.Ordinal));

        int[] charts =
        [
            .. Regex.Matches(
                page,
                "aria-label=\"Number of (agents|tokens)\\. ([^\"]*)\"",
                RegexOptions.None,
                TimeSpan.FromSeconds(5))
                .Select(
                    static chart => Regex.Matches(
                        chart.Groups[2].Value, @": ([0-9,]+)", RegexOptions.None, TimeSpan.FromSeconds(5))
                        .Sum(
                            static count => int.Parse(
                                count.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))),
        ];
        Assert.Equal([200, Card("Connected"), Card("Active tokens"), 200], charts);

        int Card(string label) => int.Parse(
            Between(page, $"<span class=\"label\">{label}</span><span class=\"value\">", "<"),
            NumberStyles.AllowThousands,
            CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Unknown_values_are_shown_as_unknown()
    {
        using var fleet = new ReportFleet();
        fleet.Add(unreadable: "GraphQL is off.");
        string page = ReportPage.Create(fleet.Report());
        Assert.Contains(">Unknown</span>", page, StringComparison.Ordinal);
        Assert.Contains("data-label=\"Last used\" data-value=\"\">?</td>", page, StringComparison.Ordinal);
        Assert.Contains(
            "data-label=\"Tokens\" data-value=\"\" class=\"number\">?</td>", page, StringComparison.Ordinal);
        Assert.Contains("GraphQL is off.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Findings_are_sorted_by_severity()
    {
        string page = CreateTypical();
        string[] badges =
        [
            .. Regex.Matches(page, "<summary><span class=\"badge (\\w+)\">", RegexOptions.None, TimeSpan.FromSeconds(5))
                .Select(static match => match.Groups[1].Value),
        ];
        string[] order = ["error", "warning", "information"];
        Assert.Equal(order, badges.Distinct());
        Assert.Equal(badges.OrderBy(badge => Array.IndexOf(order, badge)), badges);
        Assert.DoesNotContain("<details class=\"finding\" open=", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_list_of_findings_is_expanded()
    {
        using var fleet = new ReportFleet();
        fleet.Add(lastUsed: 3);
        string page = ReportPage.Create(fleet.Report());
        Assert.Contains("<details class=\"finding\" open=", page, StringComparison.Ordinal);
        Assert.Contains(
            "<code><span>Get-GitLabAgentActivity</span> <span>-Project 'group/app'</span> <span>-Agent 'prod'</span>",
            page,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_healthy_fleet_and_an_empty_one_say_so()
    {
        using var fleet = new ReportFleet();
        Assert.Contains("The report has no agents", ReportPage.Create(fleet.Report()), StringComparison.Ordinal);
        fleet.Add(version: "18.9.0", lastUsed: 0);
        Assert.Contains(
            "No findings: nothing about 1 agent needs attention.",
            ReportPage.Create(fleet.Report()),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("ar-SA")]
    [InlineData("th-TH")]
    public void The_page_is_the_same_in_every_culture(string culture)
    {
        string expected = CreateTypical();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(culture);
            Assert.Equal(expected, CreateTypical());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Agents_of_several_servers_name_theirs()
    {
        using var fleet = new ReportFleet();
        using var other = new ReportFleet("gitlab.example.org");
        var report = new AgentReport("Both", [fleet.Add(), other.Add()], ReportFleet.Now);
        string page = ReportPage.Create(report);
        Assert.Contains(
            "gitlab.example.com · gitlab.example.org · as of 2026-03-16 09:30 UTC",
            WebUtility.HtmlDecode(page),
            StringComparison.Ordinal);
        Assert.Contains("<span class=\"secondary\">gitlab.example.org</span>", page, StringComparison.Ordinal);
        Assert.Contains("in 2 projects", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_keeps_the_existing_file()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "report.html");
        File.WriteAllText(path, "before");
        const string NotEncodable = "\uD800";
        Assert.Throws<GitLabApiException>(() => ReportFile.Write(path, NotEncodable, overwrite: false));
        Directory.CreateDirectory(Path.Combine(folder.Path, "folder.html"));
        Assert.Throws<GitLabApiException>(
            () => ReportFile.Write(Path.Combine(folder.Path, "folder.html"), "x", overwrite: true));
        Assert.Equal("before", File.ReadAllText(path));
        ReportFile.Write(path, "<p>ü</p>", overwrite: true);
        Assert.Equal(Encoding.UTF8.GetBytes("<p>ü</p>"), File.ReadAllBytes(path));
        Assert.Equal(
            ["folder.html", "report.html"],
            Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static string CreateTypical()
    {
        using var fleet = ReportFleet.Create(60);
        return ReportPage.Create(fleet.Report());
    }

    private static string[] Tags(string page)
        =>
        [
            .. Regex.Matches(WithoutSource(page), "</?[a-zA-Z!][^\\s>]*", RegexOptions.None, TimeSpan.FromSeconds(5))
                .Select(static match => match.Value),
        ];

    // The style and the script of the page contain no markup.
    private static string WithoutSource(string page) => page
        .Replace(Between(page, "<style>", "</style>"), string.Empty, StringComparison.Ordinal)
        .Replace(Between(page, "\n<script>", "</script>"), string.Empty, StringComparison.Ordinal);

    private static string[] Cells(string page)
        =>
        [
            .. Regex.Matches(page, "<bdi>([^<]*)</bdi>", RegexOptions.None, TimeSpan.FromSeconds(5))
                .Select(static match => WebUtility.HtmlDecode(match.Groups[1].Value)),
        ];

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal);
        Assert.True(from >= 0, start);
        from += start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    private static string Hash(string text)
        => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
