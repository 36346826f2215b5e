/** `locus oci projects`: what keeps conversations, files and containers together, and for how long. */
import type { CreateProjectDetails, LifecycleState, Project, ProjectSummary } from "@locus-sdk/oci";
import { count } from "../show/units.ts";
import type { Action, Group, OptionRow } from "./action.ts";
import { controlled, keptColumns } from "./control.ts";
import { changes, groupOf, showDone, type WaitFlags, waitOptions } from "./resource.ts";

interface ProjectFlags extends WaitFlags {
  readonly name?: string;
  readonly description?: string;
  readonly responsesRetentionHours?: number;
  readonly conversationsRetentionHours?: number;
}

const projects = controlled<ProjectSummary, Project, LifecycleState>(
  {
    name: "projects",
    one: "project",
    summary: "projects, which keep responses, conversations, files and containers",
    id: "ocid1.generativeaiproject.oc1..a",
    columns: keptColumns<ProjectSummary>([["DESCRIPTION", ({ description }) => description]]),
    deleteTakes: "all responses, conversations, files and containers in it",
  },
  (genai) => genai.projects,
);

const options: readonly OptionRow[] = [
  ["--description <text>", "what it is for"],
  ["--responses-retention-hours <n>", "how long responses are kept from their creation", count],
  ["--conversations-retention-hours <n>", "how long conversations are kept from their last change", count],
  ...waitOptions,
];

const create: Action<ProjectFlags> = {
  usage: "create <name>",
  summary: "create a project",
  example: "create demo --conversations-retention-hours 72 --wait",
  options,
  run: async (task) => {
    const { genai, args, flags, signal } = task;
    const [displayName = ""] = args;
    await showDone(
      projects,
      task,
      await genai.projects.create({ displayName, ...detailsOf(flags) }, { signal }),
    );
    return undefined;
  },
};

const update: Action<ProjectFlags> = {
  usage: "update <id>",
  summary: "change a project",
  example: `update ${projects.id} --name demo-2`,
  options: [["--name <name>", "its new name"], ...options],
  run: async (task) => {
    const { genai, args, flags, signal } = task;
    const [id = ""] = args;
    const named = flags.name === undefined ? {} : { displayName: flags.name };
    const details = changes(
      { ...named, ...detailsOf(flags) },
      "--name, --description, --responses-retention-hours, --conversations-retention-hours",
    );
    await showDone(projects, task, await genai.projects.update(id, details, { signal }));
    return undefined;
  },
};

function detailsOf(flags: ProjectFlags): CreateProjectDetails {
  const { description, responsesRetentionHours, conversationsRetentionHours } = flags;
  const retention = {
    ...(responsesRetentionHours === undefined ? {} : { responsesRetentionInHours: responsesRetentionHours }),
    ...(conversationsRetentionHours === undefined
      ? {}
      : { conversationsRetentionInHours: conversationsRetentionHours }),
  };
  return {
    ...(description === undefined ? {} : { description }),
    ...(Object.keys(retention).length === 0 ? {} : { conversationConfig: retention }),
  };
}

export const group: Group = groupOf(projects, [create, update]);
