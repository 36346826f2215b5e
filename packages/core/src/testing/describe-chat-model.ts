/** The conformance suite of the model contract: what every `ChatModel` must do, over a server that can be scripted. */

import { ANSWER_CASES } from "./chat-model-answers.ts";
import type { ChatModelBackend, DescribeChatModelOptions } from "./chat-model-backend.ts";
import { FAILURE_CASES } from "./chat-model-failures.ts";
import { afterEach, beforeEach, describe, it } from "./vitest.ts";

export type {
  ChatModelBackend,
  ChatModelFeature,
  ChatModelTurn,
  DescribeChatModelOptions,
} from "./chat-model-backend.ts";

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Registers the suite with vitest, as tests about the model that `factory` makes. Each test has a backend of its own,
 * closed behind it. What a backend cannot stage is skipped by name, with the reason in the test's title.
 *
 * @example
 * ```ts
 * import type { ChatModel } from "@locus-sdk/core";
 * import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
 *
 * declare const startServer: () => Promise<{
 *   readonly model: ChatModel;
 *   readonly bodies: readonly unknown[];
 *   answerWith(turns: readonly ChatModelTurn[]): void;
 *   close(): Promise<void>;
 * }>;
 *
 * describeChatModel(
 *   "MyModel",
 *   async () => {
 *     const server = await startServer();
 *     return {
 *       model: server.model,
 *       script: (turns) => server.answerWith(turns),
 *       requests: () => server.bodies,
 *       close: () => server.close(),
 *     };
 *   },
 *   { skip: { reasoning: "the server does not tell" } },
 * );
 * ```
 */
export function describeChatModel(
  name: string,
  factory: () => ChatModelBackend | Promise<ChatModelBackend>,
  options: DescribeChatModelOptions = {},
): void {
  const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  describe(name, { timeout }, () => {
    let backend: ChatModelBackend | undefined;
    beforeEach(async () => {
      backend = await factory();
    });
    afterEach(async () => {
      await backend?.model.close?.();
      await backend?.close();
      backend = undefined;
    });

    for (const { feature, title, run } of [...ANSWER_CASES, ...FAILURE_CASES]) {
      const reason = options.skip?.[feature];
      if (reason !== undefined) {
        it.skip(`${title} (skipped: ${reason})`);
        continue;
      }
      it(title, async () => {
        if (backend === undefined) throw new Error("the factory made no backend");
        await run(backend);
      });
    }
  });
}
