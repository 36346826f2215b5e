/** One call: what is sent, and sent again where the server turns out to want it otherwise. */
import {
  type JsonObject,
  LocusError,
  type Message,
  ModelError,
  type ModelRequest,
  type ProviderState,
} from "@locus-sdk/core";
import type { OpenAI } from "openai";
import {
  type InputTarget,
  RESPONSES_INPUT,
  refuseOverLimits,
  refuseUnsupportedInput,
} from "../chat/input-support.ts";
import { cancelled, type ErrorContext, requestIdIn, toLocusError } from "../errors.ts";
import { postJson } from "../post.ts";
import { sendRetrying } from "../retrying.ts";
import { Cures } from "./cures.ts";
import type { FinishedAnswer, ResponsesContext } from "./decode.ts";
import { type EncodedResponsesRequest, encodeFlat, nest } from "./encode.ts";
import { conversationOf, prefixAfter } from "./history.ts";
import { type CallSetting, type Plan, Planner } from "./plan.ts";
import { ENCRYPTED_REASONING } from "./recovery.ts";
import { makeState, type StateOwner } from "./state.ts";

export interface CallRequest {
  readonly request: ModelRequest;
  readonly stream: boolean;
  readonly signal: AbortSignal | undefined;
}

/** An answer whose headers have come. */
export interface OpenedResponse {
  readonly response: Response;
  readonly context: ResponsesContext;
}

/** Sends until there is an answer, once more for each thing that the server refuses and that can be helped. */
export function openResponse(setting: CallSetting, call: CallRequest): Promise<OpenedResponse> {
  return new Call(setting, call).open();
}

class Call {
  readonly #setting: CallSetting;
  readonly #call: CallRequest;
  readonly #messages: readonly Message[];
  readonly #context: ErrorContext;
  #attempts = 0;
  /** Something of the server's was sent along. */
  #goesOn = false;
  /** What was sent may have been taken in. */
  #uncertain = false;

  constructor(setting: CallSetting, call: CallRequest) {
    this.#setting = setting;
    this.#call = call;
    this.#messages = conversationOf(call.request.messages).messages;
    const { signal } = call;
    this.#context = {
      provider: setting.provider,
      modelId: setting.modelId,
      ...(signal === undefined ? {} : { signal }),
      ...(setting.secrets === undefined ? {} : { secrets: setting.secrets }),
    };
  }

  async open(): Promise<OpenedResponse> {
    const { signal } = this.#call;
    if (signal?.aborted === true) throw cancelled(signal);
    refuseUnsupportedInput(this.#messages, this.#inputTarget());
    let planner: Planner | undefined;
    const tell = (what: string): void => this.#tell(what);
    try {
      const client = await this.#setting.connect();
      const { provider, modelId, scope } = this.#setting;
      const owner = { provider, modelId, scope: typeof scope === "function" ? await scope() : scope };
      planner = new Planner(this.#setting, {
        client,
        request: this.#call.request,
        messages: this.#messages,
        owner,
        signal,
        tell,
      });
      const cures = new Cures(this.#setting, {
        planner,
        messages: this.#messages,
        context: this.#context,
        tell,
      });
      let plan = await planner.first();
      for (;;) {
        const encoded = this.#encode(plan);
        const { body, dropped } = this.#setting.lessons.repairs.apply(encoded.body);
        try {
          const response = await this.#send(client, plan, nest(body));
          return { response, context: this.#answerContext(response, encoded, dropped, plan, owner) };
        } catch (error) {
          this.#uncertain = !isRefused(error);
          plan = await cures.planAfter(error, plan, body);
        }
      }
    } catch (error) {
      // What was not sent, or was refused, has left nothing behind.
      if (!this.#uncertain) planner?.release();
      if (error instanceof LocusError) throw error;
      throw (this.#setting.mapError ?? toLocusError)(error, { ...this.#context, goesOn: this.#goesOn });
    }
  }

  #inputTarget(): InputTarget {
    const { provider, modelId, profile } = this.#setting;
    return { provider, modelId, profile, transport: RESPONSES_INPUT };
  }

  #encode(plan: Plan): EncodedResponsesRequest {
    const { provider, modelId, profile, store, lessons } = this.#setting;
    refuseOverLimits(this.#messages.slice(plan.from), this.#inputTarget());
    const stored = lessons.stateless?.store ?? store;
    const include = this.#include(plan);
    return encodeFlat(this.#call.request, {
      provider,
      modelId,
      profile,
      stream: this.#call.stream,
      from: plan.from,
      sealed: lessons.sealed,
      ...(plan.link === undefined ? {} : { link: plan.link }),
      ...(stored === undefined ? {} : { store: stored }),
      ...(include.length === 0 ? {} : { include }),
    });
  }

  /** A server that does not keep the model's thoughts is asked for them, sealed, to be handed back. */
  #include({ owner }: Plan): readonly string[] {
    const asked = [...(this.#setting.include ?? []), ...(owner === "client" ? [ENCRYPTED_REASONING] : [])];
    return this.#setting.lessons.includeRefused ? asked.filter((one) => one !== ENCRYPTED_REASONING) : asked;
  }

  #send(client: OpenAI, plan: Plan, body: JsonObject): Promise<Response> {
    const { headers, mapError = toLocusError } = this.#setting;
    // A conversation may have taken in what no answer came to: sent again, it would be in there twice.
    const isShared = plan.link !== undefined && "conversationId" in plan.link;
    this.#goesOn ||= plan.link !== undefined;
    const { signal, request } = this.#call;
    return sendRetrying(client, () => postJson(client, "/responses", body, { signal, headers }), {
      context: this.#context,
      mapError: isShared
        ? (error, context) => (statusOf(error) === undefined ? FATE_UNKNOWN : mapError(error, context))
        : mapError,
      onRetry: request.onRetry,
    });
  }

  #answerContext(
    response: Response,
    encoded: EncodedResponsesRequest,
    dropped: readonly string[],
    plan: Plan,
    owner: StateOwner,
  ): ResponsesContext {
    const { profile, provider, modelId, mapError } = this.#setting;
    const requestId = requestIdIn(response);
    return {
      ...this.#context,
      goesOn: plan.link !== undefined,
      ...(mapError === undefined ? {} : { mapError }),
      profile,
      ...(requestId === undefined ? {} : { requestId }),
      rawOutput: this.#setting.rawOutput === true,
      warnings: [
        ...encoded.warnings,
        ...dropped.map((name) => `${provider} model "${modelId}" refuses ${name}: it was not sent`),
      ],
      stateAfter: (answer) => this.#stateAfter(answer, plan, owner),
    };
  }

  /** The state after an answer. One that was cut has none: whether the server goes on from it is not known. */
  #stateAfter(answer: FinishedAnswer, plan: Plan, owner: StateOwner): ProviderState | undefined {
    const { lessons, profile } = this.#setting;
    if (plan.owner === "client") {
      // Told once more to the next process, which need not learn it again.
      return lessons.stateless?.store === false ? makeState({ stateless: true }, owner) : undefined;
    }
    if (!answer.complete) return undefined;
    const prefix = prefixAfter(this.#messages, answer.message, profile);
    if (plan.link !== undefined && "conversationId" in plan.link) {
      lessons.conversations.leave(plan.link.conversationId, prefix.digest);
      return makeState({ ...plan.link, ...prefix }, owner);
    }
    const { responseId } = answer;
    return responseId === undefined ? undefined : makeState({ responseId, ...prefix }, owner);
  }

  #tell(what: string): void {
    this.#attempts += 1;
    this.#call.request.onRetry?.({ what, attempt: this.#attempts, delayMs: 0 });
  }
}

/** Stands for an error while it is asked whether to try again. */
const FATE_UNKNOWN = new ModelError("no answer came", { retryable: false });

function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  return typeof status === "number" ? status : undefined;
}

function isRefused(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500;
}
