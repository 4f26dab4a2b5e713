using System;
using System.Management.Automation;

namespace GitLabAgents;

/// <summary>
/// Keeps the origin of objects that came from CSV, CliXml, JSON or a job: their session is text or a deserialized copy.
/// Without this attribute PowerShell would drop it silently, and a command would act on whichever GitLab is current.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SessionTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject { BaseObject: var inner and not PSCustomObject } ? inner : inputData;
        return value is null or GitLabSession ? value : GitLabSession.FromAddress(GetAddress(inputData));
    }

    private static string GetAddress(object value)
    {
        object? uri = PSObject.AsPSObject(value).Properties["Uri"]?.Value;
        return uri is null
            ? value.ToString()
            : PSObject.AsPSObject(uri).Properties["AbsoluteUri"]?.Value?.ToString() ?? uri.ToString();
    }
}
