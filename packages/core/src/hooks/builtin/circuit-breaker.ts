/** `circuitBreakerHook`: leaves tools and models alone that have failed several times in a row. */

import { rests } from "../../model/wrap/failures.ts";
import {
  boolean,
  type Checks,
  checkOptions,
  either,
  func,
  listOf,
  text,
  time,
  whole,
} from "../../options/check.ts";
import { type AskedModel, type Hook, HookPriority } from "../types.ts";
import { Circuits } from "./circuit.ts";

export interface CircuitBreakerOptions {
  /** Failures in a row after which nothing passes; from 1. Default 3. */
  readonly failures?: number | undefined;
  /** Milliseconds for which nothing passes; then one call may try. Default 30,000. */
  readonly coolDownMs?: number | undefined;
  /** Which tools are watched, by name; `false` for none. Default: all. */
  readonly tools?: readonly string[] | boolean | undefined;
  /** Whether models are. Default `true`. */
  readonly models?: boolean | undefined;
  /** Stands in for `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const OPTIONS: Checks<CircuitBreakerOptions> = {
  failures: whole(1),
  coolDownMs: time,
  tools: either((value) => typeof value === "boolean", boolean, listOf(text)),
  models: boolean,
  now: func,
};

/** Failures that are the tool's: not that it was called wrongly, denied, or that the run ended. */
const TOOL_FAILURES: readonly string[] = ["tool_error", "timeout"];

/**
 * After `failures` failures in a row a tool is denied at once, and the model reads why; where it is a model that fails, the run
 * ends with `error` before it is asked. Once the cool-down has passed one call may try: its success lets all pass again, its
 * failure begins another cool-down. What is known is shared by all runs and agents that have this hook.
 *
 * A model's failures are those that another call may meet as well (rate limits, server errors, connections, time limits,
 * refused credentials), not that a request was wrong or too long.
 *
 * @throws ConfigurationError for an option that is unknown or does not fit.
 * @example
 * ```ts
 * import { Agent, circuitBreakerHook } from "@locus-sdk/core";
 *
 * const breaker = circuitBreakerHook({ failures: 5, coolDownMs: 60_000 });
 * const clerk = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [breaker] });
 * const auditor = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [breaker] });
 * ```
 */
export function circuitBreakerHook(options: CircuitBreakerOptions = {}): Hook {
  checkOptions("circuitBreakerHook", options, OPTIONS);
  const { failures = 3, coolDownMs = 30_000, tools = true, models = true, now = Date.now } = options;
  const circuit = { failures, coolDownMs, now };
  const name = "circuit-breaker";
  return {
    name,
    priority: HookPriority.business,
    ...(tools === false ? {} : toolPart(name, new Circuits(circuit), tools)),
    ...(models ? modelPart(name, new Circuits(circuit)) : {}),
  };
}

function toolPart(detector: string, circuits: Circuits, tools: readonly string[] | true): Hook {
  const isWatched = (tool: string): boolean => tools === true || tools.includes(tool);
  return {
    beforeToolCall: ({ call }) => {
      const left = isWatched(call.name) ? circuits.blocked(call.name) : undefined;
      if (left === undefined) return undefined;
      const why = `${call.name} has failed several times in a row and is not called for another ${seconds(left)}`;
      return {
        deny: `${why}. Do without it, or say that it is not available.`,
        guardrails: [{ detector, action: "deny", where: call.name, detail: "open" }],
      };
    },
    afterToolCall: ({ call, source, error }) => {
      if (!isWatched(call.name)) return;
      if (source === "executed" && error === undefined) circuits.succeeded(call.name);
      else if (source === "executed" && error !== undefined && TOOL_FAILURES.includes(error.code)) {
        circuits.failed(call.name);
      }
    },
  };
}

function modelPart(detector: string, circuits: Circuits): Hook {
  const nameOf = ({ provider, modelId }: AskedModel): string => `${provider}:${modelId}`;
  return {
    beforeModelCall: ({ model }) => {
      const name = nameOf(model);
      const left = circuits.blocked(name);
      if (left === undefined) return undefined;
      return {
        end: {
          reason: "error",
          detail: `${detector}: ${name} has failed several times in a row and is not asked for another ${seconds(left)}`,
        },
        guardrails: [{ detector, action: "end", where: name, detail: "open" }],
      };
    },
    afterModelCall: ({ model }) => circuits.succeeded(nameOf(model)),
    onModelError: ({ model, error }) => {
      if (rests(error, {})) circuits.failed(nameOf(model));
    },
  };
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
