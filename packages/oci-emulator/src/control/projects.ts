// What hangs on a project: whether the data plane knows it, how long it keeps things, and what goes with it.
import type { EmulatorState } from "../state.ts";
import { nested } from "./fields.ts";
import { active, type Resource, stateAt, usual } from "./lifecycle.ts";
import type { ControlPlane } from "./resources.ts";

/** Whether requests may use a project; `undefined` if it was never made here. */
export function projectIsUsable(id: string, control: ControlPlane): boolean | undefined {
  const project = control.find("generativeAiProjects", id);
  if (project === undefined) return control.everMade("generativeAiProjects", id) ? false : undefined;
  const state = stateAt(project, usual, control.nowMs);
  return state === active || state === "UPDATING";
}

/** How a scope of the data plane names a project. */
const scopeOfProject = (id: string): string => `project ${id}`;

const hourMs = 3_600_000;

/** How long the project of a scope keeps things; `otherwise` if it has no say in it. */
export function retentionMs(
  control: ControlPlane,
  scope: string,
  field: "responsesRetentionInHours" | "conversationsRetentionInHours",
  otherwise: number,
): number {
  const id = scope.replace(/^project /, "");
  const project = control.find("generativeAiProjects", id);
  const hours = nested(project?.fields, "conversationConfig", field);
  return typeof hours === "number" ? hours * hourMs : otherwise;
}

/** A project takes with it what it holds. */
export function forgetProject({ id }: Resource, state: EmulatorState): void {
  const scope = scopeOfProject(id);
  state.responses.deleteScope(scope);
  state.conversations.deleteScope(scope);
  state.files.deleteScope(scope);
  state.containers.deleteScope(scope);
}
