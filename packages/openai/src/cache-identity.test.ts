import { describe, expect, it } from "vitest";
import { OpenAIModel } from "./openai-model.ts";
import { OpenAIResponsesModel } from "./responses/openai-responses-model.ts";

const here = "http://127.0.0.1:8000/v1";
const written = (model: { readonly cacheIdentity?: unknown }): string => JSON.stringify(model.cacheIdentity);
const chat = (options: object = {}): string =>
  written(new OpenAIModel({ model: "m", baseURL: here, ...options }));

describe("what answers of a model depend on", () => {
  it("is the same for one configuration, whatever its key", () => {
    expect(chat()).toBe(chat({ apiKey: "sk-another", maxRetries: 0, timeoutMs: 5 }));
    expect(chat({ baseURL: `${here}/` })).toBe(chat());
  });

  it("differs by server, by what the server is taken for, and by API", () => {
    const all = [
      chat(),
      chat({ baseURL: "http://127.0.0.1:8001/v1" }),
      chat({ baseURL: "http://127.0.0.1:8000/v2" }),
      chat({ compatibility: "mistral" }),
      written(new OpenAIResponsesModel({ model: "m", baseURL: here, store: false })),
      written(new OpenAIResponsesModel({ model: "m", baseURL: here, history: "client" })),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it("holds no secret", () => {
    const address = "http://ada:hunter2@127.0.0.1:8000/v1?key=hunter3";
    expect(chat({ baseURL: address, apiKey: "sk-hunter4" })).not.toContain("hunter");
  });
});
