import type { AnswerSource } from "../source.ts";
export function offline(): AnswerSource {
  return {
    name: "offline",
    answer: (question) =>
      Promise.resolve({
        kind: "turn",
        turn: { text: `You said: ${question.messages.at(-1)?.text ?? ""} (offline emulator)` },
      }),
    reset: () => {},
  };
}
