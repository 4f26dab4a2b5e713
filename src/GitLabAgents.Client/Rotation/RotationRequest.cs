using System;

namespace GitLabAgents;

/// <summary>What a rotation is asked for.</summary>
internal sealed class RotationRequest
{
    /// <summary>Gets or sets the name of the new token; <see langword="null"/> for one made of the old name and the date.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets what the new token is for, or <see langword="null"/>.</summary>
    public string? Description { get; set; }

    /// <summary>Gets or sets how long a token must not have been used to be given up.</summary>
    public TimeSpan UnusedFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Gets or sets how long to wait for the new token to be used; <see cref="TimeSpan.Zero"/> for as long as it takes.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(900);

    /// <summary>Gets or sets the time between two looks at the new token.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets a value indicating whether not to wait for the new token to be used.</summary>
    public bool NoWait { get; set; }

    /// <summary>Gets or sets a value indicating whether a new token is handed over; if not, the caller alone has its secret.</summary>
    public bool Deploys { get; set; }

    /// <summary>Gets or sets a value indicating whether to go on with a rotation that did not complete.</summary>
    public bool Resume { get; set; }
}
