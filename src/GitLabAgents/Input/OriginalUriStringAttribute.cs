using System;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>
/// Takes a <see cref="Uri"/> as the text that it was created from. As text, what is not a valid URI can be refused
/// without repeating a password in it, and <c>host:port</c> is not read as a scheme.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OriginalUriStringAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject { BaseObject: { } inner } ? inner : inputData;
        return value is Uri uri ? uri.OriginalString : inputData;
    }
}
