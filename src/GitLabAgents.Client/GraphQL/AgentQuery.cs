using System;
using System.Collections.Generic;

namespace GitLabAgents;

/// <summary>
/// What one operation asks of each agent, and of how many at once. After GitLab could not answer a query it asks for
/// less: half the page, a few times, and then nothing about connections.
/// </summary>
internal sealed class AgentQuery
{
    private const int MaxProjects = 100;
    private const int MaxAgents = 100;

    // With connections, 100 projects of 100 agents would exceed the complexity that GitLab allows.
    private const int MaxAgentsWithConnections = 75;
    private const int MaxReductions = 3;

    private readonly object _gate = new();
    private readonly GraphQLSupport _support;
    private bool _hasConnections;

    public AgentQuery(GraphQLSupport support, AgentParts parts)
    {
        _support = support;
        _hasConnections = (parts & AgentParts.Connections) != AgentParts.None;
        Parts = parts;
        Level = support.ReductionLevel;
    }

    /// <summary>Gets what the operation needs.</summary>
    public AgentParts Parts { get; }

    /// <summary>Gets a value indicating whether the operation needs tokens.</summary>
    public bool NeedsTokens => (Parts & AgentParts.Tokens) != AgentParts.None;

    /// <summary>Gets how often the query was reduced.</summary>
    public int Level { get; private set; }

    /// <summary>Gets the reason connections are not asked for any more, or null.</summary>
    public string? ConnectionsReason { get; private set; }

    /// <summary>Gets or sets the reason the last query that failed had no data.</summary>
    public string? FailureReason { get; set; }

    /// <summary>Gets or sets the agents that are wanted, or null for all.</summary>
    public Func<ClusterAgent, bool>? Filter { get; set; }

    /// <summary>Gets or sets a value indicating whether the user wants archived projects too.</summary>
    public bool IncludeArchived { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether membership does not matter, because the user sees every project.
    /// </summary>
    public bool IsAdministrator { get; set; }

    /// <summary>Gets the number of projects on a page.</summary>
    public int Projects => MaxProjects >> Halvings;

    /// <summary>Gets the number of agents of each project on a page of projects.</summary>
    public int AgentsPerProject => (_hasConnections ? MaxAgentsWithConnections : MaxAgents) >> Halvings;

    /// <summary>Gets the number of agents on a page of one project.</summary>
    public int Agents => MaxAgents >> Halvings;

    /// <summary>Gets the names of the fields and arguments that the operation does not need.</summary>
    public IEnumerable<string> Excluded
    {
        get
        {
            if (!NeedsTokens)
            {
                yield return "tokens";
            }

            if (!_hasConnections)
            {
                yield return "connections";
            }

            if (IncludeArchived)
            {
                yield return "includeArchived:";
                yield return "archived:";
            }

            if (IsAdministrator)
            {
                yield return "minAccessLevel:";
            }
        }
    }

    private int Halvings => Level < MaxReductions ? Level : MaxReductions;

    /// <summary>Returns whether an agent is wanted.</summary>
    public bool IsMatch(ClusterAgent agent) => Filter?.Invoke(agent) != false;

    /// <summary>Asks for less after a query was too expensive.</summary>
    /// <param name="level">The level of that query; another query may have reduced it since.</param>
    /// <param name="result">The result of that query.</param>
    /// <returns>What happens now, as a sentence; null if there is nothing left to leave out.</returns>
    public string? TryReduce(int level, GraphQLResult result)
    {
        lock (_gate)
        {
            if (Level > level)
            {
                return "The query is repeated in a smaller size.";
            }

            if (Level < MaxReductions)
            {
                Level++;
                if (result.IsTooComplex && _support.ReductionLevel < Level)
                {
                    _support.ReductionLevel = Level;
                }

                return $"The query is repeated with {Projects} projects and {AgentsPerProject} agents at a time.";
            }

            if (!_hasConnections)
            {
                return null;
            }

            Level++;
            _hasConnections = false;
            ConnectionsReason = result.Reason;
            return "The query is repeated without connections.";
        }
    }
}
