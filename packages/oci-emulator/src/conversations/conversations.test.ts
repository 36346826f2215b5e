// Conversations through the vendor's client: items, metadata, scope, life, and the responses that add to them.
import type OpenAI from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { collect, model, openaiClient, started, testConfig } from "../../test/support/client.ts";
import type { Question } from "../index.ts";

const config = await testConfig();
const { emulator, client, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const user = (content: string): OpenAI.Responses.ResponseInputItem => ({ role: "user", content });
const missing = { status: 404 };

const textsOf = async (id: string): Promise<readonly string[]> => {
  const items = await collect(client.conversations.items.list(id, { order: "asc" }));
  return items.flatMap((item) =>
    item.type === "message" ? item.content.map((part) => ("text" in part ? part.text : "")) : [item.type],
  );
};

describe("a conversation", () => {
  it("is created with items and metadata, retrieved, updated and deleted", async () => {
    const made = await client.conversations.create({ items: [user("Hi")], metadata: { topic: "a" } });
    expect(made).toMatchObject({ object: "conversation", metadata: { topic: "a" } });
    expect(await client.conversations.retrieve(made.id)).toEqual(made);
    const updated = await client.conversations.update(made.id, { metadata: { topic: "b" } });
    expect(updated).toEqual({ ...made, metadata: { topic: "b" } });
    expect(await client.conversations.delete(made.id)).toMatchObject({ deleted: true });
    await expect(client.conversations.retrieve(made.id)).rejects.toMatchObject(missing);
  });

  it("takes no more than twenty items at a time", async () => {
    const many = (count: number): OpenAI.Responses.ResponseInputItem[] =>
      Array.from({ length: count }, (_, index) => user(String(index)));
    const { id } = await client.conversations.create({ items: many(20) });
    await expect(client.conversations.create({ items: many(21) })).rejects.toMatchObject({ status: 400 });
    await expect(client.conversations.items.create(id, { items: many(21) })).rejects.toMatchObject({
      status: 400,
    });
    await client.conversations.items.create(id, { items: many(20) });
    expect(await textsOf(id)).toHaveLength(40);
  });

  it("lists, retrieves and deletes its items one by one", async () => {
    const { id } = await client.conversations.create({ items: [user("one")] });
    const added = await client.conversations.items.create(id, { items: [user("two"), user("three")] });
    expect(added.data).toHaveLength(2);
    expect(await textsOf(id)).toEqual(["one", "two", "three"]);
    const [second] = added.data;
    const itemId = second?.id ?? "";
    const at = { conversation_id: id };
    expect(await client.conversations.items.retrieve(itemId, at)).toMatchObject({ id: itemId });
    expect(await client.conversations.items.delete(itemId, at)).toMatchObject({ id });
    expect(await textsOf(id)).toEqual(["one", "three"]);
    await expect(client.conversations.items.retrieve(itemId, at)).rejects.toMatchObject(missing);
  });

  it("refuses metadata that is too much", async () => {
    const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, "v"]));
    await expect(client.conversations.create({ metadata })).rejects.toMatchObject({ status: 400 });
  });

  it("belongs to its project, which is required", async () => {
    const { id } = await client.conversations.create();
    const other = openaiClient(emulator, config, { project: "ocid1.generativeaiproject.oc1..other" });
    await expect(other.conversations.retrieve(id)).rejects.toMatchObject(missing);
    const nobody = openaiClient(emulator, config, { project: null });
    await expect(nobody.conversations.create()).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/project/i),
    });
  });

  it("expires when nothing has changed for a while", async () => {
    await using other = await started(config, { serverState: { conversationTtlMs: 120_000 } });
    const { id } = await other.client.conversations.create();
    other.emulator.clock.advance(100_000);
    await other.client.conversations.update(id, { metadata: {} });
    other.emulator.clock.advance(100_000);
    expect(await other.client.conversations.retrieve(id)).toMatchObject({ id });
    other.emulator.clock.advance(20_001);
    await expect(other.client.conversations.retrieve(id)).rejects.toMatchObject(missing);
  });
});

describe("a response in a conversation", () => {
  it("sees its items and adds its own input and output", async () => {
    const seen: (readonly string[])[] = [];
    const answer = (text: string) => (question: Question) => {
      seen.push(question.messages.map((message) => message.text));
      return { text };
    };
    emulator.script(answer("two"), answer("four"));
    const { id } = await client.conversations.create({ items: [user("zero")] });
    const first = await client.responses.create({ model, input: "one", conversation: id });
    const stream = await client.responses.create({
      model,
      input: "three",
      conversation: { id },
      stream: true,
    });
    await collect(stream);
    expect(first.conversation).toEqual({ id });
    expect(seen).toEqual([
      ["zero", "one"],
      ["zero", "one", "two", "three"],
    ]);
    expect(await textsOf(id)).toEqual(["zero", "one", "two", "three", "four"]);
  });

  it("answers the calls that are open in it", async () => {
    emulator.script({ toolCalls: [{ id: "call_a", name: "f" }] });
    const { id } = await client.conversations.create();
    await client.responses.create({ model, input: "Hi", conversation: id });
    const go = (input: OpenAI.Responses.ResponseInput): Promise<OpenAI.Responses.Response> =>
      client.responses.create({ model, input, conversation: id });
    await expect(go([user("Go on")])).rejects.toMatchObject({ status: 400 });
    expect(await go([{ type: "function_call_output", call_id: "call_a", output: "ok" }])).toMatchObject({
      status: "completed",
    });
  });

  it("adds nothing when it fails", async () => {
    emulator.script({ failure: { code: "server_error", message: "Down." } });
    const { id } = await client.conversations.create();
    await client.responses.create({ model, input: "Hi", conversation: id });
    expect(await textsOf(id)).toEqual([]);
  });

  it("adds to it from every branch, which is recorded when they run at the same time", async () => {
    emulator.script({ text: "a", wire: { delayMs: 5 }, times: 2 });
    const { id } = await client.conversations.create();
    const branch = async (): Promise<unknown> =>
      collect(await client.responses.create({ model, input: "Hi", conversation: id, stream: true }));
    await Promise.all([branch(), branch()]);
    expect(await textsOf(id)).toEqual(["Hi", "a", "Hi", "a"]);
    expect(emulator.violations.map(({ rule }) => rule)).toEqual(["concurrent-conversation"]);
    await emulator.idle();
    await branch();
    expect(emulator.violations).toHaveLength(1);
  });

  it("needs one that exists, and no Zero Data Retention", async () => {
    const go = (conversation: string): Promise<unknown> =>
      client.responses.create({ model, input: "Hi", conversation });
    await expect(go("conv_0")).rejects.toMatchObject(missing);
    const { id } = await client.conversations.create();
    emulator.zeroDataRetention = true;
    await expect(go(id)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("Zero Data Retention"),
    });
  });
});
