/** Resource principals 2.2: from files and from variables, read again when they change. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { AuthenticationError, ConfigurationError } from "@locus-sdk/core";
import { expect, test, vi } from "vitest";
import { configDirectory, jwt, keyPair } from "../../test/profiles.ts";
import { resolveOciConfig } from "../config/resolve.ts";
import { serviceClock } from "../http/clock.ts";
import { createCredentials } from "./create-credentials.ts";
import type { Credentials, Identity } from "./credentials.ts";

const HOUR = 3_600_000;
const keys = keyPair();
const PREFIX = "OCI_RESOURCE_PRINCIPAL_";

function credentials(values: Record<string, string>): Credentials {
  const named = Object.entries({ VERSION: "2.2", REGION: "us-chicago-1", ...values });
  const env = Object.fromEntries(named.map(([name, value]) => [PREFIX + name, value]));
  const clock = serviceClock();
  // Told the time: what it says of a token's end is believed.
  clock.learn(null);
  return createCredentials(resolveOciConfig({ authType: "resource_principal", env }), clock);
}
const keyId = (identity: Identity): string => (identity.kind === "signature" ? identity.keyId.reveal() : "");
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

test("token and key as text sign as the resource", async () => {
  const token = jwt(HOUR);
  const held = credentials({ RPST: token, PRIVATE_PEM: keys.pem });
  const identity = await held.current(0);
  expect(keyId(identity)).toBe(`ST$${token}`);
  expect(identity.kind === "signature" && identity.privateKey.equals(keys.privateKey)).toBe(true);
});

test("files may end in a line break, and an encrypted key comes with its pass phrase", async () => {
  const made = configDirectory();
  const encrypted = keys.privateKey
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p#1" })
    .toString();
  const paths = {
    RPST: made.write("rpst", `${jwt(HOUR)}\n`),
    PRIVATE_PEM: made.write("key.pem", encrypted),
    PRIVATE_PEM_PASSPHRASE: made.write("phrase", "p#1\n"),
  };
  expect(keyId(await credentials(paths).current(0))).toBe(`ST$${jwt(HOUR)}`);
  const literal = { ...paths, PRIVATE_PEM: encrypted, PRIVATE_PEM_PASSPHRASE: "p#1" };
  expect(keyId(await credentials(literal).current(0))).toBe(`ST$${jwt(HOUR)}`);
  const wrong = { ...literal, PRIVATE_PEM_PASSPHRASE: "hunter2" };
  const error = await failure(credentials(wrong).current(0));
  expect(error).toMatchObject({ hint: expect.stringContaining("PASSPHRASE") });
  expect(inspect(error, { depth: 9 })).not.toMatch(/hunter2|BEGIN/);
});

test("a token file that OCI replaces is read again with the next request", async () => {
  const made = configDirectory();
  const held = credentials({ RPST: made.write("rpst", jwt(HOUR)), PRIVATE_PEM: keys.pem });
  expect(keyId(await held.current(0))).toBe(`ST$${jwt(HOUR)}`);
  renameSync(made.write("next", jwt(2 * HOUR)), join(made.directory, "rpst"));
  expect(keyId(await held.current(0))).toBe(`ST$${jwt(2 * HOUR)}`);
});

test("a token that has ended is refused, with what can be done", async () => {
  const inVariable = credentials({ RPST: jwt(HOUR), PRIVATE_PEM: keys.pem });
  expect(await failure(inVariable.current(HOUR))).toMatchObject({
    name: AuthenticationError.name,
    code: "session_expired",
    hint: expect.stringContaining("Start the program again"),
  });
});

test("what is no token and no key is refused without being shown", async () => {
  for (const values of [
    { RPST: 'hunter2"x', PRIVATE_PEM: keys.pem },
    { RPST: jwt(HOUR), PRIVATE_PEM: "hunter2" },
    { RPST: "/nowhere/rpst", PRIVATE_PEM: keys.pem },
  ]) {
    const error = await failure(credentials(values).current(0));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
  }
});

test("the process's environment is left as it was", async () => {
  vi.stubEnv(`${PREFIX}RPST`, "of somebody else");
  await credentials({ RPST: jwt(HOUR), PRIVATE_PEM: keys.pem }).current(0);
  expect(process.env[`${PREFIX}RPST`]).toBe("of somebody else");
  expect(process.env[`${PREFIX}VERSION`]).toBeUndefined();
  vi.unstubAllEnvs();
});
