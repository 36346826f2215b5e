// What the tests share: vendor clients that sign with the vendor's signer, and raw sockets.
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type AuthenticationDetailsProvider,
  ConfigFileAuthenticationDetailsProvider,
  DefaultRequestSigner,
  type HttpRequest,
} from "oci-common";
import OpenAI from "openai";
import {
  type OciEmulator,
  type OciEmulatorOptions,
  startOciEmulator,
  type TestConfig,
  type TestConfigOptions,
  writeTestConfig,
} from "../../src/index.ts";

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const directory = await mkdtemp(path.join(tmpdir(), "oci-emulator-"));
  return {
    path: directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A configuration shared by the tests of one file: keys take a while to make. */
export async function testConfig(options?: TestConfigOptions): Promise<TestConfig & AsyncDisposable> {
  const directory = await temporaryDirectory();
  const config = await writeTestConfig(directory.path, options);
  return { ...config, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

/** A fetch that signs with oci-common, as the vendor's own recipes do. Forms must be text: its signer takes nothing else. */
export function signedFetch(provider: AuthenticationDetailsProvider, compartmentId?: string): typeof fetch {
  const signer = new DefaultRequestSigner(provider);
  return async (url, init) => {
    const headers = new Headers(init?.headers);
    headers.delete("authorization");
    if (compartmentId !== undefined) headers.set("opc-compartment-id", compartmentId);
    const uri = url instanceof Request ? url.url : String(url);
    const form = init?.body instanceof FormData ? new Response(init.body) : undefined;
    if (form !== undefined) headers.set("content-type", form.headers.get("content-type") ?? "");
    const body = typeof init?.body === "string" ? init.body : await form?.text();
    const request: HttpRequest = {
      uri,
      method: (init?.method ?? "GET") as HttpRequest["method"],
      headers,
      ...(body === undefined ? {} : { body }),
    };
    await signer.signHttpRequest(request);
    return fetch(uri, { ...init, headers, ...(body === undefined ? {} : { body }) });
  };
}

/** A fetch that sends the API key: what comes of it does not depend on the clock, and bodies may be any bytes. */
export function keyFetch(config: TestConfig): typeof fetch {
  return (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${config.apiKey.secrets[0]}`);
    return fetch(url, { ...init, headers });
  };
}

export function openaiClient(
  emulator: OciEmulator,
  config: TestConfig,
  options: {
    readonly fetch?: typeof fetch;
    readonly base?: string;
    readonly maxRetries?: number;
    readonly project?: string | null;
  } = {},
): OpenAI {
  const provider = new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT");
  return new OpenAI({
    apiKey: "unused",
    organization: null,
    project: options.project === undefined ? config.projectId : options.project,
    maxRetries: options.maxRetries ?? 0,
    baseURL: `${emulator.url}${options.base ?? "/openai/v1"}`,
    fetch: options.fetch ?? signedFetch(provider, config.compartmentId),
  });
}

/** An emulator with a client for it. */
export async function started(
  config: TestConfig,
  options: OciEmulatorOptions = {},
): Promise<{ readonly emulator: OciEmulator; readonly client: OpenAI } & AsyncDisposable> {
  const emulator = await startOciEmulator({ trust: config.trust, ...options });
  return {
    emulator,
    client: openaiClient(emulator, config),
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

/** Sends bytes over a socket of its own and returns everything that comes back until the server is silent. */
export async function sendRaw(origin: string, bytes: Uint8Array | string): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(port), hostname);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      // Every answer here is short and says how long it is.
      const [head = "", ...rest] = answer.split("\r\n\r\n");
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      const chunked = /transfer-encoding: chunked/i.test(head);
      const body = rest.join("\r\n\r\n");
      const complete = chunked
        ? body.endsWith("0\r\n\r\n")
        : length !== undefined && body.length >= Number(length);
      if (complete) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.write(bytes);
  });
}

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

/** A message list of one user message. */
export const say = (content: string): { readonly role: "user"; content: string }[] => [
  { role: "user", content },
];

export const model = "openai.gpt-oss-120b";

export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
