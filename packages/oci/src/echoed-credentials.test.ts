/** A service, or a proxy before it, that answers with what it was sent: nothing of the credentials is in the error. */
import { inspect } from "node:util";
import type { ChatModel } from "@locus-sdk/core";
import { expect, test } from "vitest";
import { configDirectory, jwt, keyPair, TENANCY } from "../test/profiles.ts";
import { recordingServer } from "../test/recording-server.ts";
import { OCIModel } from "./native/oci-model.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

const keys = keyPair();
const token = jwt(Date.now() + 3_600_000);
const profile = configDirectory();
profile.write("key.pem", keys.pem);
profile.write("token", token);
profile.write(
  "config",
  `[DEFAULT]\ntenancy=${TENANCY}\nfingerprint=${keys.fingerprint}\nkey_file=key.pem\nsecurity_token_file=token\nregion=us-chicago-1\n`,
);

/** Places of an answer's body in which the header may come back. */
const ECHOES: readonly (readonly [string, (header: string) => unknown])[] = [
  ["the message", (header) => ({ code: "InvalidParameter", message: `bad ${header}` })],
  [
    "another member",
    (header) => ({ code: "X", message: "no", details: { headers: [{ authorization: header }] } }),
  ],
  ["an unknown member", (header) => ({ error: { code: "X", message: "no", seen: `got ${header}` } })],
  [
    "the message, encoded once more",
    (header) => ({ message: JSON.stringify({ message: "no", sent: header }) }),
  ],
  ["a text", (header) => `Bad request: ${header}`],
];
const TRANSPORTS = {
  "chat completions": (options) => new OCIOpenAIModel({ ...options, model: "openai.gpt-oss-120b" }),
  responses: (options) =>
    new OCIResponsesModel({
      ...options,
      model: "openai.gpt-oss-120b",
      project: "ocid1.generativeaiproject.oc1.us-chicago-1.x",
    }),
  native: (options) => new OCIModel({ ...options, model: "openai.gpt-oss-120b" }),
} satisfies Record<string, (options: object) => ChatModel>;

test.each(
  Object.entries(TRANSPORTS).flatMap(([transport, make]) =>
    ECHOES.flatMap(([place, body]) =>
      [400, 401].flatMap((status) =>
        // The native API takes no API keys.
        (transport === "native" ? ["token"] : ["token", "key"]).map((credential) => ({
          transport,
          make,
          place,
          body,
          status,
          credential,
        })),
      ),
    ),
  ),
)("$transport: a $status with the $credential in $place tells none of it", async (given) => {
  const sent: string[] = [];
  await using server = await recordingServer(({ headers }, response) => {
    const { authorization = "" } = headers;
    sent.push(authorization);
    const body = given.body(authorization);
    response.writeHead(given.status, { "content-type": "application/json", "x-echo": authorization });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  const model = given.make({
    endpoint: server.url,
    compartmentId: "ocid1.compartment.oc1..c",
    maxRetries: 0,
    env: {},
    ...(given.credential === "token"
      ? { configFile: profile.configFile, authType: "session_token" as const }
      : { apiKey: "sk-verySecretKey123" }),
  });
  const error: unknown = await model
    .complete({ messages: [{ role: "user", content: "Hi" }] })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: given.status });
  const shown = `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}${JSON.stringify(
    error instanceof Error ? error.cause : "",
  )}`;
  expect(sent.length).toBeGreaterThan(0);
  for (const header of sent) {
    const secrets = [
      ...header.matchAll(/(?:keyId|signature)="([^"]+)"/g),
      ...header.matchAll(/Bearer (.+)/g),
    ];
    expect(secrets.length).toBeGreaterThan(0);
    for (const [, secret = ""] of secrets) expect(shown).not.toContain(secret);
  }
  expect(shown).not.toMatch(new RegExp(token.slice(0, 12)));
});
