using System;

namespace GitLabAgents.Help;

/// <summary>A page is not as a page has to be.</summary>
/// <param name="message">Which page, and what is wrong with it.</param>
public sealed class HelpException(string message) : Exception(message);
