/** The checks of the documentation find what they are for: a check that finds nothing proves nothing. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeErrors } from "./compile.ts";
import { examplesIn } from "./examples.ts";
import { brokenLinks } from "./links.ts";
import { type Page, parsePage } from "./markdown.ts";
import { type Extracted, extractSnippets } from "./snippets.ts";
import { eventsOf, literalsOf, membersOf } from "./source.ts";
import { variablesIn } from "./variables.ts";

const root = join(import.meta.dirname, "..", "..");
const page = (...lines: readonly string[]): Page =>
  parsePage(join(root, "docs", "page.md"), lines.join("\n"));
const extract = (...lines: readonly string[]): Extracted => extractSnippets([page(...lines)], root, "/out");

describe("snippets", () => {
  test("a block becomes a module, wherever it stands, and its marks say whether it is run", () => {
    const { snippets, mistakes } = extract("# T", "", "* item", "", "  ```ts run", "  let a = 1;", "  ```");
    expect(mistakes).toEqual([]);
    expect(snippets).toMatchObject([
      {
        module: "/out/docs-page-L5.ts",
        page: "docs/page.md",
        line: 5,
        run: true,
        code: "let a = 1;\nexport {};\n",
      },
    ]);
  });

  test("a block that continues belongs to the module before it, and keeps its own lines", () => {
    const { snippets } = extract(
      "```ts",
      "let a = 1;",
      "```",
      "text",
      "```ts continues",
      "a += 1;",
      "a += 2;",
      "```",
    );
    expect(snippets).toMatchObject([{ blocks: 2, lines: [2, 6, 7] }]);
  });

  test("output behind a block that is run is what it must print", () => {
    const { snippets } = extract("```ts run", "console.log(1);", "```", "```text output", "1", "```");
    expect(snippets[0]?.output).toBe("1");
  });

  test("a block that is not checked says why, and is counted", () => {
    const { snippets, unchecked } = extract('```ts no-check="needs a cloud"', "f(", "```");
    expect(snippets).toEqual([]);
    expect(unchecked).toEqual([{ page: "docs/page.md", line: 1, reason: "needs a cloud" }]);
  });

  test.each([
    ["another spelling of the language", "```typescript"],
    ["no language", "```"],
    ["an unknown mark", "```ts runs"],
    ["no reason", "```ts no-check"],
    ["an empty reason", '```ts no-check=""'],
    ["nothing to continue", "```ts continues"],
    ["output of nothing", "```text output"],
  ])("%s is a mistake with its place", (_, fence) => {
    const { snippets, unchecked, mistakes } = extract("", fence, "x", "```");
    expect({ snippets, unchecked }).toEqual({ snippets: [], unchecked: [] });
    expect(mistakes).toEqual([expect.stringMatching(/^docs\/page\.md:2: /)]);
  });
});

test("an error of the compiler is told with the page's line, with what it says further, and others stay others", () => {
  const { snippets } = extract("```ts", "let a = 1;", "```", "", "```ts continues", "a = '';", "```");
  const output = [
    "../out/docs-page-L1.ts(2,1): error TS2322: Type 'string' is not assignable.",
    "  More of it.",
    "scripts/run.ts(1,1): error TS1: Elsewhere.",
  ].join("\n");
  const { ofSnippets, others } = placeErrors(output, "/docs", snippets);
  expect([...ofSnippets.values()]).toEqual([
    ["docs/page.md:6:1: error TS2322: Type 'string' is not assignable.", "  More of it."],
  ]);
  expect(others).toEqual(["scripts/run.ts(1,1): error TS1: Elsewhere."]);
});

describe("links", () => {
  test("good ones pass: to files, headings, other pages' headings, and the web", () => {
    const links = "# A `b` c\n[x](#a-b-c) [y](agent.md#options) [z](../LICENSE) [w](https://example.com/#q)";
    expect(brokenLinks([page(links)], root)).toEqual([]);
  });

  test.each([
    ["[x](nowhere.md)", "docs/page.md:1: there is no docs/nowhere.md"],
    ["[x](#none)", "docs/page.md:1: there is no heading #none in docs/page.md"],
    ["[x](agent.md#none)", "docs/page.md:1: there is no heading #none in docs/agent.md"],
    ["| a |\n|---|\n| [x](nowhere.md) |", "docs/page.md:3: there is no docs/nowhere.md"],
    ["[x][y]\n\n[y]: ../../etc", 'docs/page.md:3: "../../etc" leads out of the repository'],
  ])("%j is broken", (text, fault) => {
    expect(brokenLinks([page(text)], root)).toEqual([fault]);
  });
});

test("names are read out of the sources", () => {
  expect(membersOf("core/src/agent/options.ts", "AgentOptions")).toEqual(
    expect.arrayContaining(["model", "logger"]),
  );
  expect(membersOf("core/src/hooks/types.ts", "Hook")).toEqual(
    expect.arrayContaining(["beforeRun", "onEvent"]),
  );
  expect(literalsOf("core/src/events/types.ts", "StopReason")).toEqual(
    expect.arrayContaining(["complete", "error"]),
  );
  expect(eventsOf("core/src/events/types.ts").get("resume")).toEqual(["interruptId", "answer"]);
});

describe("examples of the sources", () => {
  const source = (...lines: readonly string[]): string => ["const x = 1;", ...lines].join("\n");

  test("are the ts blocks behind @example, with the line of their fence and without the comment's stars", () => {
    const found = examplesIn(
      source(
        "/**",
        " * Says things.",
        " *",
        " * @example",
        " * ```ts",
        " * if (x) {",
        " *   y();",
        " *",
        " * }",
        " * ```",
        " */",
        "  /**",
        "   * ```ts",
        "   * notAnExample();",
        "   * ```",
        "   * @example",
        "   * In words first.",
        "   * ```ts",
        "   * z();",
        "   * ```",
        "   */",
      ),
    );
    expect(found).toEqual({
      examples: [
        { line: 6, code: "if (x) {\n  y();\n\n}" },
        { line: 19, code: "z();" },
      ],
      mistakes: [],
    });
  });

  test.each([
    ["a tag without a block", [" * @example", " * foo()"], 3],
    ["a tag before the next tag", [" * @example", " * @returns nothing"], 3],
    ["a tag in the middle of a line", [" * Words. * @example", " * ```ts", " * x();", " * ```"], 3],
    ["another language", [" * @example", " * ```js", " * x();", " * ```"], 4],
    ["a block without an end", [" * @example", " * ```ts", " * x();"], 4],
  ])("%s is a mistake with its line", (_, lines, line) => {
    const { examples, mistakes } = examplesIn(source("/**", ...lines, " */"));
    expect(examples).toEqual([]);
    expect(mistakes).toEqual([{ line, what: expect.any(String) }]);
  });
});

test("variables are found however a source names them, and not in its comments", () => {
  const source = [
    "// OCI_NOT_READ",
    "/** `LOCUS_NOR_THIS` */",
    'const PREFIX = "OCI_RESOURCE_";',
    'const VARIABLES = { region: both("REGION"), key: ["OCI_KEY"] };',
    "const level = process.env.LOCUS_LEVEL;",
    'const { NO_COLOR = "", TERM } = env;',
    'const token = secret("RPST");',
    ["const version = required(env, `", "{PREFIX}VERSION`);"].join("$"),
  ].join("\n");
  expect(variablesIn(source)).toEqual(
    ["LOCUS_LEVEL", "LOCUS_OCI_REGION", "NO_COLOR", "OCI_KEY", "OCI_REGION"].concat([
      "OCI_RESOURCE_RPST",
      "OCI_RESOURCE_VERSION",
      "TERM",
    ]),
  );
});
