/** `get_weather`: made-up weather that is the same for a city on every day, and says that it is made up. */
import { createHash } from "node:crypto";
import { type Tool, tool } from "@locus-sdk/core";
import { z } from "zod";

interface Weather {
  readonly condition: string;
  readonly temperatureC: number;
  readonly chanceOfRainPercent: number;
}

/** The cities of the documentation's examples; any other city gets one of these by its name. */
const CITIES: ReadonlyMap<string, Weather> = new Map([
  ["chicago", { condition: "light rain", temperatureC: 12, chanceOfRainPercent: 80 }],
  ["oslo", { condition: "snow showers", temperatureC: -2, chanceOfRainPercent: 60 }],
  ["tokyo", { condition: "clear sky", temperatureC: 22, chanceOfRainPercent: 5 }],
  ["london", { condition: "drizzle", temperatureC: 14, chanceOfRainPercent: 70 }],
  ["nairobi", { condition: "sunny", temperatureC: 26, chanceOfRainPercent: 10 }],
  ["lima", { condition: "overcast", temperatureC: 18, chanceOfRainPercent: 20 }],
]);

/** The demo weather of a city. */
export function weatherIn(city: string): Weather {
  const name = city.trim().toLowerCase();
  const known = CITIES.get(name);
  if (known !== undefined) return known;
  const rows = [...CITIES.values()];
  const [byte = 0] = createHash("sha256").update(name).digest();
  const row = rows[byte % rows.length];
  return row ?? { condition: "unknown", temperatureC: 0, chanceOfRainPercent: 0 };
}

export const getWeather: Tool<{ readonly city: string }> = tool({
  name: "get_weather",
  description: "The weather in a city: condition, temperature and chance of rain. Demo data, not a forecast.",
  parameters: z.object({ city: z.string().min(1).describe('The city\'s name, such as "Chicago".') }),
  execute: ({ city }) => ({ city, ...weatherIn(city), source: "demo data of the locus command" }),
});
