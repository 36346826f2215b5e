// Which compartment and project a request is for, and whether its model exists: asked by every surface.
import { projectIsUsable } from "../control/projects.ts";
import { type ErrorReply, errorReplies, notFound, ociError } from "../http/envelopes.ts";
import type { Call } from "../http/route.ts";
import { familyOf } from "../models/families.ts";
import type { EmulatorState } from "../state.ts";

/** A refusal on its way to the wire: the error, and the reason for the journal. */
export interface Refused {
  readonly error: ErrorReply;
  readonly reason: string;
}

/** Which compartment pays on the OpenAI-compatible bases: the header's with a signature, the key's own with an API key. */
export function checkCompartmentHeader(call: Call, state: EmulatorState): Refused | undefined {
  if (call.principal.kind === "api_key") return undefined;
  const compartment = call.request.headers.first("opc-compartment-id");
  if (!compartment) {
    return {
      error: ociError(400, "MissingParameter", "Missing required header: opc-compartment-id."),
      reason: "a signed request must name its compartment in opc-compartment-id",
    };
  }
  return checkCompartment(compartment, state);
}

export function checkCompartment(compartment: string, state: EmulatorState): Refused | undefined {
  const { compartmentIds, tenancyId } = state.trust.current;
  if (compartmentIds.includes(compartment) || compartment === tenancyId) return undefined;
  return { error: notFound, reason: `compartment ${compartment} is not one of this emulator's` };
}

export function modelExists(model: string, state: EmulatorState): boolean {
  if (state.models === "any") return true;
  return state.models?.includes(model) ?? familyOf(model).name !== "unknown";
}

/** Whose responses and conversations a request may see. */
export type Scope =
  | { readonly ok: true; readonly scope: string }
  | { readonly ok: false; readonly refused: Refused };

/**
 * The project of a request, or what stands for it where none is needed: the key's compartment with an API key, the
 * header's compartment on the path that takes no project.
 */
export function scopeOf(call: Call, state: EmulatorState, projectRequired: boolean): Scope {
  const project = call.request.headers.first("openai-project");
  if (!project) {
    if (call.principal.kind === "api_key")
      return { ok: true, scope: `compartment ${call.principal.compartmentId}` };
    if (!projectRequired) {
      return { ok: true, scope: `compartment ${call.request.headers.first("opc-compartment-id")}` };
    }
    const error = { ...errorReplies.ProjectRequired, status: state.settings.missingProjectStatus };
    return { ok: false, refused: { error, reason: "there is no OpenAI-Project header" } };
  }
  const known =
    projectIsUsable(project, state.control) ??
    state.settings.projects?.includes(project) ??
    project.startsWith("ocid1.generativeaiproject.");
  if (known) return { ok: true, scope: `project ${project}` };
  return {
    ok: false,
    refused: { error: notFound, reason: `there is no project ${project}` },
  };
}
