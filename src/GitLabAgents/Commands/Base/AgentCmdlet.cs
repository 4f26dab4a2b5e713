using System.Collections.Generic;
using System.Management.Automation;
using GitLabAgents.Completion;

namespace GitLabAgents.Commands;

/// <summary>The base class of cmdlets that work on one agent of one project.</summary>
public abstract class AgentCmdlet : GitLabCmdlet
{
    private readonly Dictionary<GitLabSession, AgentBatchReader> _batchReaders = [];

    /// <summary>Gets or sets the agent's project, by its ID or full path.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("ProjectId")]
    [ValidateProject]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public virtual ProjectReference Project { get; set; } = null!;

    /// <summary>Gets or sets the agent, by its ID or name.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("AgentId")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public virtual AgentReference Agent { get; set; } = null!;

    /// <summary>Gets the reader that reads the agents of a pipeline together: one for each session.</summary>
    private protected AgentBatchReader GetBatchReader(GitLabClient client, AgentParts parts)
    {
        if (!_batchReaders.TryGetValue(client.Session, out AgentBatchReader? reader))
        {
            reader = new AgentBatchReader(client, parts, PipelineStopToken);
            _batchReaders.Add(client.Session, reader);
        }

        return reader;
    }
}
