using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

/// <summary>A host without a display that records what is written, and responds to prompts as configured.</summary>
public sealed class RecordingHost : PSHost
{
    // Windows PowerShell compiles C# 5.
    private readonly Guid instanceId = Guid.NewGuid();
    private readonly RecordingUserInterface ui = new RecordingUserInterface();
    public override Guid InstanceId { get { return instanceId; } }
    public override string Name { get { return "Recording"; } }
    public override Version Version { get { return new Version(1, 0); } }
    public override CultureInfo CurrentCulture { get { return CultureInfo.InvariantCulture; } }
    public override CultureInfo CurrentUICulture { get { return CultureInfo.InvariantCulture; } }
    public override PSHostUserInterface UI { get { return ui; } }
    public List<string> Warnings { get { return ui.Warnings; } }
    public List<string> Questions { get { return ui.Questions; } }
    public string Text { get { return ui.Text; } }
    public string Choice { set { ui.Choice = value; } }
    /// <summary>How many questions get the choice Yes before the others get the configured one.</summary>
    public int YesCount { set { ui.YesCount = value; } }
    /// <summary>The masked input, or null if there must be no prompt for it.</summary>
    public string Secret { set { ui.Secret = value; } }
    public int SecretCount { get { return ui.SecretCount; } }
    public override void EnterNestedPrompt() { }
    public override void ExitNestedPrompt() { }
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
    public override void SetShouldExit(int exitCode) { }
}

public sealed class RecordingUserInterface : PSHostUserInterface
{
    public readonly List<string> Warnings = new List<string>();
    public readonly List<string> Questions = new List<string>();
    public string Choice = "&No";
    public string Secret;
    public string Text = "";
    public int SecretCount;
    public int YesCount;
    public override PSHostRawUserInterface RawUI { get { return null; } }
    public override void WriteWarningLine(string message) { lock (Warnings) { Warnings.Add(message); } }
    public override void Write(string value) { Text += value; }
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        Text += value;
    }

    public override void WriteLine(string value) { Text += value + "\n"; }
    public override void WriteErrorLine(string value) { }
    public override void WriteDebugLine(string message) { }
    public override void WriteProgress(long sourceId, ProgressRecord record) { }
    public override void WriteVerboseLine(string message) { }
    public override string ReadLine() { throw new NotSupportedException(); }
    public override SecureString ReadLineAsSecureString()
    {
        if (Secret == null) { throw new NotSupportedException(); }
        SecretCount++;
        var secret = new SecureString();
        foreach (char c in Secret) { secret.AppendChar(c); }
        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(
        string caption,
        string message,
        Collection<FieldDescription> descriptions) { throw new NotSupportedException(); }
    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Questions.Add(message);
        for (int index = 0; index < choices.Count; index++)
        {
            if (choices[index].Label == (Questions.Count <= YesCount ? "&Yes" : Choice)) { return index; }
        }

        throw new InvalidOperationException("The prompt has no choice " + Choice);
    }

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName) { throw new NotSupportedException(); }
    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) { throw new NotSupportedException(); }
}
