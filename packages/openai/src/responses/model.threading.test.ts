/** What goes over the wire, turn after turn, where the server keeps the conversation by response. */
import {
  assistantMessage,
  deepFreeze,
  type Message,
  type ModelRequest,
  type ModelResponse,
  toolMessage,
  userMessage,
} from "@locus-sdk/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { modelOn, noting } from "../../test/responses/model.ts";
import { type ResponsesServer, startResponsesServer } from "../../test/responses/server.ts";

const system: Message = { role: "system", content: "Be brief." };

let server: ResponsesServer;
beforeEach(async () => {
  server = await startResponsesServer();
});
afterEach(() => server.close());

const stateOf = (response: ModelResponse): Pick<ModelRequest, "providerState"> =>
  response.providerState === undefined ? {} : { providerState: response.providerState };

describe("a thread kept by response id", () => {
  it("is sent once: later requests carry what is new, the id, and the instructions again", async () => {
    server.say("one", "two", "three");
    const model = modelOn(server);
    const messages: Message[] = [system, userMessage("1")];
    let last: ModelResponse | undefined;
    for (const next of ["2", "3", undefined]) {
      last = await model.complete({ messages, ...(last === undefined ? {} : stateOf(last)) });
      messages.push(last.message);
      if (next !== undefined) messages.push(userMessage(next));
    }
    const [first, second, third] = server.bodies();
    expect(first).toEqual({
      model: "m",
      instructions: "Be brief.",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "1" }] }],
    });
    expect(second).toMatchObject({ previous_response_id: "resp_2", instructions: "Be brief." });
    expect(second?.input).toHaveLength(1);
    expect(third).toMatchObject({ previous_response_id: "resp_4", instructions: "Be brief." });
    expect(third?.input).toHaveLength(1);
    expect(server.requests.at(-1)?.view).toHaveLength(5);
  });

  it("holds for the answer that the caller appends, whatever ids it gives the calls", async () => {
    server.say({ calls: [{ name: "f", arguments: "{}", id: "call_1" }] }, "done");
    const model = modelOn(server);
    const asked = userMessage("go");
    const first = await model.complete({ messages: [asked] });
    const answer = deepFreeze(
      assistantMessage([
        { type: "tool_call", id: "own_1", providerId: "call_1", name: "f", arguments: "{}" },
      ]),
    );
    const messages = [asked, answer, toolMessage({ id: "own_1", name: "f" }, "42")];
    const { request, notices } = noting({ messages, ...stateOf(first) });
    await model.complete(request);
    expect(notices).toEqual([]);
    expect(server.bodies()[1]?.input).toEqual([
      { type: "function_call_output", call_id: "call_1", output: "42" },
    ]);
  });

  it("sends everything behind what the server has, wherever it was put in", async () => {
    server.say({ calls: [{ name: "f", arguments: "{}", id: "call_1" }] }, "done");
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("go")] });
    const messages: Message[] = [
      userMessage("go"),
      first.message,
      toolMessage({ id: "call_1", name: "f" }, "42"),
      userMessage("a reminder"),
      assistantMessage("said by another model"),
      userMessage("well?"),
      { role: "system", content: "Said late." },
    ];
    await model.complete({ messages, ...stateOf(first) });
    const sent = server.bodies()[1];
    expect(sent?.instructions).toBe("Said late.");
    expect(sent?.input).toMatchObject([
      { type: "function_call_output" },
      { role: "user" },
      { role: "assistant", content: [{ text: "said by another model" }] },
      { role: "user" },
    ]);
  });

  it.each<[string, (messages: readonly Message[]) => readonly Message[]]>([
    ["edited", ([, ...rest]) => [userMessage("something else"), ...rest]],
    ["compacted", (messages) => [userMessage("Summary."), ...messages.slice(2)]],
    ["shortened", () => [userMessage("again")]],
    ["grown in its middle", ([first, ...rest]) => [...(first ? [first] : []), userMessage("wait"), ...rest]],
  ])("that was %s is sent whole, once, and the caller is told why", async (_how, change) => {
    server.say("one", "two", "three");
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("1")] });
    const messages = change([userMessage("1"), first.message, userMessage("2")]);
    const { request, notices } = noting({ messages, ...stateOf(first) });
    const second = await model.complete(request);
    expect(notices).toEqual([
      {
        what: "the history has changed since the server saw it: sending the whole history",
        attempt: 1,
        delayMs: 0,
      },
    ]);
    expect(server.bodies()[1]).not.toHaveProperty("previous_response_id");
    expect(server.bodies()[1]?.input).toHaveLength(messages.length);

    const next = noting({ messages: [...messages, second.message, userMessage("3")], ...stateOf(second) });
    await model.complete(next.request);
    expect(next.notices).toEqual([]);
    expect(server.bodies()[2]?.input).toHaveLength(1);
  });

  it("is not taken to another endpoint or project", async () => {
    const first = await modelOn(server).complete({ messages: [userMessage("1")] });
    const moved = modelOn(server, { scope: () => Promise.resolve({ baseURL: server.url, project: "p" }) });
    const { request, notices } = noting({
      messages: [userMessage("1"), first.message, userMessage("2")],
      ...stateOf(first),
    });
    await moved.complete(request);
    expect(notices[0]?.what).toContain("at another endpoint or for another project");
    expect(server.bodies()[1]).not.toHaveProperty("previous_response_id");
    expect(server.bodies()[1]?.input).toHaveLength(3);
  });

  it("ignores a state that is another model's, another transport's, or unreadable", async () => {
    const model = modelOn(server);
    const { providerState } = await model.complete({ messages: [userMessage("1")] });
    const states = [
      { provider: "test", modelId: "other", data: providerState?.data ?? null },
      { provider: "test", modelId: "m", data: { transport: "sdk", responseId: "resp_2" } },
      { provider: "test", modelId: "m", data: "?" },
    ];
    for (const state of states) {
      const { request, notices } = noting({ messages: [userMessage("1")], providerState: state });
      await model.complete(request);
      expect(notices).toEqual([]);
      expect(server.bodies().at(-1)).not.toHaveProperty("previous_response_id");
    }
  });

  it("survives a store that gives its messages back as copies with their members in another order", async () => {
    server.say({
      reasoning: ["Hm."],
      text: "one",
      calls: [{ name: "f", arguments: '{"b":1,"a":2}', id: "c" }],
    });
    const model = modelOn(server);
    const asked = userMessage([{ type: "text", text: "1" }]);
    const first = await model.complete({ messages: [asked] });
    const reorder = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reorder)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, member]) => [key, reorder(member)]),
            )
          : value;
    const messages = reorder([
      asked,
      first.message,
      toolMessage({ id: "c", name: "f" }, "42"),
    ]) as readonly Message[];
    const { request, notices } = noting({
      messages,
      providerState: reorder(first.providerState) as NonNullable<ModelResponse["providerState"]>,
    });
    await model.complete(request);
    expect(notices).toEqual([]);
    expect(server.bodies()[1]?.input).toHaveLength(1);
  });

  it("branches from one state as often as it is asked to", async () => {
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("1")] });
    const messages = [userMessage("1"), first.message, userMessage("2")];
    await Promise.all([1, 2, 3].map(() => model.complete({ messages, ...stateOf(first) })));
    for (const body of server.bodies().slice(1)) {
      expect(body).toMatchObject({ previous_response_id: "resp_2" });
      expect(body.input).toHaveLength(1);
    }
  });

  it("goes on from the last complete answer where one was cut, and carries the cut one", async () => {
    server.say("one", { text: "two, bu", incomplete: "max_output_tokens" }, "three");
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("1")] });
    const messages: Message[] = [userMessage("1"), first.message, userMessage("2")];
    const second = await model.complete({ messages, ...stateOf(first) });
    expect(second.stopReason).toBe("length");
    expect(second.providerState).toBeUndefined();
    messages.push(second.message, userMessage("go on"));
    await model.complete({ messages, ...stateOf(first) });
    expect(server.bodies()[2]).toMatchObject({
      previous_response_id: "resp_2",
      input: [{ role: "user" }, { role: "assistant" }, { role: "user" }],
    });
  });
});
