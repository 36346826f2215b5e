// The compartment of a native request stands in its body; fields that nobody knows are let through and recorded.
import { ociError } from "../http/envelopes.ts";
import type { Call } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartment, type Refused } from "../surface/scope.ts";
import { unknownFields } from "./fields.ts";

export function checkNativeScope(
  operation: string,
  compartmentId: string | undefined,
  source: JsonObject,
  call: Call,
  state: EmulatorState,
): Refused | undefined {
  for (const field of unknownFields(operation, source)) {
    call.report("unknown-field", `${operation} has no field ${field}; the service ignores it`);
  }
  if (compartmentId !== undefined) return checkCompartment(compartmentId, state);
  return {
    error: ociError(400, "MissingParameter", "compartmentId must not be null."),
    reason: "a native request must name its compartment in the body",
  };
}
