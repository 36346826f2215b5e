/**
 * A chain from what is on record of a run. `causes` is said only where the record shows it: an answer holds the calls it asked
 * for, a call its error, a resume the question it answers. All else that comes after something else merely comes after it.
 */
import type { AgentEvent, EventOf } from "../../events/types.ts";
import { canonicalJson, parseJson } from "../../json/json.ts";
import { messageText, toolCallsOf } from "../../messages/messages.ts";
import type { AssistantMessage, Message } from "../../messages/types.ts";
import { isObject, must } from "../../options/check.ts";
import type { AgentState, ToolExecution } from "../../state/types.ts";
import { redactSecrets } from "../../text/redact.ts";
import { CausalChain } from "./chain.ts";
import type { CausalEdge, CausalNode, CausalRelation } from "./types.ts";
import { Values } from "./used.ts";

const LABEL_CHARS = 160;
/** That a value turns up again is a hint, not more. */
const REUSE_CONFIDENCE = 0.6;

/**
 * What led to what in the runs that `events` tell of, as `agent.stream()` yields them or a checkpointer's `events()` has them.
 * Transient events are passed over. Of a state, its last run: without the retries and questions that only events tell of. Node ids are `answer:1`, `call:<call id>`, `error:<call id>`, `event:<sequence>`.
 *
 * @throws ConfigurationError for what is neither.
 * @example
 * ```ts
 * import { Agent, type AgentEvent, causalChainFrom } from "locus-sdk";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b" });
 * const events: AgentEvent[] = [];
 * for await (const event of agent.stream("Why is checkout slow?")) events.push(event);
 * console.log(causalChainFrom(events).toMermaid());
 * ```
 */
export function causalChainFrom(trace: Iterable<AgentEvent> | TracedState): CausalChain {
  must("a list of events or the state of a thread", isTrace)("causalChainFrom: trace", trace);
  const found = new Trace();
  if ("run" in trace) found.addRun(trace);
  else {
    for (const event of trace) {
      must("an event", isEvent)("causalChainFrom: each of the events", event);
      found.add(event);
    }
  }
  return new CausalChain({ nodes: found.nodes, edges: found.edges }).classified();
}

function isTrace(trace: unknown): boolean {
  if (typeof trace !== "object" || trace === null) return false;
  if (!("run" in trace)) return Symbol.iterator in trace;
  return isObject(trace.run) && "messages" in trace && Array.isArray(trace.messages);
}

function isEvent(event: unknown): boolean {
  return isObject(event) && "type" in event && typeof event.type === "string";
}

type TracedState = Pick<AgentState, "messages" | "run">;
type Completed = Pick<ToolExecution, "callId" | "name" | "isError" | "result" | "error">;

class Trace {
  readonly nodes: CausalNode[] = [];
  readonly edges: CausalEdge[] = [];
  readonly #known = new Set<string>();
  readonly #values = new Values();
  readonly #questions = new Map<string, { readonly node: string; readonly callId: string | undefined }>();
  /** What the next answer of the model comes after. */
  #before: string[] = [];
  /** What makes the model be asked again. */
  #askedFor: string[] = [];
  #answer: string | undefined;
  #answers = 0;

  add(event: AgentEvent): void {
    if (event.type === "run_start") this.#begin(`event:${event.sequence}`, event.input);
    else if (event.type === "model_complete") this.#answered(event.message);
    else if (event.type === "tool_complete") this.#completed(event);
    else if (event.type === "reflect") this.#reflected(event);
    else if (event.type === "interrupt") this.#asked(event);
    else if (event.type === "resume") this.#resumed(event);
    else if (event.type === "verification") this.#rejected(event);
    else if (event.type === "retry") this.#retried(event);
    else if (event.type === "terminate") this.#ended(event);
  }

  /** What a state still knows of its last run. */
  addRun({ messages, run }: TracedState): void {
    this.#begin("input", messages.slice(run.firstMessage - run.inputMessages, run.firstMessage));
    const executions = new Map(run.toolExecutions.map((execution) => [execution.callId, execution]));
    for (const message of messages.slice(run.firstMessage)) {
      if (message.role !== "assistant") continue;
      this.#answered(message);
      for (const { id } of toolCallsOf(message)) {
        const execution = executions.get(id);
        if (execution !== undefined) this.#completed(execution);
      }
    }
  }

  #begin(id: string, input: readonly Message[]): void {
    const text = input.map(messageText).join(" ");
    this.#values.leaveOut(text);
    const node = this.#node(id, `input: ${text}`);
    for (const earlier of this.#before) this.#link(earlier, node, "precedes");
    this.#before = [];
    this.#askedFor = [node];
    this.#answer = undefined;
  }

  #answered(message: AssistantMessage): void {
    this.#answers += 1;
    const calls = toolCallsOf(message);
    const text = messageText(message);
    const says = text === "" ? calls.map(({ name }) => name).join(", ") : text;
    const node = this.#node(`answer:${this.#answers}`, `answer ${this.#answers}: ${says}`);
    for (const asked of this.#askedFor)
      this.#link(asked, node, "causes", "the model was asked because of it");
    for (const earlier of this.#before) this.#link(earlier, node, "precedes");
    for (const call of calls) {
      const args = parseJson(call.arguments) ?? call.arguments;
      const made = this.#node(`call:${call.id}`, `${call.name}(${canonicalJson(args)})`);
      this.#link(node, made, "causes", "the answer asks for the call");
      for (const [source, value] of this.#values.sourcesOf(args)) {
        const reason = `its arguments hold ${JSON.stringify(short(value))} of that result`;
        this.#link(source, made, "correlates_with", reason, REUSE_CONFIDENCE);
      }
    }
    this.#askedFor = [];
    this.#before = [node];
    this.#answer = node;
  }

  #completed({ callId, name, result, error, isError }: Completed): void {
    const node = this.#node(`call:${callId}`, name);
    this.#before = this.#before.filter((earlier) => earlier !== this.#answer);
    if (!isError) {
      this.#values.add(node, result);
      this.#before.push(node);
      return;
    }
    const failed = this.#node(`error:${callId}`, error?.message ?? `${name} failed`);
    this.#link(node, failed, "causes", "the call ended with it");
    this.#before.push(failed);
  }

  #reflected({ sequence, assessment, reason, guidance }: EventOf<"reflect">): void {
    const isTrouble = assessment === "stuck" || assessment === "loop_detected";
    const node = this.#node(`event:${sequence}`, `${assessment}${reason === undefined ? "" : `: ${reason}`}`);
    for (const earlier of this.#before) {
      this.#link(
        earlier,
        node,
        isTrouble ? "causes" : "precedes",
        isTrouble ? "it was found in this" : undefined,
      );
    }
    this.#before = guidance === undefined ? [...this.#before, node] : [node];
  }

  #asked({ sequence, interruptId, callId, question }: EventOf<"interrupt">): void {
    const node = this.#node(`event:${sequence}`, `question: ${question}`);
    if (callId !== undefined) {
      this.#link(this.#node(`call:${callId}`, callId), node, "causes", "the call asks it");
    }
    this.#questions.set(interruptId, { node, callId });
  }

  #resumed({ sequence, interruptId }: EventOf<"resume">): void {
    const node = this.#node(`event:${sequence}`, "resumed with an answer");
    const asked = this.#questions.get(interruptId);
    if (asked !== undefined) this.#link(asked.node, node, "causes", "it is the answer to it");
    this.#before.push(node);
  }

  #retried({ sequence, what }: EventOf<"retry">): void {
    const node = this.#node(`event:${sequence}`, `retry: ${what}`);
    for (const earlier of this.#before) this.#link(earlier, node, "precedes");
    this.#askedFor.push(node);
  }

  #rejected({ sequence, verifier, decision, detail }: EventOf<"verification">): void {
    if (decision === "accept") return;
    const what = detail === undefined ? decision : `${decision}, ${detail}`;
    const node = this.#node(`event:${sequence}`, `${verifier}: ${what}`);
    if (this.#answer !== undefined) this.#link(this.#answer, node, "causes", "it is about that answer");
    if (decision === "retry") this.#askedFor.push(node);
    else this.#before = [node];
  }

  #ended({ sequence, reason, stopDetail, error }: EventOf<"terminate">): void {
    const what = [reason, error?.message ?? stopDetail].filter((part) => part !== undefined).join(": ");
    const node = this.#node(`event:${sequence}`, `ended: ${what}`);
    const isAnswer = reason === "complete" || reason === "confidence_met";
    for (const earlier of this.#before) {
      const ended = isAnswer && earlier === this.#answer;
      this.#link(
        earlier,
        node,
        ended ? "causes" : "precedes",
        ended ? "the run ended with that answer" : undefined,
      );
    }
    for (const { node: question, callId } of reason === "interrupted" ? this.#questions.values() : []) {
      if (callId !== undefined) this.#link(question, node, "causes", "the run waits for the answer");
    }
    this.#before = [node];
  }

  #node(id: string, label: string): string {
    if (!this.#known.has(id)) {
      this.#known.add(id);
      this.nodes.push({ id, label: redactSecrets(short(label)), type: "unknown" });
    }
    return id;
  }

  #link(from: string, to: string, relation: CausalRelation, reason?: string, confidence = 1): void {
    const key = JSON.stringify([from, to, relation]);
    if (from === to || this.#known.has(key)) return;
    this.#known.add(key);
    this.edges.push({ from, to, relation, confidence, ...(reason === undefined ? {} : { reason }) });
  }
}

function short(label: string): string {
  const line = label.replaceAll(/\s+/g, " ").trim();
  return line.length <= LABEL_CHARS ? line : `${line.slice(0, LABEL_CHARS - 1).toWellFormed()}…`;
}
