/** The tools that the `locus` command hands to its agent. */
import type { Tool } from "@locus-sdk/core";
import { calculator } from "./calculator.ts";
import { currentTime } from "./clock.ts";
import { getWeather } from "./weather.ts";

export const demoTools: readonly Tool[] = [getWeather, calculator, currentTime];
