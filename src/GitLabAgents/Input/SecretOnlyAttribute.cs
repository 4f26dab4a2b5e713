using System;
using System.Management.Automation;
using System.Security;

namespace GitLabAgents;

/// <summary>
/// Refuses a secret that comes as plain text before PowerShell does, whose own error would repeat it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretOnlyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject { BaseObject: { } inner } ? inner : inputData;
        return value is null or SecureString
            ? value
            : throw new ArgumentTransformationMetadataException("A secret is taken as a SecureString only. Read one with Read-Host -AsSecureString or Get-Secret.");
    }
}
