// Guardrails by rules: tables of words and patterns stand for the service's classifiers.
import { z } from "zod";
import { refusal } from "../http/dispatch.ts";
import type { Reply } from "../http/reply.ts";
import type { Call } from "../http/route.ts";
import type { JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { operate } from "../surface/play.ts";
import { parseNative } from "./request.ts";
import { checkNativeScope } from "./scope.ts";

interface GuardrailsDetails {
  readonly compartmentId?: string | undefined;
  readonly input?: GuardrailsInput | null | undefined;
  readonly multimodalInput?: readonly GuardrailsInput[] | null | undefined;
  readonly guardrailConfigs: {
    readonly contentModerationConfig?: { readonly categories: readonly string[] } | null | undefined;
    readonly personallyIdentifiableInformationConfig?:
      | { readonly types: readonly string[] }
      | null
      | undefined;
    readonly promptInjectionConfig?: object | null | undefined;
  };
}

interface GuardrailsInput {
  readonly type: "TEXT" | "IMAGE";
  readonly content?: string | undefined;
}

const input = z.looseObject({ type: z.enum(["TEXT", "IMAGE"]), content: z.string().optional() });
const guardrailsDetails: z.ZodType<GuardrailsDetails> = z
  .looseObject({
    compartmentId: z.string().min(1).optional(),
    input: input.nullish(),
    multimodalInput: z.array(input).nullish(),
    guardrailConfigs: z.looseObject({
      contentModerationConfig: z.looseObject({ categories: z.array(z.string()) }).nullish(),
      personallyIdentifiableInformationConfig: z.looseObject({ types: z.array(z.string()) }).nullish(),
      promptInjectionConfig: z.looseObject({}).nullish(),
    }),
  })
  .refine((body) => body.input || body.multimodalInput?.length, "expected input or multimodalInput");

const categories: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["HATE", /\b(hate (you|them|all)|inferior race|subhuman)\b/i],
  ["HARASSMENT", /\b(idiot|moron|stupid|shut up)\b/i],
  ["VIOLENCE", /\b(kill|murder|shoot|stab|bomb)\b/i],
  ["SELF_HARM", /\b(suicide|self-harm|hurt myself)\b/i],
  ["SEXUAL", /\b(porn|explicit sex)\b/i],
];

const personal: readonly (readonly [label: string, pattern: RegExp])[] = [
  ["EMAIL", /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ["TELEPHONE_NUMBER", /(?<![\w.])\+?\d{1,3}?[ .-]?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\w)/g],
  ["PERSON", /(?<=\b(?:Mr|Mrs|Ms|Dr)\. |\b[Mm]y name is )\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)*/gu],
  ["ADDRESS", /\b\d{1,5} (?:\p{Lu}\p{L}+ )+(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln)\b/gu],
];

const injection =
  /\b(ignore|disregard|forget) (all |any |the |your )*(previous|prior|above|earlier|system) (instructions?|prompts?|rules)|reveal (your|the) (system )?prompt|you are now (in )?(developer|dan)\b/i;

const certain = 1;
const score = (found: boolean): JsonObject =>
  found ? { score: certain, flaggedModalities: ["TEXT"] } : { score: 0 };

export function applyGuardrails(call: Call, state: EmulatorState): Reply {
  const parsed = parseNative(guardrailsDetails, call.request.json());
  if (!parsed.ok) return refusal(parsed.error, parsed.reason);
  const { body, source } = parsed;
  const outside = checkNativeScope("applyGuardrails", body.compartmentId, source, call, state);
  if (outside !== undefined) return refusal(outside.error, outside.reason);
  const inputs = [...(body.input ? [body.input] : []), ...(body.multimodalInput ?? [])];
  const text = inputs.map(({ content }) => content ?? "").join("\n");
  const { contentModerationConfig, personallyIdentifiableInformationConfig, promptInjectionConfig } =
    body.guardrailConfigs;
  const results: JsonObject = {
    ...(contentModerationConfig
      ? { contentModeration: { categories: moderate(text, contentModerationConfig.categories) } }
      : {}),
    ...(personallyIdentifiableInformationConfig
      ? {
          personallyIdentifiableInformation: findPersonal(
            text,
            personallyIdentifiableInformationConfig.types,
          ),
        }
      : {}),
    ...(promptInjectionConfig ? { promptInjection: score(injection.test(text)) } : {}),
  };
  return operate(state, { results });
}

/** `OVERALL` is flagged if any category is. */
function moderate(text: string, wanted: readonly string[]): readonly JsonObject[] {
  const found = new Set(categories.filter(([, pattern]) => pattern.test(text)).map(([name]) => name));
  return wanted.map((name) => ({ name, ...score(name === "OVERALL" ? found.size > 0 : found.has(name)) }));
}

function findPersonal(text: string, wanted: readonly string[]): readonly JsonObject[] {
  return personal
    .filter(([label]) => wanted.includes(label))
    .flatMap(([label, pattern]) =>
      [...text.matchAll(pattern)].map(({ 0: match, index }) => ({
        offset: index,
        length: match.length,
        text: match,
        label,
        score: certain,
      })),
    )
    .toSorted((left, right) => left.offset - right.offset);
}
