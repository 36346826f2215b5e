/** OCI's transports on benches, over the emulator. */
import type { ChatModel, JsonObject } from "@locus-sdk/core";
import { OCIModel, OCIOpenAIModel, OCIResponsesModel } from "@locus-sdk/oci";
import type { ScriptedTurn } from "@locus-sdk/oci-emulator";
import { type Cloud, startCloud } from "../../../oci/test/emulator.ts";
import { type Bench, pieces, type Turn } from "./bench.ts";

type Way = Cloud["options"] & { readonly maxRetries: number };

const MODELS = {
  chat: (way: Way) => new OCIOpenAIModel({ ...way, model: "google.gemini-2.5-pro" }),
  responses: (way: Way, project: string) =>
    new OCIResponsesModel({ ...way, model: "openai.gpt-5.2", project }),
  native: (way: Way) => new OCIModel({ ...way, model: "google.gemini-2.5-pro" }),
  cohere: (way: Way) => new OCIModel({ ...way, model: "cohere.command-r-plus-08-2024", apiFormat: "COHERE" }),
  dedicated: (way: Way) =>
    new OCIModel({
      ...way,
      model: "ocid1.generativeaiendpoint.oc1.us-chicago-1.x",
      baseModel: "google.gemini-2.5-pro",
      // The emulator's endpoint writes its calls into the text, as many fine-tuned models do.
      textToolCalls: true,
    }),
} satisfies Readonly<Record<string, (way: Way, project: string) => ChatModel>>;

type Kind = keyof typeof MODELS;

/** Calls come in fragments, as models of OpenAI write them. */
const FRAGMENTED: readonly Kind[] = ["chat", "native"];

function scripted(kind: Kind, { text, stopReason, slow, ...turn }: Turn): ScriptedTurn {
  return {
    ...turn,
    ...(FRAGMENTED.includes(kind) ? { toolDeltas: "fragments" } : {}),
    ...(text === undefined ? {} : { text: pieces(text) }),
    ...(stopReason === undefined ? {} : { finishReason: stopReason }),
    ...(slow === undefined ? {} : { wire: { writes: "event", delayMs: 1000 } }),
  };
}

export async function oci(kind: Kind): Promise<Bench> {
  const cloud = await startCloud();
  const { emulator } = cloud;
  return {
    model: MODELS[kind]({ ...cloud.options, maxRetries: 0 }, cloud.config.projectId),
    say: (...turns) => emulator.script(...turns.map((turn) => scripted(kind, turn))),
    sent: () => emulator.requests.map(({ body }) => body as JsonObject),
    open: () => emulator.requests.filter(({ durationMs }) => durationMs === undefined).length,
    [Symbol.asyncDispose]: () => cloud[Symbol.asyncDispose](),
  };
}
