/** Models over the test server, and what a request told while it was under way. */
import type { ModelRequest, RetryNotice } from "@locus-sdk/core";
import { OpenAI } from "openai";
import { ResponsesModel } from "../../src/responses/model.ts";
import type { ResponsesModelOptions } from "../../src/responses/options.ts";
import type { ResponsesServer } from "./server.ts";

export function modelOn(
  server: ResponsesServer,
  options: Partial<ResponsesModelOptions> = {},
): ResponsesModel {
  return new ResponsesModel({
    provider: "test",
    modelId: "m",
    client: () => new OpenAI({ apiKey: "test-key", baseURL: server.url, maxRetries: 0 }),
    scope: { baseURL: server.url },
    ...options,
  });
}

/** A request that collects its notices. */
export function noting(request: ModelRequest): {
  readonly request: ModelRequest;
  readonly notices: readonly RetryNotice[];
} {
  const notices: RetryNotice[] = [];
  return { request: { ...request, onRetry: (notice) => notices.push(notice) }, notices };
}
