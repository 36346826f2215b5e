/** `locus-sdk/oci`: OCI's models, signed fetch and client by name. Loads what `locus-sdk` alone leaves for later. */
export * from "@locus-sdk/oci";
