import { ServerStateLostError } from "@locus-sdk/core";
import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../test/emulator.ts";
import { createOciOpenAI } from "../client.ts";
import { continueConversation, conversationHistory } from "./conversations.ts";

const model = "openai.gpt-oss-120b";
let cloud: Cloud;
let client: OpenAI;
beforeAll(async () => {
  cloud = await startCloud();
  client = createOciOpenAI({ ...cloud.options, project: cloud.config.projectId, maxRetries: 0 });
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

async function said(id: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const item of conversationHistory(client, id)) {
    if (item.type === "message") for (const part of item.content) if ("text" in part) texts.push(part.text);
  }
  return texts;
}

it("calls for one conversation are made one after the other, each with what was said before", async () => {
  const { id } = await client.conversations.create({});
  const inputs = Array.from({ length: 5 }, (_, n) => `question ${n}`);
  cloud.emulator.script(...inputs.map((_, n) => ({ text: `answer ${n}` })));
  const answers = await Promise.all(
    inputs.map((input) => continueConversation(client, id, { model, input })),
  );
  expect(answers.map(({ output_text }) => output_text)).toEqual(inputs.map((_, n) => `answer ${n}`));
  expect(await said(id)).toEqual(inputs.flatMap((input, n) => [input, `answer ${n}`]));
});

it("its history is read to the end, however many pages it has", async () => {
  const items = Array.from({ length: 20 }, (_, n) => ({ role: "user", content: `${n}` }) as const);
  const { id } = await client.conversations.create({ items });
  for (let more = 0; more < 6; more += 1) await client.conversations.items.create(id, { items });
  expect(await said(id)).toEqual(Array.from({ length: 140 }, (_, n) => `${n % 20}`));
});

it("one that is gone is said to be gone, and the next call is not held up by it", async () => {
  const { id } = await client.conversations.create({});
  await client.conversations.delete(id);
  const [first, second] = await Promise.allSettled([
    continueConversation(client, id, { model, input: "a" }),
    continueConversation(client, id, { model, input: "b" }),
  ]);
  for (const settled of [first, second]) {
    expect(settled).toMatchObject({
      status: "rejected",
      reason: { code: "server_state_lost", hint: expect.stringMatching(/create another/i) },
    });
  }
  await expect(said(id)).rejects.toBeInstanceOf(ServerStateLostError);
});

it("who gives up while he waits is let go at once, and nobody overtakes", async () => {
  const { id } = await client.conversations.create({});
  cloud.emulator.fault({ path: /responses$/, delayMs: 50 });
  cloud.emulator.script({ text: "one" }, { text: "three" });
  const controller = new AbortController();
  const { signal } = controller;
  const order: string[] = [];
  const first = continueConversation(client, id, { model, input: "1" }).then(() => order.push("first"));
  const second = continueConversation(client, id, { model, input: "2" }, { signal });
  const third = continueConversation(client, id, { model, input: "3" }).then(() => order.push("third"));
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: "cancelled" });
  await Promise.all([first, third]);
  expect(order).toEqual(["first", "third"]);
  expect(await said(id)).toEqual(["1", "one", "3", "three"]);
});

it("a history that repeats a page is read to there, and told", async () => {
  const { id } = await client.conversations.create({});
  const item = { type: "message", id: "m1", role: "user", content: [{ type: "input_text", text: "Hi" }] };
  cloud.emulator.fault({
    path: /items$/,
    method: "GET",
    body: { object: "list", data: [item], has_more: true, last_id: "m1" },
    times: Number.POSITIVE_INFINITY,
  });
  const read: unknown[] = [];
  const reading = async (): Promise<void> => {
    for await (const each of conversationHistory(client, id)) read.push(each);
  };
  await expect(reading()).rejects.toMatchObject({ code: "unexpected_answer" });
  expect(read).toHaveLength(1);
});

it("an answer that is none is told as such", async () => {
  const { id } = await client.conversations.create({});
  cloud.emulator.fault({ path: /responses$/, body: "<html>Sign in</html>" });
  await expect(continueConversation(client, id, { model, input: "Hi" })).rejects.toMatchObject({
    code: "unexpected_answer",
  });
});
