using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace GitLabAgents.Packaging;

/// <summary>
/// Whether the module can be imported before its resolver is there. Windows PowerShell loads every public type of the
/// module's assembly first, and calls DependencyResolver.OnImport only then: so nothing that such a type is made of
/// (base types, interfaces, the value types of its fields, what these are generic over) may come from the dependencies.
/// </summary>
/// <remarks>PowerShell 7 does the same, but its framework has what most of these types would be.</remarks>
public static class ImportOrder
{
    /// <summary>Tells which public types need a dependency too early.</summary>
    /// <param name="closure">The module's DLLs.</param>
    /// <returns>A sentence each; none when all is well.</returns>
    public static IReadOnlyList<string> Problems(Closure closure)
    {
        ArgumentNullException.ThrowIfNull(closure);
        using var walk = new Walk(closure);
        return walk.Run("GitLabAgents");
    }

    private sealed class Walk(Closure closure) : IDisposable
    {
        private readonly Dictionary<string, (PEReader File, Dictionary<string, TypeDefinitionHandle> Types)?> _open = new(StringComparer.Ordinal);
        private readonly HashSet<(string Assembly, string Type)> _seen = [];
        private readonly List<string> _problems = [];

        public List<string> Run(string module)
        {
            if (Open(module) is { } main)
            {
                MetadataReader reader = main.File.GetMetadataReader();
                foreach ((string name, TypeDefinitionHandle handle) in main.Types)
                {
                    if (IsExported(reader, handle))
                    {
                        Visit(module, name, name);
                    }
                }
            }

            return _problems;
        }

        public void Dispose()
        {
            foreach ((PEReader File, Dictionary<string, TypeDefinitionHandle> Types)? assembly in _open.Values)
            {
                assembly?.File.Dispose();
            }
        }

        private static bool IsExported(MetadataReader reader, TypeDefinitionHandle handle)
        {
            for (TypeDefinition type = reader.GetTypeDefinition(handle); ; type = reader.GetTypeDefinition(type.GetDeclaringType()))
            {
                switch (type.Attributes & System.Reflection.TypeAttributes.VisibilityMask)
                {
                    case System.Reflection.TypeAttributes.Public:
                        return true;
                    case System.Reflection.TypeAttributes.NestedPublic:
                        continue;
                    default:
                        return false;
                }
            }
        }

        private void Visit(string assembly, string type, string because)
        {
            if (!_seen.Add((assembly, type)) || NetFramework.Find(assembly) is not null || Open(assembly) is not { } open)
            {
                return; // Seen, the framework's or the host's.
            }

            if (closure.IsBelow(closure.Find(assembly)!))
            {
                _problems.Add($"{because} can't be loaded before the resolver is there: it is made of {type} of {assembly}.");
                return;
            }

            if (!open.Types.TryGetValue(type, out TypeDefinitionHandle handle))
            {
                return;
            }

            MetadataReader reader = open.File.GetMetadataReader();
            var decoder = new Decoder(assembly);
            TypeDefinition definition = reader.GetTypeDefinition(handle);
            IEnumerable<Made> parts = definition.GetInterfaceImplementations()
                .Select(i => reader.GetInterfaceImplementation(i).Interface)
                .Append(definition.BaseType)
                .Where(h => !h.IsNil)
                .Select(h => decoder.Decode(reader, h))
                .Concat(definition.GetFields().Select(f => reader.GetFieldDefinition(f).DecodeSignature(decoder, null)).Where(made => made.IsValue));
            foreach ((string from, string name) in parts.SelectMany(part => part.Names))
            {
                Visit(from, name, because);
            }
        }

        private (PEReader File, Dictionary<string, TypeDefinitionHandle> Types)? Open(string assembly)
        {
            if (!_open.TryGetValue(assembly, out (PEReader, Dictionary<string, TypeDefinitionHandle>)? open) && closure.Find(assembly) is { } shipped)
            {
                var file = new PEReader(File.OpenRead(shipped.Path));
                MetadataReader reader = file.GetMetadataReader();
                open = (file, reader.TypeDefinitions.ToDictionary(h => Decoder.FullName(reader, h), StringComparer.Ordinal));
                _open.Add(assembly, open);
            }

            return open;
        }
    }

    /// <summary>The types that one type is made of, each with its assembly.</summary>
    private sealed record Made(bool IsValue, ImmutableArray<(string Assembly, string Type)> Names)
    {
        public static readonly Made Nothing = new(false, []);
    }

    private sealed class Decoder(string assembly) : ISignatureTypeProvider<Made, object?>
    {
        public static string FullName(MetadataReader reader, TypeDefinitionHandle handle)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            return type.GetDeclaringType() is { IsNil: false } outer
                ? $"{FullName(reader, outer)}+{reader.GetString(type.Name)}"
                : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
        }

        public Made Decode(MetadataReader reader, EntityHandle handle)
            => handle.Kind switch
            {
                HandleKind.TypeDefinition => GetTypeFromDefinition(reader, (TypeDefinitionHandle)handle, 0),
                HandleKind.TypeReference => GetTypeFromReference(reader, (TypeReferenceHandle)handle, 0),
                _ => reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null),
            };

        public Made GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
            => new(IsValueKind(rawTypeKind), [(assembly, FullName(reader, handle))]);

        public Made GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            TypeReference type = reader.GetTypeReference(handle);
            string name = reader.GetString(type.Name);
            while (type.ResolutionScope.Kind == HandleKind.TypeReference)
            {
                type = reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
                name = $"{reader.GetString(type.Name)}+{name}";
            }

            string from = type.ResolutionScope.Kind == HandleKind.AssemblyReference
                ? reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
                : assembly;
            return new(IsValueKind(rawTypeKind), [(from, $"{reader.GetString(type.Namespace)}.{name}")]);
        }

        public Made GetGenericInstantiation(Made genericType, ImmutableArray<Made> typeArguments)
            => genericType with { Names = [.. genericType.Names, .. typeArguments.SelectMany(a => a.Names)] };

        public Made GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
            => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public Made GetModifiedType(Made modifier, Made unmodifiedType, bool isRequired) => unmodifiedType;

        public Made GetPinnedType(Made elementType) => elementType;

        // A field of one of these is a reference, or a number: nothing is loaded for it.
        public Made GetArrayType(Made elementType, ArrayShape shape) => elementType with { IsValue = false };

        public Made GetSZArrayType(Made elementType) => elementType with { IsValue = false };

        public Made GetByReferenceType(Made elementType) => elementType with { IsValue = false };

        public Made GetPointerType(Made elementType) => elementType with { IsValue = false };

        public Made GetFunctionPointerType(MethodSignature<Made> signature) => Made.Nothing;

        public Made GetGenericMethodParameter(object? genericContext, int index) => Made.Nothing;

        public Made GetGenericTypeParameter(object? genericContext, int index) => Made.Nothing;

        public Made GetPrimitiveType(PrimitiveTypeCode typeCode) => Made.Nothing;

        private static bool IsValueKind(byte rawTypeKind) => rawTypeKind == (byte)SignatureTypeKind.ValueType;
    }
}
