/** What is wrong with the way to OCI: one check after the other, from the file on disk to a streamed answer. */
import { type ChatModel, ConfigurationError, type ModelRequest, nearest } from "@locus-sdk/core";
import { createCredentials } from "../auth/create-credentials.ts";
import type { OciOptions } from "../config/options.ts";
import { type OciConfig, resolveOciConfig } from "../config/resolve.ts";
import { serviceClock } from "../http/clock.ts";
import { createFetch } from "../http/signed-fetch.ts";
import { ociProvider } from "../provider.ts";
import { explainRoute, modelIdOf } from "../routing.ts";
import { type Check, type CheckName, duration, fail, ok, skipped, warn } from "./check.ts";
import { checkCredentials, checkToken } from "./identity-checks.ts";
import { type Admission, admission, admitted, probe, refusedBy } from "./service-checks.ts";

/** The way to OCI, and the model to try. */
export interface DiagnoseOptions extends OciOptions {
  /** Asked for a few words, twice: plain and streamed. Without it, no model is asked, and nothing is paid. */
  readonly model?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const ORDER: readonly CheckName[] = [
  "configuration",
  "credentials",
  "token",
  "clock",
  "region",
  "endpoint",
  "authentication",
  "compartment",
  "model",
  "streaming",
];
const after = (name: CheckName): readonly CheckName[] => ORDER.slice(ORDER.indexOf(name) + 1);
const BUFFERED_MS = 1_500;

/**
 * Checks the way to OCI, in order, and tells of each check as it is done: configuration, credentials, token, clock,
 * region, endpoint, authentication, compartment, model, streaming. What rests on something that failed is skipped. It
 * never throws, and no secret is in what it tells.
 *
 * @example
 * ```ts
 * import { diagnose } from "@locus-sdk/oci";
 *
 * for await (const { name, status, detail, hint } of diagnose({ model: "openai.gpt-oss-120b" })) {
 *   process.stdout.write(`${status.padEnd(8)}${name}: ${detail}${hint === undefined ? "" : `\n        ${hint}`}\n`);
 * }
 * ```
 */
export async function* diagnose(options: DiagnoseOptions = {}): AsyncGenerator<Check, void> {
  const { model, signal: _, ...way } = options;
  let config: OciConfig;
  try {
    config = resolveOciConfig(model === undefined ? way : { ...way, model });
  } catch (error) {
    yield fail("configuration", error);
    for (const name of after("configuration")) yield skipped(name, "the configuration cannot be used");
    return;
  }
  yield ok("configuration", describeConfiguration(config));
  try {
    yield* examine(config, options);
  } catch (error) {
    // Each check handles what it expects; this is for what nobody did.
    yield fail("endpoint", error);
  }
}

async function* examine(
  config: OciConfig,
  { model, signal, ...way }: DiagnoseOptions,
): AsyncGenerator<Check, void> {
  const serviceTime = serviceClock();
  const credentials = createCredentials(config, serviceTime);
  const { check, identity } = await checkCredentials(config, credentials);
  yield check;
  if (identity === undefined) {
    for (const name of after("credentials")) yield skipped(name, "there are no credentials");
    return;
  }
  // Asked before the token is looked at: whether it has expired, the service's time decides.
  const { clock, region, endpoint } = await probe(config, credentials, serviceTime);
  const token = checkToken(config, identity, serviceTime.now());
  yield token;
  yield clock;
  yield region;
  yield endpoint;
  if (endpoint.status === "fail" || region.status === "fail") {
    for (const name of after("endpoint")) yield skipped(name, "the service cannot be reached");
    return;
  }
  if (token.status === "fail") {
    for (const name of after("endpoint")) yield skipped(name, "the token has expired");
    return;
  }
  const fetch = createFetch(config, { credentials, clock: serviceTime });
  const listed = await admission(config, fetch, signal);
  const refused = listed?.authentication.status === "fail";
  // Who may not list models may be allowed to ask one: that decides, where there is one to ask.
  const conclusive =
    listed !== undefined && (model === undefined || refused || listed.compartment.status === "ok");
  if (conclusive) yield* checksOf(listed);
  if (model === undefined || refused) {
    const why = refused ? "the credentials were refused" : "no model was named to try";
    for (const name of after(conclusive ? "compartment" : "endpoint")) yield skipped(name, why);
    return;
  }
  const plain = await tryPlain(model, way, listed?.models, signal);
  if (!conclusive) {
    const how =
      listed === undefined ? "the model answers" : "the model answers, though models may not be listed";
    yield* checksOf(
      plain.error === undefined ? admitted(config, how) : (listed ?? refusedBy(plain.error, config)),
    );
  }
  yield plain.check;
  yield plain.check.status === "fail"
    ? skipped("streaming", "the model does not answer")
    : await tryStreaming(model, way, signal);
}

const checksOf = ({ authentication, compartment }: Admission): readonly Check[] => [
  authentication,
  compartment,
];

function describeConfiguration({ authType, profile, sources }: OciConfig): string {
  const from = sources.authType === undefined ? "" : ` (${sources.authType})`;
  const where = profile === undefined ? "no profile" : `profile "${profile.name}" of ${profile.file}`;
  return `${where}, auth type ${authType}${from}`;
}

const question = (signal: AbortSignal | undefined): ModelRequest => ({
  messages: [{ role: "user", content: "Answer with one short sentence." }],
  settings: { maxOutputTokens: 256 },
  ...(signal === undefined ? {} : { signal }),
});

async function modelFor(model: string, way: OciOptions): Promise<ChatModel> {
  return ociProvider(modelIdOf(model), { ...way });
}

async function tryPlain(
  model: string,
  way: OciOptions,
  offered: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly check: Check; readonly error?: unknown }> {
  const started = performance.now();
  try {
    const { transport, rule } = explainRoute(model, way);
    const { usage } = await (await modelFor(model, way)).complete(question(signal));
    const took = duration(performance.now() - started);
    return {
      check: ok(
        "model",
        `"${model}" answers over ${transport} within ${took}, ${usage.totalTokens} tokens. ${rule}`,
      ),
    };
  } catch (error) {
    const check = fail("model", error);
    const id = modelIdOf(model);
    if (offered === undefined || offered.includes(id) || id.startsWith("ocid1.")) return { check, error };
    const near = nearest(id, offered);
    const hint = `It is not among the models that this compartment is offered${near === undefined ? "" : `; did you mean "${near}"?`} \`locus models\` lists them.`;
    return { check: { ...check, hint }, error };
  }
}

async function tryStreaming(model: string, way: OciOptions, signal: AbortSignal | undefined): Promise<Check> {
  const started = performance.now();
  let firstAt: number | undefined;
  let parts = 0;
  try {
    for await (const part of (await modelFor(model, way)).stream(question(signal))) {
      firstAt ??= performance.now();
      if (part.type !== "finish") parts += 1;
    }
  } catch (error) {
    return fail("streaming", error);
  }
  if (firstAt === undefined) return fail("streaming", new ConfigurationError("the stream was empty"));
  const waitedMs = firstAt - started;
  const totalMs = performance.now() - started;
  const detail = `first part after ${duration(waitedMs)}, ${parts} parts within ${duration(totalMs)}`;
  // Many parts that all come at the very end were collected by somebody on the way.
  if (parts > 3 && totalMs > BUFFERED_MS && waitedMs / totalMs > 0.95) {
    return warn(
      "streaming",
      detail,
      "A proxy on the way collects the answer; have it pass text/event-stream on as it comes.",
    );
  }
  return ok("streaming", detail);
}
