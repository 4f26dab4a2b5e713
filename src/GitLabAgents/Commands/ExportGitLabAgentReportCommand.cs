using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using GitLabAgents.Reports;

namespace GitLabAgents.Commands;

/// <summary>
/// Writes a report about agents to a self-contained HTML file: totals, findings, charts, and a table that sorts and
/// filters. It sends nothing.
/// </summary>
[Cmdlet(VerbsData.Export, "GitLabAgentReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportGitLabAgentReportCommand : GitLabCmdlet
{
    private readonly List<AgentInventoryItem> _agents = [];
    private string _file = string.Empty;

    /// <summary>Gets or sets the agent.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public AgentInventoryItem InputObject { get; set; } = null!;

    /// <summary>Gets or sets the path of the file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <summary>Gets or sets the title of the report.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Title { get; set; } = "GitLab agents for Kubernetes";

    /// <summary>Gets or sets a switch that replaces an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Gets or sets a switch that returns the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        // Before a fleet is read that could not be written.
        try
        {
            _file = ResolvePath();
            ReportFile.CheckPath(_file, Force);
        }
        catch (GitLabApiException e)
        {
            ThrowTerminatingError(ErrorRecordFactory.Create(e, Path));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            GetClient(InputObject.Session);
            _agents.Add(InputObject);
        }
        catch (GitLabApiException e)
        {
            ThrowTerminatingError(ErrorRecordFactory.Create(e, InputObject));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!ShouldProcess(_file, $"Export a report about {ReportText.Count(_agents.Count, "agent")}"))
        {
            return;
        }

        try
        {
            GitLabSession session = _agents.Count > 0 ? _agents[0].Session : GetClient().Session;
            var report = new AgentReport(Title, _agents, session.GetServerTime());
            ReportFile.Write(_file, ReportPage.Create(report), Force);
        }
        catch (GitLabApiException e)
        {
            ThrowTerminatingError(ErrorRecordFactory.Create(e, Path));
        }

        if (PassThru)
        {
            WriteObject(new FileInfo(_file));
        }
    }

    private string ResolvePath()
    {
        string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path, out ProviderInfo provider, out _);
        return provider.Name == "FileSystem"
            ? file
            : throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"'{Path}' is a path of the provider {provider.Name}, not of the file system.",
                "Specify the path of a file with -Path.");
    }
}
