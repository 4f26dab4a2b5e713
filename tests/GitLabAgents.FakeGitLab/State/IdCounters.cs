using System.Collections.Generic;

namespace GitLabAgents.FakeGitLab;

/// <summary>The next ID of each kind. They begin far apart, so that a mix-up shows.</summary>
internal sealed class IdCounters
{
    public long User = 7;
    public long Agent = 11;
    public long Group = 51;
    public long UrlConfiguration = 501;
    public long Environment = 701;
    public long Token = 1001;
    public long AccessToken = 9001;
    public long ActivityEvent = 20001;
    private long project = 101;

    public long FreeProject(IReadOnlyDictionary<long, Project> taken)
    {
        while (taken.ContainsKey(project))
        {
            project++;
        }

        return project++;
    }
}
