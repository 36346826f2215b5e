/*
 * 59. The signed client: OpenAI's own, with OCI's identities
 *
 * What speaks to OpenAI speaks to OCI Generative AI, once its requests are signed. `createOciOpenAI()` is the `openai`
 * package's client, unchanged but for that: your code, its types and its retries stay as they are.
 *
 *   pnpm tutorial 59
 *
 * Expect: an answer, whole and streamed; one client that asks two hosts; the same program under seven kinds of
 * credentials; a request that is sent again, and one that is not; errors with the id that support asks for; and a log
 * that shows headers, but no secrets.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startOciEmulator } from "locus-sdk/emulator";
import { createOciOpenAI, mapOciError, type OciOptions, resolveOciConfig } from "locus-sdk/oci";

const model = "openai.gpt-oss-120b";
const messages = [{ role: "user" as const, content: "What is 17 * 23?" }];

// ── The client ───────────────────────────────────────────────────────────────────────────────────────────────────

// The environment says who calls, from where and in which compartment: a key on a laptop, the identity of an instance
// or a pod on OCI. `logger` takes anything like pino; here it collects what was asked of whom.
interface Line {
  readonly method: string;
  readonly target: string;
  readonly status?: number;
  readonly opcRequestId: string;
}
const lines: Line[] = [];
const logger = { info: (line: Line) => void lines.push(line) };
const client = createOciOpenAI({ logRequests: true, logger });

const completion = await client.chat.completions.create({ model, messages });
console.log(`whole: ${completion.choices[0]?.message.content}`);

let pieces = 0;
const stream = await client.chat.completions.create({ model, messages, stream: true });
for await (const { choices } of stream) if (choices[0]?.delta.content) pieces++;
console.log(`streamed: more than one piece: ${pieces > 1}`);

// ── Two hosts ────────────────────────────────────────────────────────────────────────────────────────────────────

// Vector stores are kept by the control plane, what is in them by the inference host. One client knows which is which.
lines.length = 0;
const store = await client.vectorStores.create({ name: "tutorial 59" });
await client.vectorStores.files.list(store.id);
await client.vectorStores.delete(store.id);
const hostOf = ({ target }: Line): string => target.split("/")[0] ?? "";
for (const line of lines)
  console.log(`  ${line.method} ${line.target.replace(store.id, "{id}")} ${line.status}`);
console.log(`hosts that were asked: ${new Set(lines.map(hostOf)).size}`);

// ── Every kind of credential ─────────────────────────────────────────────────────────────────────────────────────

// An emulator of our own, which is the laptop, the instance, the function, the pod and Cloud Shell in turn, and says who it
// was that asked. In a program of yours there is no `env`: it is the process's own.
await using emulator = await startOciEmulator();
const directory = await mkdtemp(join(tmpdir(), "locus-credentials-"));
const { principals } = emulator;
const laptop = await emulator.writeTestConfig(join(directory, "laptop"));
const session = await principals.session(join(directory, "session"));
const instance = await principals.instance();
const instanceEnv = { ...instance.env, LOCUS_OCI_FEDERATION_URL: instance.federationEndpoint };
const resource = await principals.resource({ directory: join(directory, "function") });
const pod = await principals.oke(join(directory, "pod"));
const key = emulator.createApiKey();

async function program(env: OciOptions["env"] & object): Promise<void> {
  await createOciOpenAI({ env }).chat.completions.create({ model, messages });
  const { authType } = resolveOciConfig({ env });
  console.log(`  ${authType.padEnd(22)}was recognised as: ${emulator.requests.at(-1)?.principal?.kind}`);
}
console.log("the same program, seven times:");
await program(laptop.env);
await program(session.env);
await program(instanceEnv);
await program(resource.env);
await program({ ...pod.env, LOCUS_OCI_SERVICE_ACCOUNT_DIR: dirname(pod.serviceAccountTokenPath) });
await program({
  ...instanceEnv,
  OCI_AUTH_TYPE: "delegation_token",
  OCI_DELEGATION_TOKEN_FILE: session.securityTokenFile,
});
await program({
  OCI_GENAI_API_KEY: key.secrets[0],
  OCI_REGION: laptop.region,
  OCI_ENDPOINT: emulator.url,
});

// ── Sent again, or not ───────────────────────────────────────────────────────────────────────────────────────────

// Retries are the client's own. Each try is signed anew and has a request id of its own.
lines.length = 0;
emulator.script({ error: "ServiceUnavailable" }, { text: "Here I am again." });
const patient = createOciOpenAI({ env: laptop.env, maxRetries: 2, logRequests: true, logger });
const again = await patient.chat.completions.create({ model, messages });
const ids = new Set(lines.map(({ opcRequestId }) => opcRequestId));
console.log(
  `sent again: ${lines.map(({ status }) => status).join(", ")}: ${again.choices[0]?.message.content}`,
);
console.log(`  request ids: ${ids.size}`);

// What nothing will heal is thrown as it is, and was never sent: here, a host that is not OCI's.
lines.length = 0;
try {
  await patient
    .withOptions({ baseURL: "https://example.com/openai/v1" })
    .chat.completions.create({ model, messages });
} catch (error) {
  const sent = lines.filter(({ status }) => status !== undefined).length;
  console.log(`not sent: ${error instanceof Error ? error.message : String(error)} (requests: ${sent})`);
}

// ── Errors ───────────────────────────────────────────────────────────────────────────────────────────────────────

// They are the `openai` package's. `mapOciError` makes of them what agents throw: with a cause, a cure, and the request id.
const env = laptop.env;
try {
  await createOciOpenAI({ env }).chat.completions.create({ model: "nobody.no-such-model", messages });
} catch (error) {
  const explain = mapOciError(() => resolveOciConfig({ env }), "v1");
  const { name, status, hint, requestId } = explain(error, {
    provider: "oci",
    modelId: "nobody.no-such-model",
  });
  console.log(
    `an error: ${error instanceof Error ? error.constructor.name : ""} → ${name}, status ${status}`,
  );
  console.log(`  hint: ${hint?.split(":")[0]}: …`);
  console.log(`  for support, opc-request-id: ${requestId?.length === 32}`);
}

// ── The log ──────────────────────────────────────────────────────────────────────────────────────────────────────

// `"debug"`, or OCI_LOG_REQUESTS=debug: what left, and what came, with headers. Never bodies, never a credential.
const debug = createOciOpenAI({
  env,
  logRequests: "debug",
  logger: {
    info: (fields, message) => show(fields, message),
    debug: (fields, message) => show(fields, message),
  },
});
function show(fields: object, message: string): void {
  console.log(`log: ${message.replace(/127\.0\.0\.1:\d+/, "emulator").replace(/\d+ ms/, "… ms")}`);
  const headers =
    "headers" in fields && fields.headers instanceof Object ? Object.entries(fields.headers) : [];
  for (const [name, value] of headers)
    if (/^(?:content-type|openai-project)$/.test(name)) console.log(`  ${name}: ${value}`);
  console.log(`  credentials in it: ${/Signature|Bearer|sk-/.test(JSON.stringify(fields))}`);
}
await debug.chat.completions.create({ model, messages });

await rm(directory, { recursive: true });
