/** `current_time`: what a clock shows, here or in another time zone. */
import { type Tool, tool } from "@locus-sdk/core";
import { z } from "zod";

/** The IANA zone of that name, or whose city has that name. @throws Error where there is none. */
export function findTimeZone(name: string): string {
  const wanted = name.trim().replaceAll(" ", "_").toLowerCase();
  if (wanted === "utc" || wanted === "gmt") return "UTC";
  const zones = Intl.supportedValuesOf("timeZone");
  const found = zones.find(
    (zone) => zone.toLowerCase() === wanted || zone.toLowerCase().endsWith(`/${wanted}`),
  );
  if (found !== undefined) return found;
  throw new Error(`"${name}" is no time zone; expected an IANA name such as "America/Chicago"`);
}

export const currentTime: Tool<{ readonly timeZone?: string | undefined }> = tool({
  name: "current_time",
  description: "The current date and time, in a time zone.",
  parameters: z.object({
    timeZone: z
      .string()
      .optional()
      .describe('IANA name such as "America/Chicago". Default: this machine\'s.'),
  }),
  execute: ({ timeZone }) => {
    const zone =
      timeZone === undefined ? Intl.DateTimeFormat().resolvedOptions().timeZone : findTimeZone(timeZone);
    const now = new Date();
    const local = now.toLocaleString("en-GB", { timeZone: zone, dateStyle: "full", timeStyle: "short" });
    return { timeZone: zone, local, utc: now.toISOString() };
  },
});
