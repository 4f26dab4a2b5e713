using System.Collections.Generic;

namespace GitLabAgents.FakeGitLab;

/// <summary>The next number of each kind; they begin far apart, so that mixing them up shows.</summary>
internal sealed class Counters
{
    public long User = 7;
    public long Agent = 11;
    public long Group = 51;
    public long UrlConfiguration = 501;
    public long Token = 1001;
    public long AccessToken = 9001;
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
