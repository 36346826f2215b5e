// A route: which requests it takes, which credentials they need, and who answers them.
import type { CredentialKind, Principal } from "../auth/authenticate.ts";
import type { Violation } from "../auth/violations.ts";
import type { EmulatorState } from "../state.ts";
import type { Reply } from "./reply.ts";
import type { RawRequest } from "./request.ts";

/** A request that has passed authentication. */
export interface Call {
  readonly request: RawRequest;
  readonly principal: Principal;
  /** Aborted when the client leaves or the emulator closes. */
  readonly signal: AbortSignal;
  /** Records something that a client should not do although its request goes through. */
  report(rule: Violation["rule"], message: string): void;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "*";
  readonly path: RegExp;
  readonly credentials: readonly CredentialKind[];
  handle(call: Call, state: EmulatorState): Promise<Reply> | Reply;
}

export function findRoute(routes: readonly Route[], request: RawRequest): Route | undefined {
  return routes.find(
    ({ method, path }) => (method === "*" || method === request.method) && path.test(request.path),
  );
}
