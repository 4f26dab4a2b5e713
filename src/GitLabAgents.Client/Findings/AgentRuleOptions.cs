using System;
using System.Collections.Generic;

namespace GitLabAgents;

/// <summary>The thresholds and the selection of the rules.</summary>
internal sealed class AgentRuleOptions
{
    /// <summary>Gets or sets how long a token may be idle before it counts as unused.</summary>
    public TimeSpan UnusedFor { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Gets or sets how old a token may be.</summary>
    public TimeSpan TokenMaxAge { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Gets or sets how long before its end a certificate is reported.</summary>
    public TimeSpan CertificateExpiresWithin { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Gets or sets the names of the rules to apply.</summary>
    public IReadOnlyCollection<string> Rules { get; set; } = AgentRules.Names;
}
