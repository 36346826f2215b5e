/** Models over servers that a test starts, and how their calls end. */
import type { ModelRequest } from "@locus-sdk/core";
import { expect, vi } from "vitest";
import { OllamaModel } from "../src/ollama-model.ts";
import type { OllamaModelOptions } from "../src/options.ts";
import {
  type ChatAnswer,
  ends,
  lines,
  type OllamaServer,
  type OllamaServerOptions,
  says,
  startOllama,
} from "./server.ts";

export const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
export const yes: ChatAnswer = lines(says({ content: "Yes." }), ends());

const servers: OllamaServer[] = [];

/** Closes what `start` has started, behind each test. */
export async function closeServers(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()));
}

export async function start(answer: ChatAnswer, options: OllamaServerOptions = {}): Promise<OllamaServer> {
  const server = await startOllama(answer, options);
  servers.push(server);
  return server;
}

export const modelOn = (server: OllamaServer, options: Partial<OllamaModelOptions> = {}): OllamaModel =>
  new OllamaModel({ model: "m", host: server.url, maxRetries: 0, ...options });

/** What a promise rejects with. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

/** Resolves once the server has no request left. */
export const idle = (server: OllamaServer): Promise<void> =>
  vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 3000, interval: 5 });
