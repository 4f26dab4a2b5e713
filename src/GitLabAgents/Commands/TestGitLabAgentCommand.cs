using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>
/// Finds what needs attention: agents that are not connected, tokens that nobody uses, certificates that expire.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "GitLabAgent")]
[OutputType(typeof(AgentFinding))]
public sealed class TestGitLabAgentCommand : InventoryCmdlet
{
    private const string ObjectSet = "InputObject";

    private AgentRuleOptions _options = null!;

    /// <summary>Gets or sets the agent to test.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public AgentInventoryItem InputObject { get; set; } = null!;

    /// <summary>Gets or sets how long a token may be idle. The default is 90 days.</summary>
    [Parameter]
    public TimeSpan UnusedFor { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Gets or sets how old a token may be. The default is 365 days.</summary>
    [Parameter]
    public TimeSpan TokenMaxAge { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Gets or sets how long before its end a certificate is reported. The default is 30 days.</summary>
    [Parameter]
    public TimeSpan CertificateExpiresWithin { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Gets or sets the names of the rules to apply; wildcards are allowed. The default is all rules.
    /// </summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RuleCompleter))]
    public string[]? Rule { get; set; }

    /// <summary>Gets or sets the names of the rules not to apply; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RuleCompleter))]
    public string[]? ExcludeRule { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            CheckTimeSpan(nameof(UnusedFor), UnusedFor);
            CheckTimeSpan(nameof(TokenMaxAge), TokenMaxAge);
            CheckTimeSpan(nameof(CertificateExpiresWithin), CertificateExpiresWithin);
            string[] excluded = ExcludeRule is null ? [] : SelectRules(nameof(ExcludeRule), ExcludeRule);
            _options = new AgentRuleOptions
            {
                UnusedFor = UnusedFor,
                TokenMaxAge = TokenMaxAge,
                CertificateExpiresWithin = CertificateExpiresWithin,
                Rules = [.. SelectRules(nameof(Rule), Rule ?? ["*"]).Except(excluded, StringComparer.Ordinal)],
            };
        }
        catch (GitLabApiException e)
        {
            ThrowTerminatingError(ErrorRecordFactory.Create(e, null));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ObjectSet)
        {
            Attempt(InputObject, () => Test(GetClient(InputObject.Session), InputObject));
        }
        else if (IsScopeSelected)
        {
            Attempt(Target, TestInventory);
        }
    }

    private static string[] SelectRules(string parameter, string[] names)
    {
        var filter = new NameFilter(names);
        string[] rules = [.. AgentRules.Names.Where(filter.IsMatch)];
        return filter.Unmatched.FirstOrDefault() is { } unknown
            ? throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"-{parameter}: '{unknown}' is not a rule.",
                $"The rules are {string.Join(", ", AgentRules.Names)}.")
            : rules;
    }

    private static void CheckTimeSpan(string parameter, TimeSpan value)
    {
        if (value < TimeSpan.Zero || (value > TimeSpan.Zero && value < TimeSpan.FromSeconds(1)))
        {
            // PowerShell converts a plain 90 to 90 ticks.
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"-{parameter} {value} is not a valid time span.",
                "Specify 90.00:00:00 or (New-TimeSpan -Days 90) for 90 days.");
        }
    }

    private void TestInventory()
    {
        GitLabClient client = GetClient();
        try
        {
            foreach (ItemResult<AgentInventoryItem> item in ReadInventory(client, filter: null))
            {
                if (item.Error is { } error)
                {
                    WriteNotReadable(client, item.Target, error);
                }
                else
                {
                    Test(client, item.Value!);
                }
            }
        }
        catch (GitLabApiException e)
        {
            WriteNotReadable(client, Target, e);
        }
    }

    // Both: the finding is part of the report, and the error makes an unattended run fail.
    private void WriteNotReadable(GitLabClient client, object? target, GitLabApiException error)
    {
        WriteError(ErrorRecordFactory.Create(error, target));
        if (_options.Rules.Contains(AgentRules.NotReadable, StringComparer.Ordinal))
        {
            WriteObject(AgentRules.CreateNotReadable(client.Session, target, error));
        }
    }

    private void Test(GitLabClient client, AgentInventoryItem item)
    {
        foreach (AgentFinding finding in AgentRules.Evaluate(item, _options, client.Session.GetServerTime()))
        {
            WriteObject(finding);
        }

        if (item.IsReceptive is true && _options.Rules.Contains(AgentRules.CertificateExpires, StringComparer.Ordinal))
        {
            TestCertificates(client, item);
        }
    }

    private void TestCertificates(GitLabClient client, AgentInventoryItem item)
    {
        IEnumerable<AgentFinding> findings;
        try
        {
            AgentUrlConfiguration[] configurations =
                Wait(client.GetUrlConfigurationsAsync(item.ProjectId, item.AgentId, PipelineStopToken));
            findings = AgentRules.EvaluateCertificates(item, configurations, _options, client.Session.GetServerTime());
        }
        catch (GitLabApiException e)
        {
            WriteError(ErrorRecordFactory.Create(e, item));
            findings = _options.Rules.Contains(AgentRules.NotReadable, StringComparer.Ordinal)
                ? [AgentRules.CreateNotReadable(item, $"its URL configuration: {e.Problem}")]
                : [];
        }

        foreach (AgentFinding finding in findings)
        {
            WriteObject(finding);
        }
    }
}
