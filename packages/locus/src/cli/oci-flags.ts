/** The options that the commands about OCI share: which way to it. The rest is the environment's. */
import type { OciOptions } from "@locus-sdk/oci";
import type { Command } from "commander";

export interface OciFlags {
  readonly profile?: string;
  readonly region?: string;
  readonly compartment?: string;
  readonly project?: string;
  readonly json?: boolean;
}

export function withOciOptions(command: Command): Command {
  return command
    .option("--profile <name>", "profile of the configuration file (default: OCI_PROFILE, or DEFAULT)")
    .option("--region <region>", "region or its short code (default: OCI_REGION, or the profile's)")
    .option("--compartment <ocid>", "compartment (default: OCI_COMPARTMENT, or the profile's tenancy)")
    .option("--json", "one line of JSON for each line shown")
    .option("--debug", "show stacks of errors");
}

/** The flags as options of `@locus-sdk/oci`. */
export function ociOptions({ profile, region, compartment, project }: OciFlags): OciOptions {
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
    ...(compartment === undefined ? {} : { compartmentId: compartment }),
    ...(project === undefined ? {} : { project }),
  };
}
