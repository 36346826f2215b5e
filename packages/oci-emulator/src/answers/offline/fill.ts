// Fills a JSON schema from what the conversation says: tool arguments and structured answers alike.
import { isJsonObject, type JsonObject, type JsonValue, plainText } from "../../json.ts";
import { fitNumber, fitText } from "./fit.ts";
import { roleOf } from "./roles.ts";
import { propertiesOf, requiredOf, resolveSchema, textOf, typeOf } from "./schema.ts";
import { contentWords, identifierWords, numbers, salient, stem, stems } from "./words.ts";

/** What values may be taken from. */
export interface Facts {
  readonly prompt: string;
  /** Tool results, parsed. */
  readonly results: readonly JsonValue[];
  /** Text for properties that ask for wording; set when an answer is filled in, not arguments. */
  readonly prose?: string;
  /** Values already decided, by property name. */
  readonly decided?: Readonly<Record<string, string>>;
}

/** A value, and whether anything in the facts spoke for it. */
export interface Filled {
  readonly value: JsonValue;
  readonly evidence: boolean;
}

interface Slot {
  readonly name: string;
  readonly node: JsonObject;
}

/** One pass over a schema. Numbers are handed out in the order in which they stand in the prompt. */
class Filler {
  readonly #facts: Facts;
  readonly #root: JsonObject;
  readonly #numbers: number[];

  constructor(facts: Facts, root: JsonObject) {
    this.#facts = facts;
    this.#root = root;
    this.#numbers = [...numbers(facts.prompt)];
  }

  fill(schema: JsonValue | undefined, name: string, depth = 0): Filled {
    const node = resolveSchema(schema, this.#root);
    const slot = { name, node };
    if (node.const !== undefined) return { value: node.const, evidence: true };
    if (Array.isArray(node.enum)) return this.#choice(slot, node.enum);
    switch (typeOf(node)) {
      case "object":
        return this.#object(slot, depth);
      case "array":
        return this.#array(slot, depth);
      case "number":
      case "integer":
        return this.#number(slot);
      case "boolean":
        return this.#boolean(slot);
      case "null":
        return { value: null, evidence: true };
      case "string":
        return this.#string(slot);
    }
  }

  #object({ node }: Slot, depth: number): Filled {
    const required = requiredOf(node);
    const value: Record<string, JsonValue> = {};
    let evidence = true;
    const properties = propertiesOf(node);
    for (const [name, schema] of properties.filter(([key]) => required.has(key))) {
      // A recursive schema that requires itself has no finite instance; deep down nothing is filled in any more.
      if (depth > 8) break;
      const filled = this.fill(schema, name, depth + 1);
      value[name] = filled.value;
      evidence &&= filled.evidence;
    }
    if (depth <= 3) {
      for (const [name, schema] of properties.filter(([key]) => !required.has(key))) {
        const found = this.#optional(resolveSchema(schema, this.#root), name, Object.values(value));
        if (found !== undefined) value[name] = found;
      }
    }
    return { value, evidence };
  }

  /** Optional properties are filled only when the facts name them. */
  #optional(node: JsonObject, name: string, taken: readonly JsonValue[]): JsonValue | undefined {
    const type = typeOf(node);
    if (this.#facts.decided?.[name] !== undefined) return this.#facts.decided[name];
    if (node.const !== undefined) return undefined;
    if (type === "object" || type === "array" || type === "null") return undefined;
    if (Array.isArray(node.enum)) {
      const chosen = this.#choice({ name, node }, node.enum);
      return chosen.evidence ? chosen.value : undefined;
    }
    if (type === "number" || type === "integer") {
      const named = this.#named(name);
      return named === undefined ? undefined : fitNumber(named, node);
    }
    if (type === "boolean") return this.#mentions(name) ? this.#boolean({ name, node }).value : undefined;
    const assigned = this.#assigned(name);
    if (assigned !== undefined) return fitText(assigned, node, this.#facts.prompt);
    const role = roleOf(identifierWords(name).join(" "), "");
    if (["anything", "topic", "wording", "person"].includes(role.name)) return undefined;
    const found = role.find(this.#facts.prompt).find((candidate) => !taken.includes(candidate));
    return found === undefined ? undefined : fitText(found, node, this.#facts.prompt);
  }

  #array({ name, node }: Slot, depth: number): Filled {
    const items = resolveSchema(node.items, this.#root);
    const least = typeof node.minItems === "number" ? node.minItems : 0;
    const most = typeof node.maxItems === "number" ? node.maxItems : 16;
    if (typeOf(items) === "string" && !Array.isArray(items.enum) && items.const === undefined) {
      const words = identifierWords(name).map(stem).join(" ");
      const found = roleOf(`${identifierWords(name).join(" ")} ${words}`, textOf(node.description)).find(
        this.#facts.prompt,
      );
      const texts = [...new Set(found.map((text) => fitText(text, items, this.#facts.prompt)))].slice(
        0,
        most,
      );
      while (texts.length < least) texts.push(fitText(`item ${texts.length + 1}`, items, ""));
      return { value: texts, evidence: found.length > 0 };
    }
    if (["number", "integer"].includes(typeOf(items)) && this.#numbers.length > 0) {
      const values = this.#numbers.splice(0, most).map((value) => fitNumber(value, items));
      while (values.length < least) values.push(fitNumber(values.length, items));
      return { value: node.uniqueItems === true ? [...new Set(values)] : values, evidence: true };
    }
    if (depth > 4) return { value: [], evidence: false };
    const filled = Array.from({ length: Math.min(Math.max(least, 1), most) }, () =>
      this.fill(items, name, depth + 1),
    );
    return { value: filled.map(({ value }) => value), evidence: filled.some(({ evidence }) => evidence) };
  }

  #choice({ name, node }: Slot, options: readonly JsonValue[]): Filled {
    const known = this.#known(name);
    if (known !== undefined && options.includes(known)) return { value: known, evidence: true };
    const words = stems(contentWords(this.#facts.prompt));
    const prompt = this.#facts.prompt.toLowerCase();
    const said = options.map(plainText).findIndex((option) => {
      const parts = identifierWords(option);
      if (option.length > 2 && prompt.includes(option.toLowerCase())) return true;
      return parts.length > 0 && parts.every((part) => words.has(stem(part)));
    });
    if (said >= 0) return { value: options[said] ?? null, evidence: true };
    return { value: node.default ?? options[0] ?? null, evidence: node.default !== undefined };
  }

  #number({ name, node }: Slot): Filled {
    const known = this.#known(name);
    if (typeof known === "number") return { value: fitNumber(known, node), evidence: true };
    const named = this.#named(name) ?? this.#numbers.shift();
    if (named !== undefined) return { value: fitNumber(named, node), evidence: true };
    if (typeof node.default === "number") return { value: node.default, evidence: true };
    return { value: fitNumber(1, node), evidence: false };
  }

  #boolean({ name, node }: Slot): Filled {
    const known = this.#known(name);
    if (typeof known === "boolean") return { value: known, evidence: true };
    const words = identifierWords(name).join("|");
    const denied = new RegExp(String.raw`\b(?:no|not|don't|without|never)\b[^.,;]{0,20}\b(?:${words})`, "i");
    if (denied.test(this.#facts.prompt)) return { value: false, evidence: true };
    if (this.#mentions(name)) return { value: true, evidence: true };
    if (typeof node.default === "boolean") return { value: node.default, evidence: true };
    return { value: this.#facts.prose === undefined, evidence: false };
  }

  #string({ name, node }: Slot): Filled {
    const { prompt, prose, decided } = this.#facts;
    const fit = (text: string, evidence: boolean): Filled => ({
      value: fitText(text, node, prompt),
      evidence,
    });
    const preset = decided?.[name] ?? this.#assigned(name);
    if (preset !== undefined) return fit(preset, true);
    const known = this.#known(name);
    if (typeof known === "string" || typeof known === "number") return fit(String(known), true);
    const role = roleOf(identifierWords(name).join(" "), textOf(node.description));
    if (prose !== undefined && role.name === "wording") return fit(prose, true);
    const [found] = role.find(prompt);
    if (found !== undefined) return fit(found, true);
    if (typeof node.default === "string") return fit(node.default, true);
    return fit(prose === undefined ? salient(prompt) : "(offline emulator)", false);
  }

  /** `name: value`, `name = value` or `name is value`, said in the prompt. */
  #assigned(name: string): string | undefined {
    const words = identifierWords(name).join("[ _-]?");
    const match = new RegExp(
      String.raw`\b${words}(?:\s*[:=]\s*|\s+is\s+)(?:"([^"]+)"|([\w@.#/-]*\w))`,
      "i",
    ).exec(this.#facts.prompt);
    return match?.[1] ?? match?.[2];
  }

  /** `3 nights` or `nights: 3` for a property named after nights. */
  #named(name: string): number | undefined {
    const parts = identifierWords(name)
      .filter((part) => part.length > 2)
      .map((part) => `${stem(part)}\\w*`);
    if (parts.length === 0) return undefined;
    const word = `(?:${parts.join("|")})`;
    const before = new RegExp(String.raw`(-?\d+(?:\.\d+)?)\s*-?\s*${word}`, "i").exec(this.#facts.prompt);
    const after = new RegExp(String.raw`\b${word}\s*(?:of|to|is|:|=)?\s*(-?\d+(?:\.\d+)?)`, "i").exec(
      this.#facts.prompt,
    );
    const text = before?.[1] ?? after?.[1];
    if (text === undefined) return undefined;
    const at = this.#numbers.indexOf(Number(text));
    if (at >= 0) this.#numbers.splice(at, 1);
    return Number(text);
  }

  #mentions(name: string): boolean {
    const said = stems(contentWords(this.#facts.prompt));
    return identifierWords(name).some((part) => part.length > 3 && said.has(stem(part)));
  }

  /** A scalar of the results under this name; `flight_id` also finds `id`. */
  #known(name: string): string | number | boolean | undefined {
    const wanted = identifierWords(name).join("");
    for (const accept of [wanted, ...(wanted.endsWith("id") ? ["id"] : [])]) {
      for (const result of this.#facts.results.toReversed()) {
        const found = findScalar(result, accept);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
}

function findScalar(value: JsonValue | undefined, key: string): string | number | boolean | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = findScalar(item, key);
      if (found !== undefined) return found;
    }
  }
  if (!isJsonObject(value)) return undefined;
  for (const [name, held] of Object.entries(value)) {
    if (held === null || typeof held === "object" || held === undefined) continue;
    if (identifierWords(name).join("") === key) return held;
  }
  return findScalar(
    Object.values(value)
      .filter((held) => typeof held === "object" && held !== null)
      .map((held) => held ?? null),
    key,
  );
}

/** Fills a schema from the facts. */
export function fillSchema(schema: JsonObject, facts: Facts): Filled {
  return new Filler(facts, schema).fill(schema, "");
}
