// From a request to a reply: authentication first, as at OCI's front door, then the route.
import { authenticate } from "../auth/authenticate.ts";
import { findViolations, type Violation } from "../auth/violations.ts";
import type { OpenEntry } from "../journal.ts";
import type { EmulatorState } from "../state.ts";
import { type ErrorReply, errorReplies, notFound } from "./envelopes.ts";
import { strike } from "./faults.ts";
import type { Reply } from "./reply.ts";
import type { RawRequest } from "./request.ts";
import { findRoute, type OpenCall, type OpenRoute, type Route } from "./route.ts";

/** The oldest go first: an emulator may run for a long time beside a client that never learns. */
const maxViolations = 10_000;

/** A refusal: its wire form, and the reason in plain words for the journal. */
export function refusal(error: ErrorReply, reason: string): Reply {
  return { kind: "body", ...error, refusal: reason };
}

export async function dispatch(
  request: RawRequest,
  routes: readonly (Route | OpenRoute)[],
  state: EmulatorState,
  entry: OpenEntry,
  signal: AbortSignal,
): Promise<Reply> {
  record(findViolations(request, entry.id), state);
  const route = findRoute(routes, request);
  const report: OpenCall["report"] = (rule, message) =>
    record([{ rule, message, requestId: entry.id }], state);
  if (route?.credentials === "own") return route.handle({ request, signal, report }, state);
  const accepted = route?.credentials ?? ["signature", "api_key"];
  const checked = authenticate(request, accepted, state.trust, state.clock.now());
  if (!checked.ok) return refusal(errorReplies.NotAuthenticated, checked.reason);
  entry.principal = checked.principal;
  const { principal } = checked;
  const handle = (): Promise<Reply> | Reply =>
    route === undefined
      ? refusal(notFound, `${request.method} ${request.path} is no path of the service`)
      : route.handle({ request, principal, signal, report }, state);
  const fault = state.faults.take(request);
  if (fault === undefined) return handle();
  return strike(fault, handle, {
    signal,
    onEffect: (lost) => {
      if (lost.charged) state.journal.charge(entry);
      lost.onSent?.();
    },
  });
}

function record(found: readonly Violation[], { violations }: EmulatorState): void {
  violations.push(...found);
  if (violations.length > maxViolations) violations.splice(0, violations.length - maxViolations);
}
