/** Threads that the server keeps as one conversation. */
import { CancelledError, type ModelRequest, type ModelResponse, userMessage } from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { modelOn, noting } from "../../test/responses/model.ts";
import { type ResponsesServer, startResponsesServer } from "../../test/responses/server.ts";
import { Refused } from "../../test/responses/store.ts";
import type { ResponsesModel } from "./model.ts";

let server: ResponsesServer;
beforeEach(async () => {
  server = await startResponsesServer();
});
afterEach(() => server.close());

const conversing = (options = {}): ResponsesModel => modelOn(server, { history: "conversation", ...options });
const stateOf = (response: ModelResponse): Pick<ModelRequest, "providerState"> =>
  response.providerState === undefined ? {} : { providerState: response.providerState };
const secondTurn = (first: ModelResponse): ModelRequest => ({
  messages: [userMessage("1"), first.message, userMessage("2")],
  ...stateOf(first),
});
const conversationsIn = (): readonly unknown[] => server.bodies().map(({ conversation }) => conversation);

describe("a thread kept as a conversation", () => {
  it("gets one of its own at first use, and is sent what is new from then on", async () => {
    const model = conversing();
    const first = await model.complete({ messages: [userMessage("1")] });
    await model.complete(secondTurn(first));
    expect(conversationsIn()).toEqual(["conv_1", "conv_1"]);
    expect(server.bodies()[1]?.input).toHaveLength(1);
    expect(server.bodies()[1]).not.toHaveProperty("previous_response_id");
    expect(server.store.conversations.get("conv_1")).toHaveLength(4);
  });

  it("goes on in another process", async () => {
    const first = await conversing().complete({ messages: [userMessage("1")] });
    const { request, notices } = noting(secondTurn(first));
    await conversing().complete(request);
    expect(notices).toEqual([]);
    expect(conversationsIn()).toEqual(["conv_1", "conv_1"]);
  });

  it("uses the conversation it is given for one thread, and keeps other threads out of it", async () => {
    server.store.addConversation("conv_mine");
    const model = conversing({ conversation: "conv_mine" });
    const first = await model.complete({ messages: [userMessage("1")] });
    await model.complete({ messages: [userMessage("of somebody else")] });
    await model.complete(secondTurn(first));
    expect(conversationsIn()).toEqual(["conv_mine", "conv_1", "conv_mine"]);
  });

  it("gets a new one, with everything in it, where the same point is continued a second time", async () => {
    const model = conversing();
    const first = await model.complete({ messages: [userMessage("1")] });
    const again = noting(secondTurn(first));
    await model.complete(secondTurn(first));
    await model.complete(again.request);
    expect(again.notices[0]?.what).toContain("conversation has gone on, or may have, without this thread");
    expect(conversationsIn()).toEqual(["conv_1", "conv_1", "conv_2"]);
    expect(server.bodies()[2]?.input).toHaveLength(3);
    expect(server.store.conversations.get("conv_1")).toHaveLength(4);
  });

  it("gets a new one for the second of two runs at once", async () => {
    const model = conversing();
    const first = await model.complete({ messages: [userMessage("1")] });
    await Promise.all([model.complete(secondTurn(first)), model.complete(secondTurn(first))]);
    expect(new Set(conversationsIn())).toEqual(new Set(["conv_1", "conv_2"]));
  });

  it("gets a new one after an answer that was cancelled, cut or broken: what is in the old is not known", async () => {
    const model = conversing();
    for (const turn of [
      { text: "x".repeat(99), hang: true },
      { text: "x".repeat(99), cut: true },
    ] as const) {
      server.say("one", turn, "three");
      const first = await model.complete({ messages: [userMessage("1")] });
      const before = conversationsIn().at(-1);
      const controller = new AbortController();
      const consume = async (): Promise<void> => {
        for await (const part of model.stream({ ...secondTurn(first), signal: controller.signal })) {
          if ("hang" in turn && part.type === "text_delta") controller.abort();
        }
      };
      await expect(consume()).rejects.toThrow();
      const { request, notices } = noting(secondTurn(first));
      await model.complete(request);
      expect(notices).toHaveLength(1);
      expect(conversationsIn().at(-1)).not.toBe(before);
      expect(server.bodies().at(-1)?.input).toHaveLength(3);
    }
  });

  it("stays with its conversation after a refusal, which leaves nothing in it", async () => {
    const model = conversing();
    const first = await model.complete({ messages: [userMessage("1")] });
    server.say({ refused: new Refused(429, "Slow down.") }, "two");
    await expect(model.complete(secondTurn(first))).rejects.toMatchObject({ name: "RateLimitError" });
    const { request, notices } = noting(secondTurn(first));
    await model.complete(request);
    expect(notices).toEqual([]);
    expect(conversationsIn()).toEqual(["conv_1", "conv_1", "conv_1"]);
  });

  it("that is lost is made anew from the local history", async () => {
    const model = conversing();
    const first = await model.complete({ messages: [userMessage("1")] });
    server.store.expire();
    const { request, notices } = noting(secondTurn(first));
    const second = await model.complete(request);
    expect(notices.map(({ what }) => what)).toEqual([
      "the server no longer has the conversation: sending the whole history",
    ]);
    expect(conversationsIn()).toEqual(["conv_1", "conv_1", "conv_2"]);
    expect(second.providerState?.data).toMatchObject({ conversationId: "conv_2", cursor: 4 });
  });

  it("that another process is at work on gives way to one of its own", async () => {
    const first = await conversing().complete({ messages: [userMessage("1")] });
    const locked = new Refused(400, "Another process is currently operating on this conversation.");
    server.say({ refused: locked }, "two");
    const { request, notices } = noting(secondTurn(first));
    await conversing().complete(request);
    expect(notices[0]?.what).toContain("in use elsewhere");
    expect(conversationsIn()).toEqual(["conv_1", "conv_1", "conv_2"]);
    expect(server.bodies()[2]?.input).toHaveLength(3);
  });

  it("is an error where it is refused again and again", async () => {
    server.say({ refused: new Refused(400, "locked", "conversation_locked") });
    await expect(conversing().complete({ messages: [userMessage("1")] })).rejects.toMatchObject({
      status: 400,
    });
    expect(server.bodies()).toHaveLength(2);
  });

  it("is not continued by a model that keeps history by response, nor the other way round", async () => {
    const byResponse = await modelOn(server).complete({ messages: [userMessage("1")] });
    const { request, notices } = noting(secondTurn(byResponse));
    const second = await conversing().complete(request);
    expect(notices[0]?.what).toContain("kept by response-id, not by conversation");
    const back = noting({
      messages: [...request.messages, second.message, userMessage("3")],
      ...stateOf(second),
    });
    await modelOn(server).complete(back.request);
    expect(back.notices[0]?.what).toContain("kept by conversation, not by response-id");
    expect(server.bodies().at(-1)?.input).toHaveLength(5);
  });

  it("is made within the caller's patience", async () => {
    const aborted = conversing().complete({ messages: [userMessage("1")], signal: AbortSignal.abort() });
    await expect(aborted).rejects.toBeInstanceOf(CancelledError);
    expect(server.requests).toEqual([]);
  });
});
