using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using static GitLabAgents.RotationFormatter;

namespace GitLabAgents;

/// <summary>
/// Rotates the token of one agent. At no moment is the token that the agent signs in with revoked before another was
/// seen in use, and whatever fails, the result or the exception says what is left. Nothing has to be stored to resume a
/// rotation: the tokens show how far it got.
/// </summary>
internal sealed partial class TokenRotator
{
    private const string Revoked = AgentToken.Revoked;

    // A plan that is older than this, because somebody was asked, is created again.
    private static readonly TimeSpan PlanMaxAge = TimeSpan.FromSeconds(5);

    private readonly GitLabClient _client;
    private readonly ClusterAgent _agent;
    private readonly RotationRequest _request;
    private readonly ActiveTokenReader _reader;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _startedAt;
    private readonly long _startTimestamp;
    private readonly List<AgentToken> _revoked = [];
    private RotationPlan _plan = null!;
    private AgentToken[] _older = [];
    private AgentToken? _newToken;
    private bool _isDeployed;
    private DateTimeOffset? _deadline;

    private TokenRotator(GitLabClient client, ClusterAgent agent, RotationRequest request)
    {
        _client = client;
        _agent = agent;
        _request = request;
        _reader = new ActiveTokenReader(client, agent);
        _clock = client.Session.Clock;
        _startedAt = client.Session.GetServerTime();
        _startTimestamp = _clock.GetTimestamp();
    }

    private string ResumeCommand
        => $"Resume with: {SuggestedCommand.ResumeRotation(_agent.ProjectId, _agent.Id)}";

    private AgentToken[] KeptTokens => [.. _older.Where(token => !_revoked.Exists(revoked => revoked.Id == token.Id))];

    private string KeptClause => KeptTokens is { Length: > 0 } kept ? $" Kept: {FormatTokens(kept)}." : string.Empty;

    /// <summary>
    /// Rotates: revokes a token that is not used if all slots are taken, creates the new token, deploys it, waits until
    /// GitLab has seen it in use, and only then revokes the older tokens.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="project">The agent's project.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="request">The settings, the confirmation, the deployment, and what takes the result.</param>
    /// <param name="cancellationToken">
    /// Stops the rotation. A new token that was not deployed is rolled back, within five seconds.
    /// </param>
    /// <returns>The result, or <see langword="null"/> if the plan was not confirmed.</returns>
    /// <exception cref="GitLabApiException">
    /// There is no new token. The message says what was changed, if anything.
    /// </exception>
    /// <exception cref="OperationInterruptedException">
    /// It was stopped. The message says what is left, and what to do.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped before anything was changed.</exception>
    public static async Task<AgentTokenRotation?> RotateAsync(
        GitLabClient client,
        ProjectReference project,
        AgentReference agent,
        RotationRequest request,
        CancellationToken cancellationToken)
    {
        ClusterAgent found = await client.FindAgentAsync(project, agent, cancellationToken).ConfigureAwait(false);
        return await new TokenRotator(client, found, request).RotateAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<AgentTokenRotation?> RotateAsync(CancellationToken cancellationToken)
    {
        ReportPhase(RotationPhase.Planning);
        _plan = await CreatePlanAsync(cancellationToken).ConfigureAwait(false);
        string name = _plan.Name;
        DateTimeOffset plannedAt = _clock.GetUtcNow();
        if (_request.Confirm is { } confirm && !await confirm(_plan).ConfigureAwait(false))
        {
            return null;
        }

        if (_clock.GetUtcNow() - plannedAt > PlanMaxAge)
        {
            await RefreshPlanAsync(cancellationToken).ConfigureAwait(false);
        }

        AgentTokenRotation? result = null;
        try
        {
            result = await ExecuteAsync(name, cancellationToken).ConfigureAwait(false);
            if (_request.Write is { } write)
            {
                await write(result).ConfigureAwait(false);
            }

            return result;
        }
        catch (Exception e) when (e is not GitLabApiException && (_newToken ?? (object?)FormatEvictions()) is not null)
        {
            string left = await CleanUpAsync(result, e).ConfigureAwait(false);
            throw new OperationInterruptedException($"Stopped. {left}", cancellationToken);
        }
    }

    private async Task<RotationPlan> CreatePlanAsync(CancellationToken cancellationToken)
    {
        AgentToken[] tokens = await _reader.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        return RotationPlan.Create(_agent, tokens, _request, _client.Session.GetServerTime());
    }

    private async Task RefreshPlanAsync(CancellationToken cancellationToken)
    {
        RotationPlan plan = await CreatePlanAsync(cancellationToken).ConfigureAwait(false);
        bool isSame = Array.TrueForAll(plan.ToEvict, token => Contains(_plan.ToEvict, token))
            && plan.Older.Select(static token => token.Id).SequenceEqual(_plan.Older.Select(static token => token.Id));
        _plan = isSame ? plan : throw new GitLabApiException(
            GitLabErrorKind.Conflict,
            $"The tokens of {FormatAgent(_agent)} changed while the rotation was prepared.",
            $"Check them with {SuggestedCommand.GetToken}, and start again.");
    }

    private async Task<AgentTokenRotation> ExecuteAsync(string name, CancellationToken cancellationToken)
    {
        _newToken = _plan.Resumed;
        _older = _plan.Older;
        if (_newToken is null)
        {
            NewAgentToken created = await CreateTokenAsync(name, cancellationToken).ConfigureAwait(false);
            _newToken = created;
            if (await TryDeployAsync(created, cancellationToken).ConfigureAwait(false) is { } failure)
            {
                return await RollBackAsync(failure, cancellationToken).ConfigureAwait(false);
            }

            if (_request.NoWait)
            {
                return CreateResult(TokenRotationStatus.AwaitingUse);
            }
        }

        return await WaitAndRevokeAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<NewAgentToken> CreateTokenAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (_plan.ToEvict.Length > 0)
            {
                await RetryOnceAsync(EvictAsync, cancellationToken).ConfigureAwait(false);
            }

            return await _client.CreateTokenAsync(
                _agent.ProjectId, _agent.Id, name, _request.Description, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (FormatEvictions() is { } evictions)
        {
            throw e.WithKind(e.Kind, evictions, e.RecommendedAction);
        }
    }

    // Returns why the deployment failed, or null.
    private async Task<string?> TryDeployAsync(NewAgentToken created, CancellationToken cancellationToken)
    {
        if (_request.Deploy is not { } deploy)
        {
            return null;
        }

        try
        {
            ReportPhase(RotationPhase.Deploying);
            cancellationToken.ThrowIfCancellationRequested();
            await deploy(created).ConfigureAwait(false);
            _isDeployed = true;
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return e.Message;
        }
    }

    private AgentTokenRotation CreateResult(
        TokenRotationStatus status, Exception? error = null, string recommendedAction = "")
        => new(
            _agent,
            status,
            _newToken,
            [.. _revoked],
            KeptTokens,
            _startedAt,
            status == TokenRotationStatus.Completed ? _startedAt + _clock.GetElapsedTime(_startTimestamp) : null,
            error,
            recommendedAction);

    private void ReportPhase(RotationPhase phase)
        => _request.OnProgress?.Invoke(new RotationProgress(DisplayText.Sanitize(_agent.ToString()), phase, _deadline));

    private string Describe(AgentToken token) => $"{FormatToken(token)} of {FormatAgent(_agent)}";

    private static string Capitalize(string text) => char.ToUpperInvariant(text[0]) + text.Substring(1);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
