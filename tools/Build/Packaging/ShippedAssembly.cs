using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace GitLabAgents.Build.Packaging;

/// <summary>The identity of an assembly, as a reference states it.</summary>
/// <param name="Name">The simple name.</param>
/// <param name="Version">The version.</param>
/// <param name="PublicKeyToken">The public key token in hexadecimal; empty if the assembly has no strong name.</param>
public sealed record AssemblyIdentity(string Name, Version Version, string PublicKeyToken);

/// <summary>An assembly of the module, read from its metadata without being loaded.</summary>
public sealed class ShippedAssembly
{
    private ShippedAssembly(string path, byte[] image)
    {
        Path = path;
        using var file = new PEReader(new MemoryStream(image));
        MetadataReader reader = file.GetMetadataReader();
        AssemblyDefinition definition = reader.GetAssemblyDefinition();
        Identity = CreateIdentity(definition.GetAssemblyName());
        References =
        [
            .. reader.AssemblyReferences
                .Select(handle => CreateIdentity(reader.GetAssemblyReference(handle).GetAssemblyName())),
        ];
        foreach (CustomAttribute attribute in definition.GetCustomAttributes().Select(reader.GetCustomAttribute))
        {
            switch (GetTypeName(reader, attribute))
            {
                case "AssemblyConfigurationAttribute":
                    Configuration = ReadString(reader, attribute);
                    break;
                case "AssemblyInformationalVersionAttribute":
                    ProductVersion = ReadString(reader, attribute);
                    break;
            }
        }
    }

    /// <summary>Gets the full path of the file.</summary>
    public string Path { get; }

    /// <summary>Gets the simple name.</summary>
    public string Name => Identity.Name;

    /// <summary>Gets the identity.</summary>
    public AssemblyIdentity Identity { get; }

    /// <summary>Gets the identities of the referenced assemblies.</summary>
    public IReadOnlyList<AssemblyIdentity> References { get; }

    /// <summary>Gets the configuration in which the assembly was built.</summary>
    public string? Configuration { get; }

    /// <summary>Gets the informational version.</summary>
    public string? ProductVersion { get; }

    /// <summary>Reads an assembly.</summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The assembly.</returns>
    public static ShippedAssembly Read(string path) => new(path, File.ReadAllBytes(path));

    private static AssemblyIdentity CreateIdentity(System.Reflection.AssemblyName name)
        => new(name.Name!, name.Version!, Convert.ToHexStringLower(name.GetPublicKeyToken() ?? []));

    private static string? GetTypeName(MetadataReader reader, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return null;
        }

        EntityHandle type = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return type.Kind == HandleKind.TypeReference
            ? reader.GetString(reader.GetTypeReference((TypeReferenceHandle)type).Name)
            : null;
    }

    private static string? ReadString(MetadataReader reader, CustomAttribute attribute)
    {
        BlobReader blob = reader.GetBlobReader(attribute.Value);
        blob.ReadUInt16(); // The prolog.
        return blob.ReadSerializedString();
    }
}
