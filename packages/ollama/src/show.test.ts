/** What the server knows about a model, and what follows for its capabilities. */
import { createServer } from "node:net";
import { CancelledError, TimeoutError } from "@locus-sdk/core";
import { afterEach, describe, expect, it } from "vitest";
import { closeServers, failure, idle, modelOn, start, yes } from "../test/model.ts";
import { OllamaModel } from "./ollama-model.ts";

const PNG = "iVBORw0KGgo=";

afterEach(closeServers);

describe("show", () => {
  const show = {
    capabilities: ["completion", "tools", "thinking"],
    model_info: { "general.architecture": "qwen3", "qwen3.context_length": 40_960 },
    parameters: 'num_ctx                        16384\nstop                           "<|im_end|>"',
    details: { family: "qwen3", parameter_size: "8.2B", quantization_level: "Q4_K_M" },
  };

  it("tells what the server knows, and the model's capabilities follow", async () => {
    const server = await start(yes, { show });
    const model = modelOn(server);
    expect(model.capabilities).not.toHaveProperty("contextWindow");
    expect(await model.show()).toEqual({
      capabilities: ["completion", "tools", "thinking"],
      contextLength: 40_960,
      numCtx: 16_384,
      family: "qwen3",
      parameterSize: "8.2B",
      quantization: "Q4_K_M",
    });
    expect(model.capabilities).toMatchObject({
      tools: true,
      vision: false,
      reasoning: true,
      contextWindow: 16_384,
    });
    const image = { messages: [{ role: "user", content: [{ type: "image", data: PNG }] }] } as const;
    expect(await failure(model.complete(image))).toMatchObject({ code: "unsupported_input" });
    await idle(server);
  });

  it.each([
    [8192, 8192],
    [100_000, 40_960],
  ])("bounds a context of %i tokens at %i", async (numCtx, contextWindow) => {
    const model = modelOn(await start(yes, { show }), { numCtx, think: false });
    await model.show();
    expect(model.capabilities).toMatchObject({ contextWindow, reasoning: false });
  });

  it("takes an old server's little for what it is", async () => {
    const model = modelOn(await start(yes, { show: { license: "MIT" } }));
    expect(await model.show()).toEqual({});
    expect(model.capabilities).toMatchObject({ tools: true, vision: true });
  });

  it("fails like a call, and pulls like one", async () => {
    const server = await start(yes, { models: [], registry: ["m"], show });
    expect(await failure(modelOn(server).show())).toMatchObject({ code: "model_not_found" });
    expect(await failure(modelOn(server).show({ signal: AbortSignal.abort() }))).toBeInstanceOf(
      CancelledError,
    );
    expect(await modelOn(server, { pull: true }).show()).toMatchObject({ family: "qwen3" });
  });

  it("waits no longer than it may", async () => {
    const silent = createServer((socket) => void socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : 0;
    const model = new OllamaModel({ model: "m", host: `:${port}`, timeoutMs: 30, maxRetries: 0 });
    expect(await failure(model.show())).toBeInstanceOf(TimeoutError);
    await new Promise((resolve) => silent.close(resolve));
  });
});
