/** Families that write a call's arguments as JSON within a JSON string: what a stream tells adds up to what was meant. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { drain, streamOf } from "../../test/parts.ts";
import { chunk } from "../../test/server.ts";
import { chatProfile } from "./profile.ts";

const profile = chatProfile({ name: "llama", doubleEncodedArguments: true });

it("tells each call's name as it comes, and its arguments whole before the finish, wherever they were cut", async () => {
  const meant = ['{"city":"Oslo"}', '{"city":"Rio"}'];
  const written = meant.map((text) => JSON.stringify(text));
  const cuts = fc.tuple(fc.nat(20), fc.nat(20));
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const frames = written.flatMap((text, index) => [
        chunk({
          tool_calls: [
            {
              index,
              id: `c${index}`,
              function: { name: "get_weather", arguments: text.slice(0, at[index]) },
            },
          ],
        }),
        chunk({ tool_calls: [{ index, function: { arguments: text.slice(at[index]) } }] }),
      ]);
      const { parts, error } = await drain(streamOf([...frames, chunk({}, "tool_calls")], { profile }));
      expect(error).toBeUndefined();
      const told = ["", ""];
      for (const part of parts) if (part.type === "tool_call_delta") told[part.index] += part.argumentsDelta;
      expect(told).toEqual(meant);
      expect(parts.slice(0, 2)).toMatchObject([
        { index: 0, id: "c0", name: "get_weather", argumentsDelta: "" },
        { index: 1, id: "c1", name: "get_weather", argumentsDelta: "" },
      ]);
      const last = parts.at(-1);
      const content = last?.type === "finish" ? last.response.message.content : [];
      expect(content.map((part) => (part.type === "tool_call" ? part.arguments : ""))).toEqual(meant);
    }),
  );
});
