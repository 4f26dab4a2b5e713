using System;
using System.Runtime.InteropServices;
using System.Security;

namespace GitLabAgents;

/// <summary>Turns secrets into <see cref="SecureString"/> and, where it must be, back.</summary>
internal static class Secret
{
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
}
