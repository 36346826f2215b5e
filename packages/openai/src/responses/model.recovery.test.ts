/** What is done where the server has lost the conversation, keeps none, or refuses a part of the request. */
import {
  InvalidRequestError,
  type Message,
  type ModelRequest,
  type ModelResponse,
  ServerStateLostError,
  userMessage,
} from "@locus-sdk/core";
import { OpenAI } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { drain } from "../../test/parts.ts";
import { modelOn, noting } from "../../test/responses/model.ts";
import {
  type ResponsesServer,
  type ServerOptions,
  startResponsesServer,
} from "../../test/responses/server.ts";
import { Refused } from "../../test/responses/store.ts";

let server: ResponsesServer;
const start = async (options: ServerOptions = {}): Promise<ResponsesServer> => {
  server = await startResponsesServer(options);
  return server;
};
afterEach(() => server.close());

const stateOf = (response: ModelResponse): Pick<ModelRequest, "providerState"> =>
  response.providerState === undefined ? {} : { providerState: response.providerState };

const secondTurn = (first: ModelResponse): ModelRequest => ({
  messages: [userMessage("1"), first.message, userMessage("2")],
  ...stateOf(first),
});

describe("a response that the server no longer has", () => {
  it.each(["code", "param", "text"] as const)(
    "told by its %s is answered with the whole history, once",
    async (style) => {
      await start();
      const model = modelOn(server);
      const first = await model.complete({ messages: [userMessage("1")] });
      server.store.lostStyle = style;
      server.store.expire();
      const { request, notices } = noting(secondTurn(first));
      const second = await model.complete(request);
      expect(notices).toEqual([
        {
          what: "the server no longer has the conversation: sending the whole history",
          attempt: 1,
          delayMs: 0,
        },
      ]);
      expect(server.bodies()).toHaveLength(3);
      expect(server.bodies()[2]).not.toHaveProperty("previous_response_id");
      expect(server.bodies()[2]?.input).toHaveLength(3);

      const third = noting({
        messages: [...request.messages, second.message, userMessage("3")],
        ...stateOf(second),
      });
      await model.complete(third.request);
      expect(third.notices).toEqual([]);
      expect(server.bodies()[3]?.input).toHaveLength(1);
    },
  );

  it("is replayed in a stream as well, before its first part", async () => {
    await start();
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("1")] });
    server.store.expire();
    const { parts, error } = await drain(model.stream(secondTurn(first)));
    expect(error).toBeUndefined();
    expect(parts.at(-1)?.type).toBe("finish");
    expect(server.bodies()).toHaveLength(3);
  });

  it("is an error where that was asked for, with the status and what to do", async () => {
    await start();
    const model = modelOn(server, { onStateLost: "error" });
    const first = await model.complete({ messages: [userMessage("1")] });
    server.store.expire();
    const { request, notices } = noting(secondTurn(first));
    const error = await model.complete(request).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ServerStateLostError);
    expect(error).toMatchObject({ status: 400, requestId: "req_2", hint: expect.stringContaining("replay") });
    expect(notices).toEqual([]);
    expect(server.bodies()).toHaveLength(2);
  });

  it("is never what a first request is told", async () => {
    await start();
    server.say({ refused: new Refused(400, "Previous response with id 'x' not found.") });
    const error = await modelOn(server)
      .complete({ messages: [userMessage("1")] })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(server.bodies()).toHaveLength(1);
  });

  it("is an error when it is lost a second time in the same call", async () => {
    await start();
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("1")] });
    server.say({ refused: new Refused(404, "Response resp_2 not found.") });
    await expect(model.complete(secondTurn(first))).rejects.toBeInstanceOf(ServerStateLostError);
    expect(server.bodies()).toHaveLength(3);
  });

  it("is told apart from a missing model or permission, which is not replayed", async () => {
    await start();
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("1")] });
    const text = "Authorization failed or requested resource not found.";
    server.say({ refused: new Refused(404, text, "NotAuthorizedOrNotFound") });
    const error = await model.complete(secondTurn(first)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "PermissionOrNotFoundError", status: 404 });
    expect(server.bodies()).toHaveLength(2);
  });
});

describe("Zero Data Retention", () => {
  it("told by the server makes the model send everything, unstored and with sealed reasoning, for good", async () => {
    await start({ zdr: true });
    server.say("one", { reasoning: ["Hm."], calls: [{ name: "f", arguments: "{}", id: "c1" }] }, "three");
    const model = modelOn(server);
    expect(model.capabilities.serverState).toBe(true);
    const first = await model.complete({ messages: [userMessage("1")] });
    expect(server.bodies()[0]).not.toHaveProperty("store");
    const { request, notices } = noting(secondTurn(first));
    const second = await model.complete(request);
    expect(notices.map(({ what }) => what)).toEqual([
      "the server keeps no conversations (Zero Data Retention): sending the whole history from now on",
    ]);
    expect(model.capabilities.serverState).toBe(false);
    expect(server.bodies()).toHaveLength(3);
    expect(server.bodies()[2]).toMatchObject({ store: false, include: ["reasoning.encrypted_content"] });

    const messages: Message[] = [
      ...request.messages,
      second.message,
      { role: "tool", callId: "c1", name: "f", content: "42" },
    ];
    const third = noting({ messages, ...stateOf(second) });
    await model.complete(third.request);
    expect(third.notices).toEqual([]);
    const sent = server.bodies()[3];
    expect(sent).toMatchObject({ store: false });
    expect(sent).not.toHaveProperty("previous_response_id");
    expect(sent?.input).toMatchObject([
      { type: "message" },
      { type: "message" },
      { type: "message" },
      { type: "reasoning" },
      { type: "function_call" },
      { type: "function_call_output" },
    ]);

    // Another process is told by the thread, and does not try.
    const elsewhere = modelOn(server);
    const fourth = noting({ messages, ...stateOf(second) });
    await elsewhere.complete(fourth.request);
    expect(fourth.notices).toEqual([]);
    expect(server.bodies()).toHaveLength(5);
    expect(server.bodies()[4]).toMatchObject({ store: false });
  });

  it("known beforehand never tries to go on from a response", async () => {
    await start({ zdr: true });
    const model = modelOn(server, { store: false });
    expect(model.history).toBe("client");
    const first = await model.complete({ messages: [userMessage("1")] });
    expect(first.providerState).toBeUndefined();
    await model.complete(secondTurn(first));
    for (const body of server.bodies()) {
      expect(body).toMatchObject({ store: false, include: ["reasoning.encrypted_content"] });
    }
    expect(server.bodies()[1]?.input).toHaveLength(3);
  });

  it("of a server without previous_response_id at all makes the model send everything", async () => {
    await start({ refuses: ["previous_response_id"] });
    const model = modelOn(server);
    const first = await model.complete({ messages: [userMessage("1")] });
    const { request, notices } = noting(secondTurn(first));
    await model.complete(request);
    expect(notices[0]?.what).toContain("it takes no previous_response_id");
    expect(server.bodies().at(-1)).not.toHaveProperty("store");
    expect(server.bodies().at(-1)?.input).toHaveLength(3);
  });
});

describe("sealed reasoning", () => {
  it("is asked for no more where the server does not know it", async () => {
    await start({ noInclude: true });
    const model = modelOn(server, { store: false });
    const { request, notices } = noting({ messages: [userMessage("1")] });
    await model.complete(request);
    await model.complete(request);
    expect(notices.map(({ what }) => what)).toEqual([
      "reasoning.encrypted_content is refused: sending without it",
    ]);
    expect(server.bodies().map(({ include }) => include)).toEqual([
      ["reasoning.encrypted_content"],
      undefined,
      undefined,
    ]);
  });

  it("of another server is left out once it turns out that this one cannot open it", async () => {
    await start({ key: "mine" });
    const model = modelOn(server, { store: false });
    const messages: readonly Message[] = [
      userMessage("1"),
      {
        role: "assistant",
        content: [
          { type: "reasoning", id: "rs_x", text: "Hm.", encrypted: "e30.xxxx" },
          { type: "text", text: "one" },
        ],
      },
      userMessage("2"),
    ];
    const { request, notices } = noting({ messages });
    await model.complete(request);
    await model.complete(request);
    expect(notices.map(({ what }) => what)).toEqual([
      "the server cannot open the reasoning of earlier turns: sending without it",
    ]);
    expect(server.bodies().map(({ input }) => Array.isArray(input) && input.length)).toEqual([4, 3, 3]);
  });
});

describe("a failure that may pass", () => {
  it("is tried again as often as the client says, each time told", async () => {
    await start();
    const client = new OpenAI({ apiKey: "k", baseURL: server.url, maxRetries: 2 });
    const model = modelOn(server, { client: () => client });
    const busy = { refused: new Refused(503, "overloaded", null, null, { "retry-after-ms": "1" }) };
    server.say(busy, busy, "ok");
    const { request, notices } = noting({ messages: [userMessage("1")] });
    await model.complete(request);
    expect(server.bodies()).toHaveLength(3);
    expect(notices.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

describe("a connection that breaks before an answer", () => {
  const requestsWith = async (history: "response-id" | "conversation"): Promise<unknown> => {
    await start();
    const client = new OpenAI({ apiKey: "k", baseURL: server.url, maxRetries: 1 });
    const model = modelOn(server, { history, client: () => client });
    server.say({ reset: true }, "ok");
    return await model.complete({ messages: [userMessage("1")] }).catch((error: unknown) => error);
  };

  it("is tried again where a request stands for itself", async () => {
    expect(await requestsWith("response-id")).toMatchObject({ stopReason: "stop" });
    expect(server.bodies()).toHaveLength(2);
  });

  it("is an error in a conversation, which may have taken the request in", async () => {
    expect(await requestsWith("conversation")).toMatchObject({ name: "ConnectionError" });
    expect(server.bodies()).toHaveLength(1);
  });
});

describe("calls at the same time", () => {
  it.each<[string, ServerOptions]>([
    ["sealed reasoning is not known", { noInclude: true }],
    ["nothing is kept", { zdr: true }],
    ["a parameter is refused", { refuses: ["temperature"] }],
  ])("that all learn that %s all get their answers", async (_what, options) => {
    await start(options);
    const model = modelOn(server, options.zdr === true ? { store: true } : { history: "client" });
    const ask = (): Promise<ModelResponse> =>
      model.complete({ messages: [userMessage("1")], settings: { temperature: 0.5 } });
    await expect(Promise.all([ask(), ask(), ask()])).resolves.toHaveLength(3);
    expect(server.bodies()).toHaveLength(6);
    await ask();
    expect(server.bodies()).toHaveLength(7);
  });
});

describe("a refused parameter", () => {
  it("is left out, by its own name within its group, and remembered", async () => {
    await start({ refuses: ["temperature", "reasoning.summary", "text.verbosity"] });
    const model = modelOn(server);
    const { request, notices } = noting({
      messages: [userMessage("1")],
      settings: { temperature: 0.5, reasoning: { effort: "low", summary: "auto" }, verbosity: "low" },
    });
    const response = await model.complete(request);
    expect(notices.map(({ what }) => what)).toEqual([
      "temperature is refused: sending without it",
      "reasoning.summary is refused: sending without it",
      "text.verbosity is refused: sending without it",
    ]);
    expect(response.warnings).toContain('test model "m" refuses reasoning.summary: it was not sent');
    await model.complete(request);
    expect(notices).toHaveLength(3);
    expect(server.bodies().at(-1)).toMatchObject({ reasoning: { effort: "low" } });
    expect(server.bodies().at(-1)).not.toHaveProperty("text");
  });

  it("that cannot be left out is the error", async () => {
    await start({ refuses: ["tools"] });
    const model = modelOn(server);
    const tools = [{ name: "f", description: "", parameters: { type: "object" } }];
    await expect(model.complete({ messages: [userMessage("1")], tools })).rejects.toBeInstanceOf(
      InvalidRequestError,
    );
    expect(server.bodies()).toHaveLength(1);
  });
});
