/** `locus-sdk/emulator`: OCI Generative AI on loopback, and the choice between it and OCI. */

export * from "@locus-sdk/oci-emulator";
export { type OciEnvironment, openOciEnvironment } from "./cli/environment.ts";
