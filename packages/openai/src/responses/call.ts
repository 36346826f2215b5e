/** One call: what is sent, and sent again where the server turns out to want it otherwise. */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  LocusError,
  type Message,
  type ModelRequest,
  type ProviderState,
  ServerStateLostError,
} from "@locus-sdk/core";
import type { OpenAI } from "openai";
import { refusedParameter } from "../chat/repair.ts";
import { cancelled, type ErrorContext, excerpt, requestIdOf, toLocusError } from "../errors.ts";
import type { FinishedAnswer, ResponsesContext } from "./decode.ts";
import { type EncodedResponsesRequest, encodeFlat, nest } from "./encode.ts";
import { conversationOf, prefixAfter } from "./history.ts";
import { RESPONSES_PARAMETERS } from "./lessons.ts";
import { type CallSetting, type Plan, Planner } from "./plan.ts";
import { ENCRYPTED_REASONING, type Refusal, readRefusal } from "./recovery.ts";
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
  #lost = false;
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
    };
  }

  async open(): Promise<OpenedResponse> {
    const { signal } = this.#call;
    if (signal?.aborted === true) throw cancelled(signal);
    let planner: Planner | undefined;
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
        tell: (what) => this.#tell(what),
      });
      let plan = await planner.first();
      for (;;) {
        const encoded = this.#encode(plan);
        const { body, dropped } = this.#setting.lessons.repairs.apply(encoded.body);
        try {
          const response = await this.#send(client, nest(body));
          return { response, context: this.#answerContext(response, encoded, dropped, plan, owner) };
        } catch (error) {
          this.#uncertain = !isRefused(error);
          plan = await this.#recover(error, planner, plan, body);
        }
      }
    } catch (error) {
      // What was not sent, or was refused, has left nothing behind.
      if (!this.#uncertain) planner?.release();
      if (error instanceof LocusError) throw error;
      throw (this.#setting.mapError ?? toLocusError)(error, this.#context);
    }
  }

  #encode(plan: Plan): EncodedResponsesRequest {
    const { modelId, profile, store, lessons } = this.#setting;
    const stored = lessons.stateless?.store ?? store;
    const include = this.#include(plan);
    return encodeFlat(this.#call.request, {
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

  #send(client: OpenAI, body: JsonObject): Promise<Response> {
    const { headers } = this.#setting;
    const { signal } = this.#call;
    return client.responses
      .create(body as unknown as OpenAI.Responses.ResponseCreateParams, {
        ...(signal === undefined ? {} : { signal }),
        ...(headers === undefined ? {} : { headers }),
      })
      .asResponse();
  }

  #answerContext(
    response: Response,
    encoded: EncodedResponsesRequest,
    dropped: readonly string[],
    plan: Plan,
    owner: StateOwner,
  ): ResponsesContext {
    const { profile, provider, modelId } = this.#setting;
    const requestId = requestIdOf(response.headers);
    return {
      ...this.#context,
      profile,
      ...(requestId === undefined ? {} : { requestId }),
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

  /** What to send instead of what was refused; throws where there is nothing. */
  async #recover(error: unknown, planner: Planner, plan: Plan, body: JsonObject): Promise<Plan> {
    // Of what was sent: another call may have learned the same in the meantime.
    const refusal = readRefusal(error, {
      link: plan.link !== undefined || this.#lost,
      include: Array.isArray(body.include) && body.include.includes(ENCRYPTED_REASONING),
      sealed: Array.isArray(body.input) && body.input.some(isSealed),
    });
    if (refusal !== undefined) {
      const next = await this.#answer(refusal, error, planner, plan, body);
      if (next !== undefined) return next;
    }
    const learned = this.#learnParameter(error, body);
    if (learned === undefined) throw error;
    this.#tell(learned);
    // The same plan: what was refused is left out when it is encoded again.
    return plan;
  }

  async #answer(
    refusal: Refusal,
    error: unknown,
    planner: Planner,
    plan: Plan,
    body: JsonObject,
  ): Promise<Plan | undefined> {
    const { lessons } = this.#setting;
    switch (refusal.kind) {
      case "stateless": {
        const rule = refusal.rule === true;
        if (plan.owner === "client" && (!rule || body.store === false)) return undefined;
        lessons.stateless = rule ? { store: false } : { ...lessons.stateless };
        this.#tell(
          `the server keeps no conversations (${refusal.why}): sending the whole history from now on`,
        );
        return { owner: "client", from: 0 };
      }
      case "lost":
        if (this.#lost || this.#setting.onStateLost === "error") throw this.#stateLost(refusal.why, error);
        this.#lost = true;
        this.#tell("the server no longer has the conversation: sending the whole history");
        return await planner.beginning();
      case "busy":
        if (this.#lost) return undefined;
        this.#lost = true;
        this.#tell("the server's conversation is in use elsewhere: sending the whole history to another");
        return await planner.beginning();
      case "include":
        lessons.includeRefused = true;
        this.#tell(`${ENCRYPTED_REASONING} is refused: sending without it`);
        return plan;
      case "sealed":
        for (const message of this.#messages.slice(plan.from)) lessons.sealed.add(message);
        this.#tell("the server cannot open the reasoning of earlier turns: sending without it");
        return plan;
    }
  }

  #learnParameter(error: unknown, body: JsonObject): string | undefined {
    const refused = refusedParameter(error, RESPONSES_PARAMETERS);
    if (refused === undefined) return undefined;
    const { repairs } = this.#setting.lessons;
    // A refused group is refused with all its members.
    const names = Object.keys(body).filter(
      (name) => name === refused.name || name.startsWith(`${refused.name}.`),
    );
    const learned = names.map((name) => repairs.learn({ ...refused, name }, body));
    const told = learned.filter((one) => one !== undefined);
    return told.length === 0 ? undefined : told.join("; ");
  }

  #stateLost(why: string, cause: unknown): ServerStateLostError {
    const mapped = (this.#setting.mapError ?? toLocusError)(cause, this.#context);
    const { provider, modelId } = this.#setting;
    return new ServerStateLostError(
      `${provider} model "${modelId}" no longer has the conversation it was keeping: ${excerpt(why)}`,
      {
        cause: mapped,
        hint: this.#lost
          ? 'It was sent whole once more, and lost again. Check the endpoint, or keep the history here: history: "client".'
          : 'Leave onStateLost at "replay" to have the history sent once more.',
        ...(mapped.status === undefined ? {} : { status: mapped.status }),
        ...(mapped.requestId === undefined ? {} : { requestId: mapped.requestId }),
      },
    );
  }

  #tell(what: string): void {
    this.#attempts += 1;
    this.#call.request.onRetry?.({ what, attempt: this.#attempts, delayMs: 0 });
  }
}

function isSealed(item: JsonValue): boolean {
  return isJsonObject(item) && item.type === "reasoning" && item.encrypted_content !== undefined;
}

function isRefused(error: unknown): boolean {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500;
}
