using System.Management.Automation;

namespace GitLabAgents.Benchmark.Baselines;

/// <summary>Does nothing.</summary>
[Cmdlet(VerbsCommon.Get, "Nothing")]
public sealed class GetNothingCommand : PSCmdlet;
