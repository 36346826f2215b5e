/** What a model is asked: the whole conversation with the system prompt before it, and its own provider state. */
import { retryNoticeSchema } from "../events/parts.ts";
import type { DurableDraft } from "../events/types.ts";
import { forModel } from "../messages/origin.ts";
import { describeIssues } from "../messages/schema.ts";
import type { Message, SystemMessage } from "../messages/types.ts";
import { priceUsage } from "../model/prices/usage-cost.ts";
import { takesState } from "../model/provider-state.ts";
import type { ModelRequest, RetryNotice } from "../model/types.ts";
import { OUTPUT } from "../output/final-answer.ts";
import { meansOf, outputInstructions, outputRequest } from "../output/plan.ts";
import { redactSecrets } from "../text/redact.ts";
import type { RunContext } from "./context.ts";
import type { AgentDefinition } from "./definition.ts";

/** Why a model that lets its server keep the conversation has to be sent all of it: it was kept for another one. */
export function movedFrom({ state: { providerState }, model }: RunContext): string | undefined {
  if (providerState === undefined || takesState(model, providerState) || !model.capabilities.serverState)
    return undefined;
  const kept = `${providerState.provider}:${providerState.modelId}`;
  return `the conversation was kept for ${kept}; it is sent whole to ${model.provider}:${model.modelId}`;
}

/** A retry that a model has told of, and what the failed try cost. */
export type TakenNotice = Omit<Extract<DurableDraft, { type: "retry" }>, "type">;

/** The whole conversation, and what belongs to it. */
export function buildRequest(run: RunContext, notices: TakenNotice[]): ModelRequest {
  const { definition, state, model } = run;
  const { providerState } = state;
  const known = providerState !== undefined && takesState(model, providerState);
  return {
    messages: withSystemPrompt(run),
    settings: definition.settings,
    signal: run.control.signal,
    onRetry: (notice) => takeNotice(run, notice, notices),
    ...(definition.toolDefinitions.length === 0 ? {} : { tools: definition.toolDefinitions }),
    ...outputOf(run),
    ...(definition.hostedTools.length === 0 ? {} : { hostedTools: definition.hostedTools }),
    ...(known ? { providerState } : {}),
  };
}

/** What binds the answer to the agent's schema, by what the model can do. */
function outputOf({ definition, model, state }: RunContext): Partial<ModelRequest> {
  const { output, toolDefinitions } = definition;
  if (output === undefined) return {};
  const means = meansOf(output, model, hasTools(definition));
  const { iteration, verification } = state.run;
  const misfit = verification?.iteration === iteration && verification.rejected?.verifier === OUTPUT;
  return outputRequest(output, means, toolDefinitions, misfit);
}

const hasTools = ({ toolDefinitions, hostedTools }: AgentDefinition): boolean =>
  toolDefinitions.length + hostedTools.length > 0;

/** A model that tells of its tries in its own way is not failed for it: its answer may be good. */
function takeNotice(run: RunContext, notice: RetryNotice, notices: TakenNotice[]): void {
  const { prices, settings } = run.definition;
  const read = retryNoticeSchema.safeParse(notice);
  if (read.success) {
    const { what, lost, ...rest } = read.data;
    const spent = lost === undefined ? {} : { usage: priceUsage(lost, lost, { prices, settings }) };
    notices.push({ what: redactSecrets(what), ...rest, ...spent });
    return;
  }
  const { provider, modelId } = run.model;
  const where = describeIssues(read.error);
  run.definition.logger.warn({ provider, modelId }, `the model told of a retry that is none: ${where}`);
}

export function withSystemPrompt(run: RunContext): ModelRequest["messages"] {
  const said = forModel(run.state.messages);
  const message = systemMessageOf(run);
  if (message.content === "") return said;
  // A spread that comes first copies a frozen list in one piece; behind an item it goes through it by message.
  const list: Message[] = [...said];
  list.unshift(message);
  return list;
}

/** One object for the whole run, and for the next one with the same prompt: what is kept with a message is kept with this one, too. */
const systemMessages = new WeakMap<RunContext | AgentDefinition, SystemMessage>();

function systemMessageOf(run: RunContext): SystemMessage {
  const own = systemMessages.get(run);
  if (own !== undefined) return own;
  const content = systemPromptOf(run);
  const latest = systemMessages.get(run.definition);
  const message = latest?.content === content ? latest : Object.freeze({ role: "system" as const, content });
  for (const whose of [run, run.definition]) systemMessages.set(whose, message);
  return message;
}

function systemPromptOf({ systemPrompt, definition, model }: RunContext): string {
  const { output } = definition;
  if (output === undefined) return systemPrompt;
  const instructions = outputInstructions(output, meansOf(output, model, hasTools(definition)));
  return [systemPrompt, instructions].filter((part) => part !== "").join("\n\n");
}
