using System;

namespace GitLabAgents;

/// <summary>What an operation needs of each agent besides the agent itself.</summary>
[Flags]
internal enum AgentParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The active tokens, with their last use.</summary>
    Tokens = 1,

    /// <summary>The connections. Their assessment takes the tokens too.</summary>
    Connections = 2,
}
