/** `guardrailsHook`: looks at what goes in, what comes out, what tools are called with and what they return. */
import { type Hook, HookPriority } from "../hooks/types.ts";
import type { GuardrailsOptions, Spotlight } from "./options.ts";
import { planGuardrails } from "./plan.ts";

/**
 * A guard over a whole run. Secrets and personal data are redacted before anything is stored; an injection in the input ends
 * the run, and one in a tool's result is replaced by a note; a call with a URL or a path that leads where it must not is
 * denied, and the model reads why. Each firing is a `guardrail` event, which names what was found and never quotes it.
 *
 * What a stream has shown of an answer before it was looked at cannot be taken back.
 *
 * @throws ConfigurationError for an option that is unknown or does not fit, and for `"ask"` where there is no call to ask about.
 * @example
 * ```ts
 * import { Agent, guardrailsHook } from "@locus-sdk/core";
 *
 * const agent = new Agent({
 *   model: "oci:openai.gpt-oss-120b",
 *   hooks: [guardrailsHook({ pii: { arguments: "ask" }, paths: { roots: ["/srv/files"] } })],
 * });
 * ```
 */
export function guardrailsHook(options: GuardrailsOptions = {}): Hook {
  const plan = planGuardrails(options);
  // The tables behind it are large, and read when something is first looked at.
  const work = (): Promise<typeof import("./guard.ts")> => import("./guard.ts");
  const spotlight = plan.spotlight === undefined ? undefined : shower(plan.spotlight);
  return {
    name: "guardrails",
    priority: HookPriority.security,
    guard: true,
    beforeRun: async (context) => (await work()).guardInput(context, plan),
    ...(spotlight === undefined
      ? {}
      : {
          beforeModelCall: async ({ request, state }) => ({
            request: (await spotlight())(request, state.threadId),
          }),
        }),
    afterModelCall: async (context) => (await work()).guardOutput(context, plan),
    beforeToolCall: async (context) => (await work()).guardCall(context, plan),
    afterToolCall: async (context) => (await work()).guardResult(context, plan),
    beforeInterrupt: async (context) => (await import("./people.ts")).guardQuestion(context, plan),
  };
}

type Show = ReturnType<typeof import("./spotlight.ts").spotlighting>;

/** One for the life of the hook: what it has shown keeps its form. */
function shower(spotlight: Spotlight): () => Promise<Show> {
  let show: Promise<Show> | undefined;
  return () => {
    show ??= import("./spotlight.ts").then(({ spotlighting }) => spotlighting(spotlight));
    return show;
  };
}
