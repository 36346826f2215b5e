// The native inference API: operations under one path, signed requests only.
import type { Route } from "../http/route.ts";
import { nativeChat } from "./chat.ts";
import { embedText } from "./embed.ts";
import { applyGuardrails } from "./guardrails.ts";
import { rerankText } from "./rerank.ts";

const operation = (name: string, handle: Route["handle"]): Route => ({
  method: "POST",
  path: new RegExp(`^/20231130/actions/${name}$`),
  credentials: ["signature"],
  handle,
});

export const nativeRoutes: readonly Route[] = [
  operation("chat", nativeChat),
  operation("embedText", embedText),
  operation("rerankText", rerankText),
  operation("applyGuardrails", applyGuardrails),
];
