// Handlers of what belongs to a project: responses to requests whose compartment or project is wrong are the same everywhere.
import { refusal } from "../http/dispatch.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartmentHeader, scopeOf } from "./scope.ts";

/** A handler that is told the project, or what stands for it. */
export function withProject(
  handle: (call: Call, state: EmulatorState, scope: string) => Promise<Reply> | Reply,
): Route["handle"] {
  return (call, state) => {
    const outside = checkCompartmentHeader(call, state);
    if (outside !== undefined) return refusal(outside.error, outside.reason);
    const scoped = scopeOf(call, state, true);
    if (!scoped.ok) return refusal(scoped.refused.error, scoped.refused.reason);
    return handle(call, state, scoped.scope);
  };
}
