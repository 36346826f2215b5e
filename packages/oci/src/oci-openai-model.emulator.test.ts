/** The conformance suite for `OCIOpenAIModel` over the emulator: each way to authenticate, each family's wire. */
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import type { OciEmulator, ScriptedTurn, Turn } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import type { OciModelOptions } from "./config/options.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

/** OCI's envelope for a status. */
const CODES = {
  401: "NotAuthenticated",
  404: "NotAuthorizedOrNotFound",
  429: "TooManyRequests",
  500: "InternalServerError",
};

function scripted(turn: ChatModelTurn): ScriptedTurn {
  if (turn.error !== undefined) {
    const { status, message } = turn.error;
    return { status, body: { code: CODES[status], message } };
  }
  const answer: Turn = {
    ...(turn.text !== undefined && { text: turn.text }),
    ...(turn.reasoning !== undefined && { reasoning: turn.reasoning }),
    ...(turn.toolCalls !== undefined && { toolCalls: turn.toolCalls }),
    ...(turn.usage !== undefined && { usage: turn.usage }),
    ...(turn.stopReason !== undefined && { finishReason: turn.stopReason }),
    ...(turn.truncated === true && { faults: [{ type: "truncate", after: 4 }] }),
  };
  if (turn.slow !== true) return answer;
  return ({ stream }) =>
    stream ? { ...answer, wire: { writes: "event", delayMs: 100 } } : { ...answer, delayMs: 5_000 };
}

/** The last turn goes to every request after it. */
function play(emulator: OciEmulator, turns: readonly ChatModelTurn[]): void {
  const last = turns.at(-1);
  const played = turns.map(scripted);
  const forever = Array.from({ length: 20 }, () => (last === undefined ? {} : scripted(last)));
  emulator.script(...played, ...forever);
}

const suite = (name: string, options: () => Partial<OciModelOptions>, model = "openai.gpt-oss-120b"): void =>
  describeChatModel(`OCIOpenAIModel, ${name}`, () => {
    const { emulator } = cloud;
    emulator.reset();
    return {
      model: new OCIOpenAIModel({ model, maxRetries: 0, ...cloud.options, ...options() }),
      script: (turns) => play(emulator, turns),
      requests: () => emulator.requests.map(({ body }) => body),
      openRequests: () => emulator.requests.filter(({ durationMs }) => durationMs === undefined).length,
      close: () => emulator.idle(),
    };
  });

suite("API key", () => ({ profile: "DEFAULT" }));
suite("session token", () => ({ profile: "SESSION" }));
suite("OCI Generative AI API key", () => ({ apiKey: cloud.config.apiKey.secrets[0] }));
for (const model of [
  "openai.gpt-5.2",
  "meta.llama-3.3-70b-instruct",
  "meta.llama-4-scout-17b-16e-instruct",
  "google.gemini-2.5-pro",
  "xai.grok-4",
]) {
  suite(model, () => ({}), model);
}
