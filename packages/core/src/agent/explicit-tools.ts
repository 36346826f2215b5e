/** The tools of `completionMode: "explicit"`: one to say that the work is done, one to ask a person. */
import { z } from "zod";
import { tool } from "../tool/tool.ts";
import type { Tool } from "../tool/types.ts";

export const TASK_COMPLETE = "task_complete";

export function explicitTools(): readonly Tool[] {
  return [
    tool({
      name: TASK_COMPLETE,
      description: "Call this once, when the whole task is done. Nothing runs after it.",
      parameters: z.object({ summary: z.string().describe("The final answer, for the user.") }),
      execute: ({ summary }) => summary,
    }),
    tool({
      name: "ask_user",
      description: "Asks the user something that only the user can know or decide.",
      parameters: z.object({
        question: z.string(),
        options: z.array(z.string()).optional().describe("The answers to choose from, if there are such."),
      }),
      execute: ({ question, options }, context) =>
        context.interrupt(options === undefined ? { question } : { question, options }),
    }),
  ];
}
