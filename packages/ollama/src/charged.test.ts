import { describe, expect, it } from "vitest";
import { OllamaModel } from "./ollama-model.ts";

const line = {
  model: "gpt-oss:120b",
  message: { content: "Hi." },
  done: true,
  done_reason: "stop",
  eval_count: 2,
};
const answering: typeof fetch = () => Promise.resolve(new Response(`${JSON.stringify(line)}\n`));
const at = (host: string, options: object = {}): OllamaModel =>
  new OllamaModel({ model: "gpt-oss:120b", host, fetch: answering, ...options });
const request = { messages: [{ role: "user" as const, content: "Hi" }] };

describe("a model of Ollama's", () => {
  it("is not free in Ollama's cloud, and says so", async () => {
    expect((await at("https://ollama.com").complete(request)).serviceTier).toBe("cloud");
    expect((await at("http://127.0.0.1:9").complete(request)).serviceTier).toBeUndefined();
  });

  it("is another one to a cache on another server, or with other options", () => {
    const all = [at("127.0.0.1:1"), at("127.0.0.1:2"), at("127.0.0.1:1", { think: true })];
    const more = [...all, at("127.0.0.1:1", { numCtx: 8192 })];
    expect(new Set(more.map(({ cacheIdentity }) => JSON.stringify(cacheIdentity))).size).toBe(4);
    expect(at("u:p@127.0.0.1:1", { keepAlive: 5 }).cacheIdentity).toEqual(at("127.0.0.1:1").cacheIdentity);
  });
});
