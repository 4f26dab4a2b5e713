using System;
using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace GitLabAgents;

/// <summary>The script that deploys new tokens.</summary>
internal sealed class DeployScript
{
    private readonly ScriptBlock _script;
    private readonly PSVariableIntrinsics _variables;

    /// <summary>Initializes a new instance of the <see cref="DeployScript"/> class.</summary>
    /// <param name="script">The script.</param>
    /// <param name="session">The session state of the caller.</param>
    /// <exception cref="GitLabApiException">The script cannot be run once for each token.</exception>
    public DeployScript(ScriptBlock script, SessionState session)
    {
        _script = script;
        _variables = session.PSVariable;
        ScriptBlockAst? ast = (script.Ast as FunctionDefinitionAst)?.Body ?? script.Ast as ScriptBlockAst;
        if (ast is { BeginBlock: not null } or { ProcessBlock: not null, EndBlock: not null })
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                "-Deploy runs once for each token. It cannot have a begin block, or both a process and an end block.",
                "Use a script block without named blocks.");
        }
    }

    /// <summary>Deploys a token.</summary>
    /// <param name="token">The token. The script gets it as <c>$_</c> and as its first argument.</param>
    /// <param name="warn">Gets a warning about a deployment that may have failed.</param>
    /// <returns>The reason for the failure, which may contain the secret, or <see langword="null"/>.</returns>
    /// <exception cref="PipelineStoppedException">The deployment was stopped.</exception>
    public string? Run(NewAgentToken token, Action<string> warn)
    {
        var errors = _variables.GetValue("Error") as IList;
        object? newest = errors is { Count: > 0 } ? errors[0] : null;
        object? exitCode = _variables.GetValue("global:LASTEXITCODE");
        Exception? thrown = null;
        try
        {
            _variables.Set("global:LASTEXITCODE", 0);

            // Its output is not the output of the cmdlet, and could contain the secret.
            _script.InvokeWithContext(null, [new PSVariable("_", token)], token);
            if (_variables.GetValue("global:LASTEXITCODE") is not (0 or null) and { } code)
            {
                warn($"The last command that -Deploy ran for {RotationFormatter.FormatToken(token)} returned exit code "
                    + $"{code}. The script did not throw, so the rotation assumes that the token was deployed.");
            }

            return null;
        }
        catch (FlowControlException)
        {
            return "-Deploy was left with break, continue or exit";
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            thrown = e;
            string? message = (e as IContainsErrorRecord)?.ErrorRecord?.ToString();
            return string.IsNullOrWhiteSpace(message) ? e.Message : message;
        }
        finally
        {
            RemoveSecretFromErrors(token, errors, newest, thrown);
            _variables.Set("global:LASTEXITCODE", exitCode);
        }
    }

    // PowerShell keeps the errors of a script in $Error as they are. The cmdlet reports the failure without the secret.
    private static void RemoveSecretFromErrors(NewAgentToken token, IList? errors, object? newest, Exception? thrown)
    {
        Exception? cause = (thrown as IContainsErrorRecord)?.ErrorRecord?.Exception ?? thrown;
        for (int index = 0; index < errors?.Count && !ReferenceEquals(errors[index], newest); index++)
        {
            var record = errors[index] as ErrorRecord;
            string text = record is null
                ? $"{errors[index]}"
                : $"{record} {record.Exception} {record.TargetObject} {record.ErrorDetails?.RecommendedAction}";
            bool isCause = cause is not null && ReferenceEquals(record?.Exception ?? errors[index], cause);
            if (isCause || token.Redact(text) != text)
            {
                errors.RemoveAt(index--);
            }
        }
    }
}
