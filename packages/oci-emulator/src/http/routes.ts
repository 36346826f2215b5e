// The data plane's and the control plane's routes. What is not served yet says so, after authentication.
import { chatRoutes } from "../chat/handler.ts";
import { containerRoutes } from "../containers/routes.ts";
import { controlPlaneRoutes } from "../control/routes.ts";
import { conversationRoutes } from "../conversations/routes.ts";
import { fileRoutes } from "../files/routes.ts";
import { nativeRoutes } from "../native/routes.ts";
import { responsesRoutes } from "../responses/routes.ts";
import { vectorStoreControlRoutes, vectorStoreRoutes } from "../vector-stores/routes.ts";
import { refusal } from "./dispatch.ts";
import { notFound, ociError } from "./envelopes.ts";
import type { Route } from "./route.ts";

const openai = ["signature", "api_key"] as const;
const iamOnly = ["signature"] as const;

const notServed = (path: RegExp, what: string, credentials: Route["credentials"]): Route => ({
  method: "*",
  path,
  credentials,
  handle: () => ({
    ...refusal(
      ociError(501, "NotImplemented", `The emulator does not serve ${what} yet.`),
      `${what}: not served yet`,
    ),
    // Clients retry 5xx; this one will not get better.
    headers: { "x-should-retry": "false" },
  }),
});

export const dataRoutes: readonly Route[] = [
  ...chatRoutes,
  ...responsesRoutes,
  ...conversationRoutes,
  ...nativeRoutes,
  ...fileRoutes,
  ...vectorStoreRoutes,
  ...containerRoutes,
  {
    method: "*",
    path: /^\/openai\/v1\/models(\/|$)/,
    credentials: openai,
    handle: () =>
      refusal(notFound, "models are listed by the control plane, not by the OpenAI-compatible base"),
  },
  notServed(/^\/20231130\/actions\/(generateText|summarizeText)$/, "the legacy text operations", iamOnly),
];

export const controlRoutes: readonly Route[] = [
  ...controlPlaneRoutes,
  ...vectorStoreControlRoutes,
  {
    method: "*",
    path: /^\//,
    credentials: iamOnly,
    handle: ({ request }) => refusal(notFound, `the control plane does not serve ${request.path}`),
  },
];
