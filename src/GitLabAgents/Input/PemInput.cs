using System;
using System.IO;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace GitLabAgents;

/// <summary>Reads PEM as users give it, by path, text or <see cref="SecureString"/>, without making strings of keys.</summary>
internal static class PemInput
{
    /// <summary>Reads a file named by a PowerShell path.</summary>
    /// <param name="cmdlet">Whose paths they are.</param>
    /// <param name="parameter">The parameter, for messages.</param>
    /// <param name="path">The path.</param>
    /// <param name="take">What it is to be.</param>
    /// <exception cref="GitLabApiException">The file cannot be read, or is not what it is to be.</exception>
    public static PemMaterial FromFile(PSCmdlet cmdlet, string parameter, string path, Func<string, char[], PemMaterial> take)
    {
        string file = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        string source = $"-{parameter} {file}";
        if (provider.Name != "FileSystem")
        {
            throw PemMaterial.CreateException(source, "is no file.");
        }

        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw PemMaterial.CreateException(source, $"cannot be read: {e.Message}");
        }

        char[] text = Encoding.UTF8.GetChars(bytes);
        Array.Clear(bytes, 0, bytes.Length);
        return TakeAndWipe(source, text, take);
    }

    /// <summary>Takes text that is no secret.</summary>
    /// <param name="parameter">The parameter, for messages.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="GitLabApiException">It is no certificate.</exception>
    public static PemMaterial FromText(string parameter, string text)
        => PemMaterial.Certificate($"-{parameter}", text.ToCharArray());

    /// <summary>Takes a private key.</summary>
    /// <param name="parameter">The parameter, for messages.</param>
    /// <param name="secret">The key.</param>
    /// <exception cref="GitLabApiException">It is no private key.</exception>
    public static PemMaterial FromSecret(string parameter, SecureString secret)
    {
        char[] text = new char[secret.Length];
        IntPtr pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            Marshal.Copy(pointer, text, 0, text.Length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }

        return TakeAndWipe($"-{parameter}", text, PemMaterial.PrivateKey);
    }

    private static PemMaterial TakeAndWipe(string source, char[] text, Func<string, char[], PemMaterial> take)
    {
        try
        {
            return take(source, text);
        }
        finally
        {
            Array.Clear(text, 0, text.Length);
        }
    }
}
