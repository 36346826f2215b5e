/** An agent as a tool of another agent. */
import { z } from "zod";
import { ToolError } from "../errors/errors.ts";
import { isPlainJson } from "../json/json.ts";
import { tool } from "../tool/tool.ts";
import type { Tool } from "../tool/types.ts";
import type { RunOptions } from "./execute-run.ts";
import type { AgentResult } from "./result.ts";

export interface AsToolOptions {
  /** Default: the agent's name, made fit for a tool. */
  readonly name?: string;
  readonly description?: string;
  /**
   * Whether an answer of the outer agent can rest on the inner one's (`grounding`, `gsar`). Set it where the inner agent answers
   * for its own words, as one with `grounding` does. Default `false`: its answer is a model's words.
   */
  readonly evidence?: boolean;
}

interface InnerAgent {
  readonly name: string;
  run(prompt: string, options: RunOptions): Promise<AgentResult>;
}

/** An answer that the inner agent did not reach is an error that says why, not an answer. */
export function agentTool(agent: InnerAgent, options: AsToolOptions): Tool<{ readonly prompt: string }> {
  const name = options.name ?? agent.name.replaceAll(/[^\w-]+/g, "_").slice(0, 64);
  return tool({
    name,
    description: options.description ?? `Hands a task to the agent "${agent.name}" and returns its answer.`,
    evidence: options.evidence ?? false,
    parameters: z.object({ prompt: z.string().describe("The task, with everything needed to do it.") }),
    execute: async ({ prompt }, { signal, metadata }) => {
      const result = await agent.run(prompt, { signal, metadata });
      // What JSON cannot hold is told as it was written.
      if (result.success) return isPlainJson(result.output) ? result.output : result.text;
      const said = result.text === "" ? "" : `; it had said: ${result.text}`;
      throw new ToolError(`${agent.name} ended with ${result.stopReason}${said}`);
    },
  });
}
