namespace GitLabAgents;

/// <summary>The display text of an activity.</summary>
/// <param name="activity">The activity.</param>
public sealed class AgentActivityView(AgentActivity activity)
{
    /// <summary>Gets the path of the project.</summary>
    public string Project => ViewFormatter.Text(activity.Project);

    /// <summary>Gets the name of the agent.</summary>
    public string Agent => ViewFormatter.Text(activity.Agent);

    /// <summary>Gets what happened.</summary>
    public string Kind => ViewFormatter.Text(activity.Kind);

    /// <summary>Gets how important it is.</summary>
    public string Level => ViewFormatter.Text(activity.Level);

    /// <summary>Gets the name of the user.</summary>
    public string User => ViewFormatter.Text(activity.User);

    /// <summary>Gets the name of the token.</summary>
    public string Token => ViewFormatter.Text(activity.Token);

    /// <summary>Gets how long ago it happened.</summary>
    public string Recorded => ViewFormatter.Age(activity.RecordedAt, activity.Session);

    /// <summary>Gets when it happened.</summary>
    public string RecordedAt => ViewFormatter.Iso(activity.RecordedAt);
}
