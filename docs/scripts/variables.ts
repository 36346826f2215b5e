/** Which environment variables the sources read, so that the page of all of them can be held against it. */
import { readFileSync } from "node:fs";
import { sourcesBelow } from "./examples.ts";

const NAME =
  "(?:LOCUS|OCI|OPENAI|ANTHROPIC|AZURE|DEEPSEEK|GROQ|MISTRAL|OLLAMA|OPENROUTER|TOGETHER|KUBERNETES)_[A-Z0-9_]+";

/**
 * The variables that a source names in its code: members of an `env`, quoted names, and names put together from the
 * beginnings that are in use: `both("REGION")`, `${PREFIX}REGION`, `secret("RPST")`.
 */
export function variablesIn(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const prefix = /\bPREFIX = "([A-Z_]+_)"/.exec(code)?.[1];
  const found = [
    ...each(code, new RegExp(`["'\`](${NAME})["'\`]`, "g")),
    ...each(code, /\benv\.([A-Z][A-Z0-9_]+)/g),
    ...each(code, /\{ ([A-Z0-9_]+(?: = "")?(?:, [A-Z0-9_]+(?: = "")?)*) \} = env\b/g).flatMap(
      (list) => list.match(/[A-Z0-9_]+/g) ?? [],
    ),
    ...each(code, /\bboth\(([^).]*)\)/g)
      .flatMap((list) => each(list, /"([A-Z_]+)"/g))
      .flatMap((name) => [`LOCUS_OCI_${name}`, `OCI_${name}`]),
    ...(prefix === undefined
      ? []
      : [...each(code, /\$\{PREFIX\}([A-Z_]+)/g), ...each(code, /\bsecret\("([A-Z_]+)"\)/g)].map(
          (name) => prefix + name,
        )),
  ];
  // What ends in "_" is the beginning of names.
  return [...new Set(found)].filter((name) => !name.endsWith("_")).sort();
}

function each(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => name);
}

/** Those of all sources below `packages`. */
export function variablesBelow(packages: string): ReadonlySet<string> {
  return new Set(sourcesBelow(packages).flatMap((file) => variablesIn(readFileSync(file, "utf8"))));
}
