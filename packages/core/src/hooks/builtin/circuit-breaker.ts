/** `circuitBreakerHook`: leaves tools and models alone that have failed several times in a row. */
import {
  AuthenticationError,
  ConfigurationError,
  LocusError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
} from "../../errors/errors.ts";
import { canonicalJson } from "../../json/json.ts";
import { identityOf } from "../../model/wrap/cache-key.ts";
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
import type { Tool } from "../../tool/types.ts";
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

/** Failures of whoever asks. */
const CREDENTIALS = [
  AuthenticationError,
  PermissionOrNotFoundError,
  ProjectRequiredError,
  ConfigurationError,
] as const;

/**
 * After `failures` failures in a row a tool is denied at once, and the model reads why; where it is a model that fails, the run
 * ends with `error` before it is asked. Once the cool-down has passed one call may try: its success lets all pass again, its
 * failure begins another cool-down. What is known is shared by all runs and agents that have this hook.
 *
 * A model's failures are those that the next call may meet as well (rate limits, server errors, connections, time limits), not
 * that a request was wrong or too long, or that credentials were refused. It does not matter where the hook stands among others.
 * A tool is known by the object that it is, a model by its provider, its id and its server: what is like it in name alone is
 * another one.
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

function toolPart(detector: string, circuits: Circuits<Tool>, tools: readonly string[] | true): Hook {
  const isWatched = ({ name }: Tool): boolean => tools === true || tools.includes(name);
  return {
    beforeToolCall: ({ tool }) => {
      const left = isWatched(tool) ? circuits.blocked(tool) : undefined;
      if (left === undefined) return undefined;
      const why = `${tool.name} has failed several times in a row and is not called for another ${seconds(left)}`;
      return {
        deny: `${why}. Do without it, or say that it is not available.`,
        guardrails: [{ detector, action: "deny", where: tool.name, detail: "open" }],
      };
    },
    // Around the body, where no other hook has had its say in what came of it.
    aroundToolCall: async ({ tool }, next) => {
      const end = await next();
      if (!isWatched(tool) || "question" in end) return;
      const { error } = end.outcome;
      if (error === undefined) circuits.succeeded(tool);
      else if (TOOL_FAILURES.includes(error.code)) circuits.failed(tool);
    },
  };
}

function modelPart(detector: string, circuits: Circuits<string>): Hook {
  return {
    beforeModelCall: ({ model }) => {
      const left = circuits.blocked(keyOf(model));
      if (left === undefined) return undefined;
      const name = `${model.provider}:${model.modelId}`;
      return {
        end: {
          reason: "error",
          detail: `${detector}: ${name} has failed several times in a row and is not asked for another ${seconds(left)}`,
        },
        guardrails: [{ detector, action: "end", where: name, detail: "open" }],
      };
    },
    // The same: of the hooks that have an answer to an error, only the first is asked.
    aroundModelCall: async ({ model, request }, next) => {
      try {
        const { cached } = await next();
        if (cached !== true) circuits.succeeded(keyOf(model));
      } catch (error) {
        // What was stopped says nothing about the model.
        if (request.signal?.aborted !== true && error instanceof LocusError && isItsOwn(error))
          circuits.failed(keyOf(model));
      }
    },
  };
}

/** Models of the same name at other addresses have nothing to do with each other. */
function keyOf(model: AskedModel): string {
  const { provider, modelId } = model;
  return canonicalJson([provider, modelId, identityOf(model, false)]);
}

/** The model's failure, for whoever asks it; credentials are those of one agent. */
function isItsOwn(error: LocusError): boolean {
  return rests(error, {}) && !CREDENTIALS.some((kind) => error instanceof kind);
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
