using System;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>
/// Requires a project. The only objects of this module without one are tokens that were found by their secret.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ValidateProjectAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is null)
        {
            throw new ValidationMetadataException(
                "The project is not known. GitLab returns no project for a token that was found by its secret: find "
                    + "its agent with Get-GitLabAgentInventory -All | Where-Object AgentId -EQ $token.AgentId");
        }
    }
}
