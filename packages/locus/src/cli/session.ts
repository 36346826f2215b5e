/** An agent as the command line asks for it, and everything that has to be closed after it. */
import { Agent, type Checkpointer, parseModelName } from "@locus-sdk/core";
import { openOciEnvironment } from "./environment.ts";
import type { AgentFlags } from "./options.ts";
import type { Output } from "./output.ts";
import { demoTools } from "./tools/index.ts";

export interface Session extends AsyncDisposable {
  readonly agent: Agent;
  /** Who answers in the model's place, where it is not the model. */
  readonly standIn: string | undefined;
}

/** Opens it; the emulator stands in for OCI where no OCI is configured, which is said on stderr. */
export async function openSession(
  flags: AgentFlags,
  checkpointer: Checkpointer,
  output: Output,
): Promise<Session> {
  const oci = parseModelName(flags.model).prefix === "oci" ? await openOciEnvironment() : undefined;
  if (oci?.notice !== undefined && flags.quiet !== true) output.note(oci.notice, "dim");
  try {
    const agent = makeAgent(flags, checkpointer, oci?.modelOptions);
    return {
      agent,
      standIn: oci?.kind === "emulator" ? "offline emulator" : undefined,
      [Symbol.asyncDispose]: async () => {
        await agent.close();
        await oci?.[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await oci?.[Symbol.asyncDispose]();
    throw error;
  }
}

function makeAgent(flags: AgentFlags, checkpointer: Checkpointer, modelOptions: object | undefined): Agent {
  const { model, system, tools, ask, maxIterations, temperature } = flags;
  const asked = { needsApproval: () => true };
  return new Agent({
    name: "locus",
    model,
    checkpointer,
    ...(modelOptions === undefined ? {} : { modelOptions: { ...modelOptions } }),
    ...(system === undefined ? {} : { systemPrompt: system }),
    ...(tools ? { tools: ask === true ? demoTools.map((tool) => ({ ...tool, ...asked })) : demoTools } : {}),
    ...(maxIterations === undefined ? {} : { maxIterations }),
    ...(temperature === undefined ? {} : { settings: { temperature } }),
  });
}
