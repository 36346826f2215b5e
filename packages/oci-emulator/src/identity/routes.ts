// Routes of the identity listener and of the workload listener. Each checks its own kind of credentials.
import { refusal } from "../http/dispatch.ts";
import { ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { OpenCall, OpenRoute } from "../http/route.ts";
import type { EmulatorState } from "../state.ts";
import { federate } from "./federation.ts";
import { metadata } from "./metadata.ts";
import { refreshSession } from "./refresh.ts";
import type { IdentityEndpoint } from "./service.ts";
import { workloadToken } from "./workload.ts";

type Handle = (call: OpenCall, state: EmulatorState) => Promise<Reply>;

/** What was scripted for the endpoint comes first: an error instead of the answer, or a wait before it. */
const scripted =
  (endpoint: IdentityEndpoint, handle: Handle): Handle =>
  async (call, state) => {
    const { status, delayMs = 0 } = state.identity.takeAnswer(endpoint);
    if (status === undefined) return { ...(await handle(call, state)), delayMs };
    const error = ociError(status, "InternalServerError", "An internal server error occurred.");
    return { ...refusal(error, "scripted"), delayMs };
  };

const missing: OpenRoute = {
  method: "*",
  path: /^\//,
  credentials: "own",
  handle: ({ request }) =>
    refusal(ociError(404, "NotFound", "Not found."), `${request.path} is no path of the identity service`),
};

export const identityRoutes: readonly OpenRoute[] = [
  { method: "POST", path: /^\/v1\/x509$/, credentials: "own", handle: scripted("federation", federate) },
  {
    method: "POST",
    path: /^\/v1\/authentication\/refresh$/,
    credentials: "own",
    handle: scripted("refresh", refreshSession),
  },
  { method: "GET", path: /^\/opc\/v2\//, credentials: "own", handle: scripted("metadata", metadata) },
  missing,
];

export const workloadRoutes: readonly OpenRoute[] = [
  {
    method: "POST",
    path: /^\/resourcePrincipalSessionTokens$/,
    credentials: "own",
    handle: scripted("workload", workloadToken),
  },
  missing,
];
