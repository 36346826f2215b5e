/** Delegation tokens: the instance signs, and the user's token is under the signature. */
import { expect, test } from "vitest";
import { signatureOf, startMachine } from "../../test/machine.ts";
import { configDirectory, jwt } from "../../test/profiles.ts";
import { createOciFetch } from "../http/signed-fetch.ts";

const HOUR = 3_600_000;

test("the user's token goes with each request, signed, and a new one in the file with the next", async () => {
  await using machine = await startMachine();
  const made = configDirectory();
  const token = jwt(Date.now() + HOUR);
  const file = made.write("delegation_token", `${token}\n`);
  const env = { ...machine.env, OCI_AUTH_TYPE: "instance_obo_user", OCI_DELEGATION_TOKEN_FILE: file };
  const fetch = createOciFetch({ endpoint: machine.url, env });
  expect((await fetch(`${machine.url}/x`, { method: "POST", body: "{}" })).status).toBe(200);
  const [call] = machine.calls;
  if (call === undefined) throw new Error("nothing came");
  expect(call.headers["opc-obo-token"]).toBe(token);
  expect(signatureOf(call).headers).toContain("opc-obo-token");
  const next = jwt(Date.now() + 2 * HOUR);
  made.write("delegation_token", `${next}x`);
  expect((await fetch(`${machine.url}/x`)).status).toBe(200);
  expect(machine.calls[1]?.headers["opc-obo-token"]).toBe(`${next}x`);
  // The instance's own identity had no reason to be renewed.
  expect(machine.federations).toHaveLength(1);
});

test("a 401 renews the instance's identity, and the user's token stays", async () => {
  await using machine = await startMachine();
  const file = configDirectory().write("t", jwt(Date.now() + HOUR));
  const env = { ...machine.env, OCI_AUTH_TYPE: "delegation_token", OCI_DELEGATION_TOKEN_FILE: file };
  const fetch = createOciFetch({ endpoint: machine.url, env });
  machine.fail(/^\/x/, 401);
  expect((await fetch(`${machine.url}/x`)).status).toBe(200);
  expect(machine.federations).toHaveLength(2);
});

test.each([
  ["an expired token is refused once the service has refused it", jwt(1_000), "expired at", 1],
  ["no token is refused before anything is sent", "two words", "no token", 0],
])("%s", async (_, text, said, calls) => {
  await using machine = await startMachine();
  const delegationTokenFile = configDirectory().write("t", text);
  const env = { ...machine.env, OCI_AUTH_TYPE: "delegation_token" };
  const fetch = createOciFetch({ endpoint: machine.url, env, delegationTokenFile });
  machine.fail(/^\/x/, 401);
  for (const __ of [1, 2]) await expect(fetch(`${machine.url}/x`)).rejects.toThrow(said);
  expect(machine.calls).toHaveLength(calls);
});
