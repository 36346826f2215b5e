/** `locus-sdk/checkpointers/oci-object-storage`: threads in OCI Object Storage. */
export * from "@locus-sdk/checkpointers/oci-object-storage";
