/** Refusals that can be helped: what is learned from each, and how the call goes on. */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Message,
  ServerStateLostError,
} from "@locus-sdk/core";
import { refusedParameter } from "../chat/repair.ts";
import { type ErrorContext, excerpt, toLocusError } from "../errors.ts";
import { RESPONSES_PARAMETERS } from "./lessons.ts";
import type { CallSetting, Plan, Planner } from "./plan.ts";
import { ENCRYPTED_REASONING, type Refusal, readRefusal } from "./recovery.ts";

/** The call that is to be helped. */
export interface RefusedCall {
  readonly planner: Planner;
  readonly messages: readonly Message[];
  readonly context: ErrorContext;
  readonly tell: (what: string) => void;
}

/** Each cure is tried once in a call; a second refusal of the same kind is the error. */
export class Cures {
  readonly #setting: CallSetting;
  readonly #call: RefusedCall;
  #lost = false;

  constructor(setting: CallSetting, call: RefusedCall) {
    this.#setting = setting;
    this.#call = call;
  }

  /** What to send instead of `body`, which was refused; throws where there is nothing. */
  async planAfter(error: unknown, plan: Plan, body: JsonObject): Promise<Plan> {
    // Of what was sent: another call may have learned the same in the meantime.
    const refusal = readRefusal(error, {
      link: plan.link !== undefined || this.#lost,
      include: Array.isArray(body.include) && body.include.includes(ENCRYPTED_REASONING),
      sealed: Array.isArray(body.input) && body.input.some(isSealed),
    });
    if (refusal !== undefined) {
      const next = await this.#answer(refusal, error, plan, body);
      if (next !== undefined) return next;
    }
    const learned = this.#learnParameter(error, body);
    if (learned === undefined) throw error;
    this.#call.tell(learned);
    // The same plan: what was refused is left out when it is encoded again.
    return plan;
  }

  async #answer(refusal: Refusal, error: unknown, plan: Plan, body: JsonObject): Promise<Plan | undefined> {
    const { lessons } = this.#setting;
    switch (refusal.kind) {
      case "stateless": {
        const rule = refusal.rule === true;
        if (plan.owner === "client" && (!rule || body.store === false)) return undefined;
        lessons.stateless = rule ? { store: false } : { ...lessons.stateless };
        this.#call.tell(
          `the server keeps no conversations (${refusal.why}): sending the whole history from now on`,
        );
        return { owner: "client", from: 0 };
      }
      case "lost":
        if (this.#lost || this.#setting.onStateLost === "error") throw this.#stateLost(refusal.why, error);
        this.#lost = true;
        this.#call.tell("the server no longer has the conversation: sending the whole history");
        return await this.#call.planner.beginning();
      case "busy":
        if (this.#lost) return undefined;
        this.#lost = true;
        this.#call.tell(
          "the server's conversation is in use elsewhere: sending the whole history to another",
        );
        return await this.#call.planner.beginning();
      case "include":
        lessons.includeRefused = true;
        this.#call.tell(`${ENCRYPTED_REASONING} is refused: sending without it`);
        return plan;
      case "sealed":
        for (const message of this.#call.messages.slice(plan.from)) lessons.sealed.add(message);
        this.#call.tell("the server cannot open the reasoning of earlier turns: sending without it");
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
    const mapped = (this.#setting.mapError ?? toLocusError)(cause, this.#call.context);
    const { provider, modelId } = this.#setting;
    return new ServerStateLostError(
      `${provider} model "${modelId}" no longer has the conversation it was keeping: ${excerpt(why, this.#call.context.secrets)}`,
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
}

function isSealed(item: JsonValue): boolean {
  return isJsonObject(item) && item.type === "reasoning" && item.encrypted_content !== undefined;
}
