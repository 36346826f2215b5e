// A route: which requests it takes, which credentials they need, and who answers them.
import type { CredentialKind } from "../auth/authenticate.ts";
import type { Principal } from "../auth/principal.ts";
import type { Violation } from "../auth/violations.ts";
import type { EmulatorState } from "../state.ts";
import type { Reply } from "./reply.ts";
import type { RawRequest } from "./request.ts";

/** A request whose sender nobody has checked yet. */
export interface OpenCall {
  readonly request: RawRequest;
  /** Aborted when the client leaves or the emulator closes. */
  readonly signal: AbortSignal;
  /** Records something that a client should not do although its request goes through. */
  report(rule: Violation["rule"], message: string): void;
}

/** A request that has passed authentication. */
export interface Call extends OpenCall {
  readonly principal: Principal;
}

interface Target {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "*";
  readonly path: RegExp;
}

export interface Route extends Target {
  readonly credentials: readonly CredentialKind[];
  handle(call: Call, state: EmulatorState): Promise<Reply> | Reply;
}

/** A route that has credentials of its own kind, and checks them itself. */
export interface OpenRoute extends Target {
  readonly credentials: "own";
  handle(call: OpenCall, state: EmulatorState): Promise<Reply> | Reply;
}

export function findRoute<Any extends Target>(routes: readonly Any[], request: RawRequest): Any | undefined {
  return routes.find(
    ({ method, path }) => (method === "*" || method === request.method) && path.test(request.path),
  );
}
