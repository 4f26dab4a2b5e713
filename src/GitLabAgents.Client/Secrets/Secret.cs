using System;
using System.Runtime.InteropServices;
using System.Security;

namespace GitLabAgents;

/// <summary>Turns secrets into <see cref="SecureString"/> and, where it must be, back.</summary>
internal static class Secret
{
    /// <summary>What stands where a secret stood.</summary>
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

    /// <summary>Gives the characters as a string, which lives until the garbage collector takes it.</summary>
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

    /// <summary>Takes a secret out of a text, in any case: .NET, for one, writes the host of a URL in lower case.</summary>
    public static string Redact(string text, string secret)
    {
        for (int at = 0; (at = text.IndexOf(secret, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += Redacted.Length)
        {
            text = text.Remove(at, secret.Length).Insert(at, Redacted);
        }

        return text;
    }
}
