using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace GitLabAgents.Packaging;

/// <summary>The name of an assembly, as a reference has it.</summary>
/// <param name="Name">The simple name.</param>
/// <param name="Version">The version.</param>
/// <param name="Token">The public key token in hexadecimal; empty where the assembly has no strong name.</param>
public sealed record AssemblyIdentity(string Name, Version Version, string Token);

/// <summary>One DLL of the module, read without loading it.</summary>
public sealed class ShippedAssembly
{
    private ShippedAssembly(string path, byte[] image)
    {
        Path = path;
        using var file = new PEReader(new MemoryStream(image));
        MetadataReader reader = file.GetMetadataReader();
        AssemblyDefinition definition = reader.GetAssemblyDefinition();
        System.Reflection.AssemblyName name = definition.GetAssemblyName();
        Identity = new AssemblyIdentity(name.Name!, name.Version!, Hex(name.GetPublicKeyToken()));
        References =
        [
            .. reader.AssemblyReferences
                .Select(handle => reader.GetAssemblyReference(handle).GetAssemblyName())
                .Select(reference => new AssemblyIdentity(reference.Name!, reference.Version!, Hex(reference.GetPublicKeyToken()))),
        ];
        foreach (CustomAttribute attribute in definition.GetCustomAttributes().Select(reader.GetCustomAttribute))
        {
            switch (NameOf(reader, attribute))
            {
                case "AssemblyConfigurationAttribute":
                    Configuration = Text(reader, attribute);
                    break;
                case "AssemblyInformationalVersionAttribute":
                    ProductVersion = Text(reader, attribute);
                    break;
            }
        }
    }

    /// <summary>Gets the full path of the DLL.</summary>
    public string Path { get; }

    /// <summary>Gets the assembly's simple name.</summary>
    public string Name => Identity.Name;

    /// <summary>Gets the assembly's name.</summary>
    public AssemblyIdentity Identity { get; }

    /// <summary>Gets what the assembly refers to.</summary>
    public IReadOnlyList<AssemblyIdentity> References { get; }

    /// <summary>Gets the configuration it was built in.</summary>
    public string? Configuration { get; }

    /// <summary>Gets the informational version.</summary>
    public string? ProductVersion { get; }

    /// <summary>Reads a DLL.</summary>
    /// <param name="path">The DLL.</param>
    /// <returns>What its metadata say.</returns>
    public static ShippedAssembly Read(string path) => new(path, File.ReadAllBytes(path));

    private static string Hex(byte[]? token) => token is null ? string.Empty : Convert.ToHexStringLower(token);

    private static string? NameOf(MetadataReader reader, CustomAttribute attribute)
        => attribute.Constructor.Kind == HandleKind.MemberReference
            && reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
            ? reader.GetString(reader.GetTypeReference((TypeReferenceHandle)parent).Name)
            : null;

    private static string? Text(MetadataReader reader, CustomAttribute attribute)
    {
        BlobReader blob = reader.GetBlobReader(attribute.Value);
        blob.ReadUInt16(); // The prolog.
        return blob.ReadSerializedString();
    }
}
