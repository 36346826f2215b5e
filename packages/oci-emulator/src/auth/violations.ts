// Things a client should not do although the request goes through: recorded, never refused.
import type { RawRequest } from "../http/request.ts";

/** A rule a client broke without being refused for it. */
export interface Violation {
  readonly rule:
    | "foreign-credential"
    | "openai-organization"
    | "compartment-mismatch"
    | "legacy-project-header"
    /** A native body has a field that the service does not know and ignores. */
    | "unknown-field"
    /** Two responses worked on one conversation at the same time. */
    | "concurrent-conversation";
  readonly message: string;
  readonly requestId: string;
}

const foreignHeaders = ["x-api-key", "api-key", "x-goog-api-key", "proxy-authorization", "cookie"] as const;

export function findViolations(request: RawRequest, requestId: string): readonly Violation[] {
  const found: Violation[] = [];
  const report = (rule: Violation["rule"], message: string): void => {
    found.push({ rule, message, requestId });
  };
  for (const name of foreignHeaders) {
    if (request.headers.first(name) !== undefined) {
      report("foreign-credential", `${name} is a credential of another kind; send Authorization alone`);
    }
  }
  if (request.headers.values("authorization").length > 1) {
    report("foreign-credential", "more than one Authorization header");
  }
  if (request.headers.first("openai-organization") !== undefined) {
    report("openai-organization", "openai-organization tells OCI about an OpenAI account; do not send it");
  }
  if (request.headers.first("opc-project-id") !== undefined) {
    report("legacy-project-header", "opc-project-id is not a header of the service; send OpenAI-Project");
  }
  const compartment = request.headers.first("opc-compartment-id");
  const twin = request.headers.first("compartmentid");
  if (compartment !== undefined && twin !== undefined && compartment !== twin) {
    report("compartment-mismatch", "opc-compartment-id and CompartmentId name different compartments");
  }
  return found;
}
