using System.Management.Automation;
using System.Net.Http;

namespace GitLabAgents.Benchmark.Baseline;

/// <summary>Writes the agents that <see cref="BareLoop"/> reads to the pipeline.</summary>
[Cmdlet(VerbsCommon.Get, "BareAgent")]
[OutputType(typeof(BareAgent))]
public sealed class GetBareAgentCommand : PSCmdlet
{
    /// <summary>Gets or sets the client, with the access token.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public HttpClient Client { get; set; } = null!;

    /// <summary>Gets or sets the address of the project in the API.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public string Project { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (BareAgent agent in BareLoop.ReadAgents(Client, Project))
        {
            WriteObject(agent);
        }
    }
}
