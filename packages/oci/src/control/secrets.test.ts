/** The secrets of API keys: revealed to who asks, and shown in nothing else. */
import { format, inspect } from "node:util";
import { afterAll, expect, test } from "vitest";
import { startControlCloud } from "../../test/control.ts";
import { recordingServer } from "../../test/recording-server.ts";
import { Secret } from "../secret.ts";

const cloud = await startControlCloud();
const { control, emulator } = cloud;
afterAll(() => cloud[Symbol.asyncDispose]());
const details = { displayName: "k", keyDetails: [{ keyName: "one" }, { keyName: "two" }] };

test("a new key is a secret that works, and prints as none", async () => {
  const made = await control.apiKeys.create(details);
  const secrets = made.keys.map(({ key }) => key);
  expect(secrets).toEqual([expect.any(Secret), expect.any(Secret)]);
  const [key = ""] = secrets.map((secret) => secret?.reveal());
  expect(key).toMatch(/^sk-/);
  const answer = await fetch(`${emulator.url}/openai/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "openai.gpt-oss-120b", messages: [{ role: "user", content: "Hi" }] }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
  const shown = [
    JSON.stringify(made),
    inspect(made, { depth: 9, showHidden: true }),
    format("%o %s", made, secrets),
  ];
  for (const text of shown) expect(text).not.toContain(key);
  expect(shown[0]).toContain('"key":"[secret]"');
  expect(inspect(made.keys[0])).toContain("[secret]");
  const read = await control.apiKeys.get(made.id);
  expect(read.keys.map((item) => item.key)).toEqual([undefined, undefined]);
});

test("no log line and no error tells of a key, whatever comes with it", async () => {
  const lines: string[] = [];
  const logger = { info: (fields: object, message: string) => lines.push(JSON.stringify(fields) + message) };
  const key = `sk-${"a1B2".repeat(12)}`;
  const bodies = [
    `{"keys":[{"key":"${key}","keyName":"a","state":"ACTIVE"}]}`,
    `{"keys":[{"key":"${key}"`,
    `{"code":"InvalidParameter","message":"key ${key} is wrong"}`,
  ];
  const told: string[] = [];
  for (const [index, body] of bodies.entries()) {
    await using server = await recordingServer((_, response) => {
      response.statusCode = index === 2 ? 400 : 200;
      response.end(body);
    });
    const { apiKeys } = cloud.controlWith({
      controlEndpoint: server.url,
      maxRetries: 0,
      logRequests: true,
      logger,
    });
    const error: unknown = await apiKeys.create(details).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    told.push(inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error));
  }
  expect(lines).toHaveLength(3);
  for (const text of [...told, ...lines]) expect(text).not.toContain(key);
});

test("a key is told once, and is not given up for something else that the answer lacks", async () => {
  const key = `sk-${"a1B2".repeat(12)}`;
  await using server = await recordingServer(
    (_, response) => void response.end(`{"id":"ocid1.k","keys":[{"key":"${key}","keyName":7}]}`),
  );
  const { apiKeys } = cloud.controlWith({ controlEndpoint: server.url });
  const made = await apiKeys.create(details);
  expect(made.keys.map((item) => item.key?.reveal())).toEqual([key]);
  expect(made).toMatchObject({ id: "ocid1.k", displayName: "", keys: [{ keyName: "", state: "" }] });
  expect(inspect(made, { depth: 9, showHidden: true }) + JSON.stringify(made)).not.toContain(key);
});
