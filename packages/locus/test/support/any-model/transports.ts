/** Every transport as a row: its server, its model, and what it takes of a conversation. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnthropicModel } from "@locus-sdk/anthropic";
import type { ChatModel, ModelSettings } from "@locus-sdk/core";
import { OCIModel, OCIOpenAIModel, OCIResponsesModel } from "@locus-sdk/oci";
import { type OciEmulator, startOciEmulator } from "@locus-sdk/oci-emulator";
import { OllamaModel } from "@locus-sdk/ollama";
import { OpenAIModel, OpenAIResponsesModel } from "@locus-sdk/openai";
import { z } from "zod";
import { anthropicMessages } from "./anthropic-messages.ts";
import { ollamaChat } from "./ollama-chat.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";
import { type Api, type Body, startVendor, type Turn } from "./vendor.ts";

/** A server that is up, and a model on it. */
export interface Site extends AsyncDisposable {
  readonly model: ChatModel;
  readonly script: (...turns: readonly Turn[]) => void;
  /** Bodies of the calls of the model, oldest first. */
  readonly bodies: () => readonly Body[];
  /** Why calls were refused. */
  readonly refusals: () => readonly string[];
}

export interface Transport {
  readonly name: string;
  /** Whether the model can be shown an image. */
  readonly sees: boolean;
  /** Whether its reasoning reaches us. */
  readonly thinks: boolean;
  /** In what form its own thoughts go back to it, where they do. */
  readonly rethinks: "text" | "sealed" | undefined;
  /** Whether its server keeps the conversation, and is sent only what is new. */
  readonly keeps: boolean;
  /** Whether what it says beside calls is its plan, and so a thought. */
  readonly plans?: true;
  readonly settings?: ModelSettings;
  readonly open: (cloud: Cloud) => Promise<Site>;
}

/** One emulator for all the transports of OCI. */
export interface Cloud extends AsyncDisposable {
  readonly emulator: OciEmulator;
  readonly options: {
    readonly endpoint: string;
    readonly configFile: string;
    readonly compartmentId: string;
    readonly env: Readonly<Record<string, string>>;
    readonly maxRetries: number;
  };
  readonly project: string;
}

export async function startCloud(): Promise<Cloud> {
  const emulator = await startOciEmulator();
  const config = await emulator.writeTestConfig(mkdtempSync(join(tmpdir(), "locus-any-model-")));
  const { configFile, compartmentId, projectId: project } = config;
  return {
    emulator,
    project,
    options: { endpoint: emulator.url, configFile, compartmentId, env: {}, maxRetries: 0 },
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

const onVendor =
  (api: () => Api, model: (url: string) => ChatModel): Transport["open"] =>
  async () => {
    const vendor = await startVendor(api());
    return {
      model: model(vendor.url),
      script: vendor.script,
      bodies: () => vendor.bodies,
      refusals: () => vendor.refusals,
      [Symbol.asyncDispose]: () => vendor[Symbol.asyncDispose](),
    };
  };

const body = z.record(z.string(), z.unknown());
/** Gemini's and others' ids on OCI may be long, and of any characters. */
const oddId = (place: number): string => `functions.get_weather:${place}/${"x".repeat(60)}`;

const onOci =
  (model: (cloud: Cloud) => ChatModel, ids: "odd" | "plain" = "plain"): Transport["open"] =>
  (cloud) => {
    const { emulator } = cloud;
    let made = 0;
    const built = model(cloud);
    // The emulator is everybody's: what came for this model is told by its name.
    const own = () =>
      emulator.requests.filter((entry) => JSON.stringify(entry.body).includes(`"${built.modelId}"`));
    return Promise.resolve({
      model: built,
      script: (...turns) =>
        emulator.script(
          ...turns.map(({ text = "", reasoning, calls = [] }) => ({
            text,
            ...(reasoning === undefined ? {} : { reasoning }),
            toolCalls: calls.map((call) => ({ ...(ids === "odd" ? { id: oddId(made++) } : {}), ...call })),
          })),
        ),
      bodies: () => own().map((entry) => body.parse(entry.body)),
      refusals: () =>
        own().flatMap(({ status, refusal }) => (status === 200 ? [] : [refusal ?? `${status}`])),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };

const LOCAL = { apiKey: "k", maxRetries: 0 } as const;
const ENDPOINT = "ocid1.generativeaiendpoint.oc1.us-chicago-1.any";

export const TRANSPORTS: readonly [Transport, ...Transport[]] = [
  {
    name: "openai chat",
    sees: true,
    thinks: true,
    rethinks: undefined,
    keeps: false,
    open: onVendor(
      () => openaiChat,
      (url) => new OpenAIModel({ model: "gpt-4o", baseURL: `${url}/v1`, ...LOCAL }),
    ),
  },
  {
    name: "openai Responses",
    sees: true,
    thinks: true,
    rethinks: undefined,
    keeps: true,
    open: onVendor(
      openaiResponses,
      (url) => new OpenAIResponsesModel({ model: "gpt-5", baseURL: `${url}/v1`, ...LOCAL }),
    ),
  },
  {
    name: "openai Responses, stateless",
    sees: true,
    thinks: true,
    rethinks: "sealed",
    keeps: false,
    open: onVendor(
      openaiResponses,
      (url) => new OpenAIResponsesModel({ model: "gpt-5.2", store: false, baseURL: `${url}/v1`, ...LOCAL }),
    ),
  },
  {
    name: "anthropic",
    sees: true,
    thinks: true,
    rethinks: "text",
    keeps: false,
    settings: { reasoning: { effort: "low" } },
    open: onVendor(
      anthropicMessages,
      (url) => new AnthropicModel({ model: "claude-sonnet-4-5", baseURL: url, ...LOCAL }),
    ),
  },
  {
    name: "ollama",
    sees: true,
    thinks: true,
    rethinks: "text",
    keeps: false,
    open: onVendor(
      () => ollamaChat,
      (host) => new OllamaModel({ model: "qwen3", host, maxRetries: 0 }),
    ),
  },
  {
    name: "oci chat, Gemini",
    sees: true,
    thinks: true,
    rethinks: undefined,
    keeps: false,
    open: onOci(({ options }) => new OCIOpenAIModel({ ...options, model: "google.gemini-2.5-pro" }), "odd"),
  },
  {
    name: "oci chat, Llama",
    sees: false,
    thinks: true,
    rethinks: undefined,
    keeps: false,
    open: onOci(({ options }) => new OCIOpenAIModel({ ...options, model: "meta.llama-3.3-70b-instruct" })),
  },
  {
    name: "oci Responses",
    sees: true,
    // What it thinks stays with it where it keeps the conversation.
    thinks: false,
    rethinks: undefined,
    keeps: true,
    open: onOci(
      ({ options, project }) => new OCIResponsesModel({ ...options, project, model: "openai.gpt-5.2" }),
      "odd",
    ),
  },
  {
    name: "oci Responses, stateless",
    sees: true,
    thinks: true,
    rethinks: "sealed",
    keeps: false,
    open: onOci(
      ({ options, project }) =>
        new OCIResponsesModel({ ...options, project, model: "openai.gpt-5", store: false }),
    ),
  },
  {
    name: "oci native, GENERIC",
    sees: false,
    thinks: true,
    rethinks: "text",
    keeps: false,
    open: onOci(({ options }) => new OCIModel({ ...options, model: "openai.gpt-oss-120b" })),
  },
  {
    name: "oci native, COHERE",
    sees: false,
    thinks: false,
    rethinks: undefined,
    keeps: false,
    open: onOci(({ options }) => new OCIModel({ ...options, model: "cohere.command-r-plus-08-2024" })),
  },
  {
    name: "oci native, COHEREV2",
    plans: true,
    sees: false,
    thinks: true,
    rethinks: "text",
    keeps: false,
    open: onOci(({ options }) => new OCIModel({ ...options, model: "cohere.command-a-reasoning-08-2025" })),
  },
  {
    name: "oci dedicated",
    sees: true,
    thinks: true,
    rethinks: "text",
    keeps: false,
    open: onOci(
      ({ options }) =>
        new OCIModel({
          ...options,
          model: ENDPOINT,
          baseModel: "google.gemini-2.5-flash",
          textToolCalls: true,
        }),
    ),
  },
];
