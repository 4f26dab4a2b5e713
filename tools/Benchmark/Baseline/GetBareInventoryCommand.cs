using System.IO;
using System.Management.Automation;
using System.Net.Http;

namespace GitLabAgents.Benchmark.Baseline;

/// <summary>Writes the agents that <see cref="BareInventory"/> reads to the pipeline.</summary>
[Cmdlet(VerbsCommon.Get, "BareInventory")]
public sealed class GetBareInventoryCommand : PSCmdlet
{
    /// <summary>Gets or sets the client, with the access token.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public HttpClient Client { get; set; } = null!;

    /// <summary>Gets or sets the address of GraphQL.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public string Endpoint { get; set; } = null!;

    /// <summary>Gets or sets a file with the body of the first request.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    public string Query { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (BareInventoryAgent agent in BareInventory.ReadAgents(Client, Endpoint, File.ReadAllBytes(Query)))
        {
            WriteObject(agent);
        }
    }
}
