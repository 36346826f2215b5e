/** One unchanged program under every auth type: only the environment differs, and the emulator checks every signature. */
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { startOciEmulator } from "@locus-sdk/oci-emulator";
import { expect, test } from "vitest";
import { configDirectory, jwt } from "../test/profiles.ts";

const run = promisify(execFile);
const PROGRAM = new URL("../test/programs/ask.mjs", import.meta.url).pathname;

type Emulator = Awaited<ReturnType<typeof startOciEmulator>>;
type Env = Readonly<Record<string, string>>;
const directory = (): string => mkdtempSync(join(tmpdir(), "locus-auth-"));

const profile =
  (name: "DEFAULT" | "ENCRYPTED" | "SESSION") =>
  async (emulator: Emulator): Promise<Env> =>
    (await emulator.writeTestConfig(directory(), { profile: name })).env;

const instance = async (emulator: Emulator): Promise<Env> => {
  const { env, federationEndpoint } = await emulator.principals.instance();
  return { ...env, LOCUS_OCI_FEDERATION_URL: federationEndpoint };
};

const workload = async (emulator: Emulator): Promise<Env> => {
  const { env, serviceAccountTokenPath } = await emulator.principals.oke(directory());
  return { ...env, LOCUS_OCI_SERVICE_ACCOUNT_DIR: dirname(serviceAccountTokenPath) };
};

const delegated = async (emulator: Emulator): Promise<Env> => ({
  ...(await instance(emulator)),
  OCI_AUTH_TYPE: "delegation_token",
  OCI_DELEGATION_TOKEN_FILE: configDirectory().write("delegation_token", jwt(Date.now() + 3_600_000)),
});

/** A session that would not last: its token is refreshed before it is used. */
const refreshedSession = async (emulator: Emulator): Promise<Env> => {
  const session = await emulator.principals.session(directory(), { tokenLifeMs: 60_000 });
  return {
    ...session.env,
    LOCUS_OCI_REFRESH_SESSION: "1",
    LOCUS_OCI_FEDERATION_URL: session.refreshEndpoint,
  };
};

const apiKey =
  (first: "good" | "bad") =>
  async (emulator: Emulator): Promise<Env> => {
    const { secrets } = emulator.createApiKey();
    const [one, two] = first === "good" ? secrets : ["sk-revoked", secrets[1]];
    return {
      OCI_GENAI_API_KEY: one,
      OCI_GENAI_API_KEY_2: two,
      OCI_REGION: "us-chicago-1",
      OCI_ENDPOINT: emulator.url,
    };
  };

test.each<[string, (emulator: Emulator) => Promise<Env>, string, number, number]>([
  ["an API key", profile("DEFAULT"), "user", 0, 0],
  ["an encrypted API key", profile("ENCRYPTED"), "user", 0, 0],
  ["a session token", profile("SESSION"), "session", 0, 0],
  ["a session token that is refreshed", refreshedSession, "session", 0, 1],
  ["an instance principal", instance, "instance", 0, 1],
  [
    "a resource principal in variables",
    async ({ principals }) => (await principals.resource()).env,
    "resource",
    0,
    0,
  ],
  [
    "a resource principal in files, with a pass phrase",
    async ({ principals }) => (await principals.resource({ directory: directory(), passPhrase: "p h" })).env,
    "resource",
    0,
    0,
  ],
  ["OKE workload identity", workload, "workload", 0, 1],
  ["a delegation token", delegated, "instance", 0, 1],
  ["an OCI Generative AI API key", apiKey("good"), "api_key", 0, 0],
  ["the second of two API keys", apiKey("bad"), "api_key", 1, 0],
])(
  "%s",
  async (_, make, kind, refusals, tokens) => {
    await using emulator = await startOciEmulator();
    emulator.script({ text: "plain" }, { text: ["str", "eamed"] });
    const env = { ...(await make(emulator)), PATH: process.env.PATH ?? "" };
    const { stdout, stderr } = await run(process.execPath, [PROGRAM], { env });
    expect([JSON.parse(stdout), stderr]).toEqual([["plain", "streamed"], ""]);
    const calls = emulator.requests.filter(({ path }) => path.endsWith("/chat/completions"));
    expect(calls.filter(({ status }) => status === 200).map(({ principal }) => principal?.kind)).toEqual([
      kind,
      kind,
    ]);
    expect(calls.filter(({ status }) => status === 401)).toHaveLength(refusals);
    expect(emulator.violations).toEqual([]);
    // Whoever gives out tokens was asked once, for both requests.
    const { federation, workload: pod, refresh } = emulator.principals.counts;
    expect(federation + pod + refresh).toBe(tokens);
  },
  30_000,
);
