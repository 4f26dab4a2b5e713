namespace GitLabAgents;

/// <summary>A page of projects with their agents.</summary>
/// <param name="entries">The projects.</param>
/// <param name="count">The number of all projects; null if GitLab does not count them.</param>
/// <param name="cursor">Where the next page begins; null if this is the last.</param>
internal sealed class ProjectEntryPage(ProjectEntry[] entries, int? count, string? cursor)
{
    /// <summary>Gets the projects.</summary>
    public ProjectEntry[] Entries => entries;

    /// <summary>Gets the number of all projects; null if GitLab does not count them.</summary>
    public int? Count => count;

    /// <summary>Gets where the next page begins; null if this is the last.</summary>
    public string? Cursor => cursor;
}
