// Generations by logical call: what counts as another attempt, and what is a call of its own.
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { model, openaiClient, say, started, testConfig } from "../test/support/client.ts";

const config = await testConfig();
const { emulator, client, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const ask = (content = "Hi", headers: Record<string, string> = {}): Promise<unknown> =>
  client.chat.completions.create({ model, messages: say(content) }, { headers });
const counts = (): readonly number[] => emulator.generationsByCall.map(({ generations }) => generations);

describe("generations by call", () => {
  it("are one each when nothing fails, also for the same question twice", async () => {
    await ask();
    await ask();
    await ask("Ho");
    expect(counts()).toEqual([1, 1, 1]);
  });

  it("are one for a call that succeeds at last, by the vendor's own retries", async () => {
    const patient = openaiClient(emulator, config, { maxRetries: 2 });
    emulator.script({ error: "ServiceUnavailable", headers: { "retry-after-ms": "1" } });
    await patient.chat.completions.create({ model, messages: say("Hi") });
    expect(emulator.generationsByCall).toEqual([
      expect.objectContaining({ generations: 1, requestIds: emulator.requests.map(({ id }) => id) }),
    ]);
    expect(emulator.requests).toHaveLength(2);
  });

  it("are two for a call that is sent again after a broken answer", async () => {
    emulator.script({ text: "It rains", faults: [{ type: "reset", after: 1 }] });
    await expect(ask()).rejects.toThrow();
    await ask();
    expect(counts()).toEqual([2]);
  });

  it("belong together by opc-request-id, whatever the body", async () => {
    await ask("Hi", { "opc-request-id": "one" });
    await ask("Ho", { "opc-request-id": "one" });
    await ask("Hi", { "opc-request-id": "two" });
    expect(counts()).toEqual([2, 1]);
  });

  it("belong together by opc-retry-token, and by the vendor's retry count", async () => {
    await ask("Hi", { "opc-retry-token": "one" });
    await ask("Hi", { "opc-retry-token": "one" });
    await ask("Ho");
    await ask("Ho", { "x-stainless-retry-count": "1" });
    expect(counts()).toEqual([2, 2]);
  });

  it("are calls of their own when they are far apart", async () => {
    emulator.script({ text: "It rains", faults: [{ type: "reset", after: 1 }] });
    const headers = { authorization: `Bearer ${config.apiKey.secrets[0]}` };
    const send = async (): Promise<unknown> => {
      const body = JSON.stringify({ model, messages: say("Hi") });
      const response = await fetch(`${emulator.url}/openai/v1/chat/completions`, {
        method: "POST",
        headers,
        body,
      });
      return response.text();
    };
    await expect(send()).rejects.toThrow();
    emulator.clock.advance(11 * 60_000);
    await send();
    expect(counts()).toEqual([1, 1]);
  });
});
