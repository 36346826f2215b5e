/** The documentation holds: its code compiles and runs, its links lead somewhere, its tables miss nothing. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompileErrors, compileProject } from "./scripts/compile.ts";
import { extractExamples } from "./scripts/examples.ts";
import { brokenLinks } from "./scripts/links.ts";
import { type Page, readPage } from "./scripts/markdown.ts";
import { type Runner, startRunner } from "./scripts/run.ts";
import { extractSnippets, type Snippet, writeSnippets } from "./scripts/snippets.ts";
import { eventsOf, literalsOf, membersOf } from "./scripts/source.ts";
import { variablesBelow } from "./scripts/variables.ts";

const docs = import.meta.dirname;
const root = join(docs, "..");
const packages = join(root, "packages");
const directory = join(docs, ".snippets");
const pages = [
  ...readdirSync(docs)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(docs, name)),
  join(root, "README.md"),
]
  .filter((file) => existsSync(file))
  .map(readPage);

const { snippets, unchecked, mistakes } = extractSnippets(pages, root, directory);
const examples = extractExamples(packages, root, directory);
const modules = [...snippets, ...examples.snippets];
writeSnippets(modules, directory);
const runnable = snippets.filter(({ run }) => run);
const blocksOf = (list: readonly Snippet[]): number => list.reduce((sum, { blocks }) => sum + blocks, 0);

test("every code block is marked in a way the checks understand", () => {
  expect(mistakes).toEqual([]);
});

describe(`${unchecked.length} TypeScript blocks are not checked`, () => {
  test.each(unchecked)("$page:$line: $reason", ({ reason }) => {
    expect(reason.split(/\s+/).length).toBeGreaterThan(2);
  });
  test("and none without a reason", () => {
    expect(unchecked.filter(({ reason }) => reason.trim() === "")).toEqual([]);
  });
});

test("every @example in the sources has a block, where tools look for it", () => {
  expect(examples.mistakes).toEqual([]);
});

describe(`${blocksOf(snippets)} TypeScript blocks of the pages and ${examples.snippets.length} examples of the sources compile`, () => {
  let errors: CompileErrors;
  beforeAll(() => {
    errors = compileProject(docs, modules);
  }, 120_000);

  test.each(modules)("$page:$line", ({ module }) => {
    expect(errors.ofSnippets.get(module) ?? []).toEqual([]);
  });
  test("and so do the checks themselves", () => {
    expect(errors.others).toEqual([]);
  });
});

describe(`${blocksOf(runnable)} of them, marked run, end well offline`, () => {
  let runner: Runner;
  beforeAll(async () => {
    runner = await startRunner();
  });
  afterAll(async () => {
    await runner[Symbol.asyncDispose]();
  });

  test.concurrent.each(runnable)("$page:$line", { timeout: 90_000 }, async ({ module, output }) => {
    const { exitCode, stdout, stderr } = await runner.run(module);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    if (output !== undefined) expect(stdout.trimEnd()).toBe(output.trimEnd());
  });
});

test("every relative link leads to a file, and to a heading where it names one", () => {
  expect(brokenLinks(pages, root)).toEqual([]);
});

describe("tables miss nothing", () => {
  const page = (name: string): Page => {
    const found = pages.find(({ file }) => file === join(docs, name));
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  /** What the first cells of the page's rows name. */
  const named = (name: string): readonly string[] =>
    page(name).rows.flatMap(([first = ""]) => first.split(/[,\s(]+/));

  test.each([
    ["agent.md", "core/src/agent/options.ts", "AgentOptions"],
    ["agent.md", "core/src/agent/execute-run.ts", "RunOptions"],
    ["agent.md", "core/src/agent/result.ts", "AgentResult"],
    ["agent.md", "core/src/model/types.ts", "ModelSettings"],
    ["tools.md", "core/src/tool/tool.ts", "ToolOptions"],
    ["tools.md", "core/src/tool/types.ts", "ToolContext"],
    ["hooks.md", "core/src/hooks/types.ts", "Hook"],
    ["oci.md", "oci/src/config/options.ts", "OciOptions"],
    ["oci-agent-apis.md", "oci/src/control/index.ts", "ControlPlaneResources"],
    ["oci-agent-apis.md", "oci/src/control/wait.ts", "WaitOptions"],
    ["oci-agent-apis.md", "oci/src/building/upload/types.ts", "UploadFolderOptions"],
    ["oci-agent-apis.md", "oci/src/building/ingestion.ts", "IngestionOptions"],
    ["oci-responses.md", "openai/src/responses/options.ts", "HistoryOptions"],
    ["oci-dac.md", "oci/src/native/options.ts", "NativeChatOptions"],
    ["oci-dac.md", "oci/src/native/embeddings.ts", "EmbedOptions"],
    ["checkpointers.md", "core/src/checkpoint/types.ts", "Checkpointer"],
    ["checkpointers.md", "core/src/checkpoint/memory.ts", "MemoryCheckpointerOptions"],
    ["checkpointers.md", "core/src/checkpoint/file/options.ts", "FileCheckpointerOptions"],
    ["checkpointers.md", "checkpointers/src/shared/options.ts", "StoreOptions"],
    ["checkpointers.md", "checkpointers/src/sqlite/options.ts", "SqliteFileOptions"],
    ["checkpointers.md", "checkpointers/src/postgres/postgres.ts", "PostgresCheckpointerOptions"],
    ["checkpointers.md", "checkpointers/src/redis/redis.ts", "RedisCheckpointerOptions"],
    ["checkpointers.md", "checkpointers/src/oracle/checkpointer.ts", "OracleCheckpointerOptions"],
    [
      "checkpointers.md",
      "checkpointers/src/oci-object-storage/checkpointer.ts",
      "OciObjectStorageCheckpointerOptions",
    ],
    ["checkpointers.md", "checkpointers/src/opensearch/checkpointer.ts", "OpenSearchCheckpointerOptions"],
    ["checkpointers.md", "checkpointers/src/http/options.ts", "HttpCheckpointerOptions"],
    ["checkpointers.md", "checkpointers/src/http/handler.ts", "CheckpointerHandlerOptions"],
    ["interrupts.md", "core/src/loop/approval.ts", "Approval"],
    ["time-travel.md", "core/src/agent/history.ts", "ThreadVersion"],
    ["time-travel.md", "core/src/agent/time-travel.ts", "ReplayOptions"],
    ["conversation-management.md", "core/src/conversation/compactor.ts", "CompactorOptions"],
    ["conversation-management.md", "core/src/conversation/sliding-window.ts", "SlidingWindowOptions"],
    ["conversation-management.md", "core/src/conversation/summarizing.ts", "SummarizingOptions"],
    ["memory.md", "core/src/memory/manager-options.ts", "MemoryOptions"],
    ["memory.md", "core/src/memory/types.ts", "MemoryStore"],
    ["retry.md", "core/src/model/wrap/with-retry.ts", "WithRetryOptions"],
    ["retry.md", "core/src/model/wrap/failures.ts", "MoveOptions"],
    ["retry.md", "core/src/model/wrap/group.ts", "GroupOptions"],
    ["retry.md", "core/src/model/wrap/with-pool.ts", "WithPoolOptions"],
    ["retry.md", "core/src/model/wrap/with-timeouts.ts", "WithTimeoutsOptions"],
    ["cost.md", "core/src/model/types.ts", "Usage"],
    ["cost.md", "core/src/state/cost.ts", "RunCost"],
    ["cost.md", "core/src/model/prices/types.ts", "PriceRow"],
    ["cost.md", "core/src/model/wrap/budget.ts", "BudgetOptions"],
    ["cost.md", "core/src/model/wrap/with-limits.ts", "WithLimitsOptions"],
    ["cost.md", "core/src/model/wrap/rate-limiter.ts", "RateLimiterOptions"],
    ["cost.md", "core/src/model/wrap/with-rate-limit.ts", "WithRateLimitOptions"],
    ["cost.md", "core/src/model/wrap/with-cache.ts", "WithCacheOptions"],
    ["reasoning.md", "core/src/reasoning/grounding/options.ts", "GroundingOptions"],
    ["gsar.md", "core/src/reasoning/gsar/options.ts", "GsarOptions"],
    ["gsar.md", "core/src/reasoning/gsar/types.ts", "GsarReport"],
    ["testing.md", "core/src/testing/cassette/options.ts", "CassetteOptions"],
    ["testing.md", "core/src/testing/cassette/replay.ts", "ReplayModelOptions"],
    ["testing.md", "core/src/testing/cassette/types.ts", "RecordedOutcome"],
    ["testing.md", "core/src/testing/cassette/use-cassette.ts", "UseCassetteOptions"],
    ["ai-sdk.md", "ai-sdk/src/to/to-language-model.ts", "ToLanguageModelOptions"],
    ["ai-sdk.md", "ai-sdk/src/from/from-language-model.ts", "FromLanguageModelOptions"],
    ["oci.md", "oci-emulator/src/options.ts", "OciEmulatorOptions"],
    ["hooks.md", "core/src/hooks/builtin/model-retry.ts", "ModelRetryOptions"],
    ["hooks.md", "core/src/hooks/builtin/circuit-breaker.ts", "CircuitBreakerOptions"],
    ["hooks.md", "core/src/hooks/builtin/steering/hook.ts", "SteeringOptions"],
    ["hooks.md", "core/src/hooks/builtin/planning/planning.ts", "PlanningOptions"],
    ["observability.md", "core/src/hooks/builtin/logging/hook.ts", "LoggingOptions"],
    ["observability.md", "core/src/hooks/builtin/telemetry/hook.ts", "TelemetryOptions"],
    ["observability.md", "core/src/observe/options.ts", "EventBusOptions"],
    ["observability.md", "core/src/observe/options.ts", "SubscribeOptions"],
    ["observability.md", "core/src/observe/console.ts", "ConsoleOptions"],
    ["observability.md", "core/src/observe/sse/stream.ts", "SseStreamOptions"],
    ["observability.md", "core/src/observe/sse/connect.ts", "ConnectSseOptions"],
    ["safety.md", "core/src/guardrails/options.ts", "GuardrailsOptions"],
    ["safety.md", "core/src/guardrails/verdicts.ts", "UrlPolicy"],
    ["safety.md", "core/src/guardrails/verdicts.ts", "PathPolicy"],
  ])("%s has a row for each member of %s %s", (name, file, type) => {
    expect(membersOf(file, type).filter((member) => !named(name).includes(member))).toEqual([]);
  });

  test("agent.md has a row for each stop reason", () => {
    const reasons = literalsOf("core/src/events/types.ts", "StopReason");
    expect(reasons.filter((reason) => !named("agent.md").includes(reason))).toEqual([]);
  });

  test("oci-auth.md has a row for each auth type", () => {
    const types = literalsOf("oci/src/config/options.ts", "OciAuthType");
    expect(types.filter((type) => !named("oci-auth.md").includes(type))).toEqual([]);
  });

  test("oci-troubleshooting.md has a row for each check of diagnose()", () => {
    const checks = literalsOf("oci/src/doctor/check.ts", "CheckName");
    expect(checks.filter((check) => !named("oci-troubleshooting.md").includes(check))).toEqual([]);
  });

  test("events.md has a row for each event, and the row names each of its fields", () => {
    const { rows } = page("events.md");
    const missing = [...eventsOf("core/src/events/types.ts")].flatMap(([type, fields]) => {
      const row = rows.find(([first]) => first === type);
      if (row === undefined) return [type];
      const words = row.join(" ").split(/[^\w]+/);
      return fields.filter((field) => !words.includes(field)).map((field) => `${type}.${field}`);
    });
    expect(missing).toEqual([]);
  });

  test("environment-variables.md names each variable that is read, and no other", () => {
    const read = variablesBelow(packages);
    const told = page("environment-variables.md")
      .rows.flatMap(([first = ""]) => first.split(", "))
      .filter((name) => /^[A-Z][A-Z0-9_]+$/.test(name));
    expect(told.filter((name) => !read.has(name))).toEqual([]);
    expect([...read].filter((name) => !told.includes(name))).toEqual([]);
  });
});
