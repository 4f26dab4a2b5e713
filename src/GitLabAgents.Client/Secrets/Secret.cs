using System;
using System.Runtime.InteropServices;
using System.Security;

namespace GitLabAgents;

/// <summary>Converts secrets to and from <see cref="SecureString"/>, and redacts them.</summary>
internal static class Secret
{
    /// <summary>The text that replaces a secret.</summary>
    public const string Redacted = "[redacted]";

    /// <summary>Copies characters into a read-only <see cref="SecureString"/>.</summary>
    public static SecureString Protect(ReadOnlySpan<char> characters)
    {
        var secret = new SecureString();
        foreach (char c in characters)
        {
            secret.AppendChar(c);
        }

        secret.MakeReadOnly();
        return secret;
    }

    /// <summary>Returns the characters as a string, which stays in memory until it is garbage collected.</summary>
    public static string Reveal(SecureString secret)
    {
        IntPtr pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            return Marshal.PtrToStringUni(pointer, secret.Length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }

    /// <summary>Copies the characters of a secret. The caller clears them.</summary>
    public static char[] ToCharArray(SecureString secret)
    {
        IntPtr pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            char[] characters = new char[secret.Length];
            Marshal.Copy(pointer, characters, 0, characters.Length);
            return characters;
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }

    /// <summary>Removes a secret from a text, in any case: .NET writes the host of a URL in lower case.</summary>
    public static string Redact(string text, string secret)
    {
        int index = 0;
        while ((index = text.IndexOf(secret, index, StringComparison.OrdinalIgnoreCase)) >= 0)
        {
            text = text.Remove(index, secret.Length).Insert(index, Redacted);
            index += Redacted.Length;
        }

        return text;
    }
}
