/** `locus oci`: a group of commands for each kind of thing that OCI Generative AI keeps. */
import type { Command } from "commander";
import type { Output } from "../output.ts";
import { addGroup, type Group } from "./action.ts";
import { group as apiKeys } from "./api-keys.ts";
import { group as containers } from "./containers.ts";
import { group as files } from "./files.ts";
import { group as projects } from "./projects.ts";
import { groups as stores } from "./stores.ts";
import { group as vectorStores } from "./vector-stores.ts";
import { group as workRequests } from "./work-requests.ts";

const GROUPS: readonly Group[] = [
  projects,
  apiKeys,
  vectorStores,
  files,
  containers,
  ...stores,
  workRequests,
];

/** Puts all groups under `oci`. */
export function addOciGroups(oci: Command, output: Output, exit: (code: number) => void): void {
  for (const group of GROUPS) addGroup(oci, group, output, exit);
}
