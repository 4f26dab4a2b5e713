using System;
using System.Management.Automation;
using System.Security;

namespace GitLabAgents;

/// <summary>
/// Rejects a secret in plain text before PowerShell does, whose own error message would show it.
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
            : throw new ArgumentTransformationMetadataException(
                "A secret must be a SecureString. Read one with Read-Host -AsSecureString or Get-Secret.");
    }
}
