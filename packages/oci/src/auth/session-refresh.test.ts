/** Session tokens that are refreshed by the identity service before they end: in memory, and only when asked to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isSignedBy, signatureOf } from "../../test/machine.ts";
import { type ConfigDirectory, configDirectory, jwt, keyPair, TENANCY } from "../../test/profiles.ts";
import { type Answer, recordingServer } from "../../test/recording-server.ts";
import { resolveOciConfig } from "../config/resolve.ts";
import { serviceClock } from "../http/clock.ts";
import { createCredentials } from "./create-credentials.ts";
import type { Credentials, Identity } from "./credentials.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const keys = keyPair();
const start = Date.now();
const old = jwt(start + HOUR);
const refreshed = jwt(start + 2 * HOUR);

function session(federationUrl: string, refreshSession = true): { made: ConfigDirectory; held: Credentials } {
  const made = configDirectory();
  made.write("key.pem", keys.pem);
  made.write("token", old);
  made.write(
    "config",
    `[DEFAULT]\ntenancy=${TENANCY}\nregion=ord\nkey_file=key.pem\nsecurity_token_file=token\n`,
  );
  const { configFile } = made;
  const config = resolveOciConfig({ configFile, refreshSession, federationUrl, env: {} });
  const clock = serviceClock();
  // Told the time: what it says of a token's end is believed.
  clock.learn(null);
  return { made, held: createCredentials(config, clock) };
}
const keyId = (identity: Identity): string => (identity.kind === "signature" ? identity.keyId.reveal() : "");
const giving =
  (token: string): Answer =>
  (_, response) =>
    void response.end(JSON.stringify({ token }));

test("minutes before its end a token is refreshed once, signed with its key, and the file stays as it was", async () => {
  await using server = await recordingServer(giving(refreshed));
  const { made, held } = session(server.url);
  expect(keyId(await held.current(start))).toBe(`ST$${old}`);
  const late = start + HOUR - 4 * MINUTE;
  const renewed = await Promise.all(Array.from({ length: 8 }, () => held.current(late)));
  expect(new Set(renewed.map(keyId))).toEqual(new Set([`ST$${refreshed}`]));
  const [question] = server.arrivals;
  if (question === undefined) throw new Error("nothing was asked");
  expect(server.arrivals).toHaveLength(1);
  expect([question.target, String(question.body)]).toEqual([
    "/v1/authentication/refresh",
    JSON.stringify({ currentToken: old }),
  ]);
  expect(signatureOf(question).keyId).toBe(`ST$${old}`);
  expect(isSignedBy(question, keys.publicKey)).toBe(true);
  expect(readFileSync(join(made.directory, "token"), "utf8")).toBe(old);
  // Still known after the first one has ended, also when the files are read again.
  made.write("key.pem", keys.pem);
  expect(keyId(await held.current(start + HOUR + MINUTE))).toBe(`ST$${refreshed}`);
});

test("a token put into the file goes before one that was refreshed", async () => {
  await using server = await recordingServer(giving(refreshed));
  const { made, held } = session(server.url);
  await held.current(start + HOUR - MINUTE);
  const next = jwt(start + 3 * HOUR);
  made.write("token", `${next}x`);
  expect(keyId(await held.current(start + HOUR))).toBe(`ST$${next}x`);
});

test("where refreshing fails, the old token is used to its end, and then it has expired", async () => {
  await using server = await recordingServer((_, response) => {
    response.statusCode = 401;
    response.end('{"code":"NotAuthenticated","message":"session over"}');
  });
  const { held } = session(server.url);
  expect(keyId(await held.current(start + HOUR - MINUTE))).toBe(`ST$${old}`);
  await expect(held.current(start + HOUR)).rejects.toMatchObject({ code: "session_expired" });
});

test("without being asked to, nothing is refreshed", async () => {
  await using server = await recordingServer(giving(refreshed));
  const { held } = session(server.url, false);
  expect(keyId(await held.current(start + HOUR - MINUTE))).toBe(`ST$${old}`);
  expect(server.arrivals).toEqual([]);
});
