using System;

namespace GitLabAgents.Build;

/// <summary>The help or the package cannot be built from what the repository contains.</summary>
/// <param name="message">What is wrong, and in which file.</param>
public sealed class BuildException(string message) : Exception(message);
