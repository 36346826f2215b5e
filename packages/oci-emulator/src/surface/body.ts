// The JSON body of a request to an OpenAI-compatible resource, or the refusal that names what is wrong with it.
import type { z } from "zod";
import { refusal } from "../http/dispatch.ts";
import { openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call } from "../http/route.ts";

export function withBody<Body>(schema: z.ZodType<Body>, call: Call, handle: (body: Body) => Reply): Reply {
  const parsed = schema.safeParse(call.request.json() ?? {});
  if (parsed.success) return handle(parsed.data);
  const [issue] = parsed.error.issues;
  const param = issue?.path.join(".") ?? "";
  return invalid(param, `Invalid value for '${param}': ${issue?.message}.`);
}

/** Refuses a request for one of its parameters. */
export function invalid(param: string, message: string): Reply {
  return refusal(openaiError(400, message, { param, code: "invalid_value" }), message);
}
