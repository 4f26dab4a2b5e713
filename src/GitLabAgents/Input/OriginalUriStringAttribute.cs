using System;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>
/// Converts a <see cref="Uri"/> to the text that it was created from. A parameter of text can reject an invalid URI
/// without showing a password in it, and does not read <c>host:port</c> as a scheme.
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
