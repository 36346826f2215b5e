/** What one line says of an event: a few words, its facts, and apart from them what somebody has said. */
import type { AgentEvent } from "../../../events/types.ts";
import { messageText, toolCallsOf } from "../../../messages/messages.ts";
import type { Usage } from "../../../model/types.ts";

export interface Line {
  readonly message: string;
  /** Counts, names, codes. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Prompts, texts, arguments, results, and whatever words may quote them: those of errors, findings and checks. */
  readonly content?: Readonly<Record<string, unknown>>;
}

export function lineOf(event: AgentEvent): Line {
  switch (event.type) {
    case "run_start":
      return {
        message: "run started",
        facts: { inputMessages: event.input.length },
        content: { input: event.input.map(messageText).join("\n") },
      };
    case "model_complete": {
      const { provider, modelId, stopReason, requestId, cached, usage, message } = event;
      return {
        message: "model answered",
        facts: {
          provider,
          modelId,
          stopReason,
          requestId,
          cached,
          ...usageFacts(usage),
          toolCalls: toolCallsOf(message).length,
        },
        // A model may call by any name, also by one that no tool has.
        content: { text: messageText(message), called: toolCallsOf(message).map(({ name }) => name) },
      };
    }
    case "tool_start": {
      const { callId, name: tool } = event;
      return { message: "tool started", facts: { tool, callId }, content: { arguments: event.arguments } };
    }
    case "tool_complete": {
      const { callId, name: called, source, durationMs, isError, error, result } = event;
      const isKnown = error?.code !== "unknown_tool";
      return {
        message: isError ? "tool failed" : "tool done",
        facts: { tool: isKnown ? called : "unknown", callId, source, durationMs, errorCode: error?.code },
        content: {
          ...(isKnown ? {} : { called }),
          arguments: event.arguments,
          result,
          error: error?.message,
        },
      };
    }
    case "reflect": {
      const { assessment, confidence, trigger, guidance } = event;
      return { message: "looked back", facts: { assessment, confidence, trigger }, content: { guidance } };
    }
    case "grounding": {
      const { score, decision, claims, ungroundedClaims } = event;
      const counts = { claims: claims.length, ungrounded: ungroundedClaims.length };
      return {
        message: "answer held against its evidence",
        facts: { score, decision, ...counts },
        content: { ungroundedClaims },
      };
    }
    case "gsar": {
      const { score, decision, degraded } = event;
      return { message: "answer scored", facts: { score, decision, degraded } };
    }
    case "verification": {
      const { verifier, decision, reason, detail, usage } = event;
      return {
        message: "answer checked",
        facts: { verifier, decision, reason, ...(usage === undefined ? {} : usageFacts(usage)) },
        content: { detail },
      };
    }
    case "interrupt": {
      const { interruptId, callId, kind, name: tool, reason, question } = event;
      return {
        message: "a person is asked",
        facts: { interruptId, callId, kind, tool, reason },
        content: { question, arguments: event.arguments },
      };
    }
    case "resume":
      return {
        message: "a person has answered",
        facts: { interruptId: event.interruptId },
        content: { answer: event.answer },
      };
    case "context_compacted": {
      const { count, replacement, origin, tokensBefore, tokensAfter, usage } = event;
      return {
        message: "conversation compacted",
        facts: {
          messages: count,
          replacedBy: replacement.length,
          origin,
          tokensBefore,
          tokensAfter,
          ...(usage === undefined ? {} : usageFacts(usage)),
        },
      };
    }
    case "message_added":
      return {
        message: "message added",
        facts: { origin: event.origin },
        content: { text: messageText(event.message) },
      };
    case "retry": {
      const { what, attempt, delayMs, usage } = event;
      return {
        message: "trying again",
        facts: { attempt, delayMs, ...(usage === undefined ? {} : usageFacts(usage)) },
        content: { what },
      };
    }
    case "guardrail": {
      const { detector, action, where, detail, usage } = event;
      return {
        message: "guardrail",
        facts: { detector, action, where, ...(usage === undefined ? {} : usageFacts(usage)) },
        content: { detail },
      };
    }
    case "hosted_tool": {
      const { name: tool, status, input, output } = event;
      return { message: "hosted tool", facts: { tool, status }, content: { input, output } };
    }
    case "terminate": {
      const { reason, stopDetail, iterations, usage, error, text } = event;
      return {
        message: error === undefined ? "run ended" : "run failed",
        facts: {
          reason,
          iterations,
          ...usageFacts(usage),
          ...(error === undefined ? {} : { errorCode: error.code }),
        },
        content: { text, stopDetail, error: error?.message, hint: error?.hint },
      };
    }
    case "model_chunk":
      return { message: "piece of an answer", facts: { kind: event.kind }, content: { text: event.text } };
    case "tool_progress": {
      const { callId, name: tool, progress } = event;
      return { message: "tool at work", facts: { tool, callId }, content: { progress } };
    }
  }
}

function usageFacts(usage: Usage): Readonly<Record<string, unknown>> {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens, costUsd, partialCostUsd } = usage;
  return { inputTokens, outputTokens, cachedInputTokens, reasoningTokens, costUsd, partialCostUsd };
}
