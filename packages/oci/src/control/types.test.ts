/** What the compiler tells who uses the control plane: names, required details, and what comes back. */
import { expect, expectTypeOf, test } from "vitest";
import { controlPlane } from "../../test/control.ts";
import type { Secret } from "../secret.ts";
import type {
  ApiKey,
  ControlPlaneResources,
  ModelSummary,
  Project,
  ProjectSummary,
  WorkRequest,
} from "./index.ts";

/** Never called: the compiler reads it. */
const uses = async ({ projects, apiKeys, models, workRequests, endpoints }: ControlPlaneResources) => {
  const project = await projects.create({
    displayName: "p",
    conversationConfig: { responsesRetentionInHours: 1 },
  });
  expectTypeOf(project).toEqualTypeOf<Project>();
  expectTypeOf(project.conversationConfig?.responsesRetentionInHours).toEqualTypeOf<number | undefined>();
  expectTypeOf(projects.list({ sortBy: "displayName" })).toEqualTypeOf<AsyncIterable<ProjectSummary>>();
  expectTypeOf(models.list({ vendor: "cohere" })).toEqualTypeOf<AsyncIterable<ModelSummary>>();
  expectTypeOf(await projects.waitUntil("id", ["ACTIVE", "FAILED"])).toEqualTypeOf<Project>();
  expectTypeOf(await projects.waitUntil("id", "DELETED")).toEqualTypeOf<Project | undefined>();
  expectTypeOf(await workRequests.waitUntil("id", "SUCCEEDED")).toEqualTypeOf<WorkRequest>();
  const key = await apiKeys.renew("id", { keyName: "a" });
  expectTypeOf(key).toEqualTypeOf<ApiKey>();
  expectTypeOf(key.keys[0]?.key).toEqualTypeOf<Secret | undefined>();
  // @ts-expect-error a name that nobody knows
  await projects.create({ displayNam: "p" });
  // @ts-expect-error lists of projects do not tell how they keep
  for await (const { conversationConfig } of projects.list()) void conversationConfig;
  // @ts-expect-error an endpoint is of a model, on a cluster
  await endpoints.create({ displayName: "e" });
  // @ts-expect-error a state that there is not
  await projects.waitUntil("id", "ACTVE");
  // @ts-expect-error projects are not listed by vendor
  projects.list({ vendor: "cohere" });
};

test("what is known is completed and checked by the compiler", () => {
  expectTypeOf(uses).returns.resolves.toBeVoid();
});

test("making the resources checks nothing and asks nothing", () => {
  const resources = controlPlane({ apiKey: "sk-1", region: "ord", env: {} });
  expect(Object.keys(resources)).toEqual([
    "projects",
    "apiKeys",
    "semanticStores",
    "vectorStoreConnectors",
    "models",
    "endpoints",
    "dedicatedAiClusters",
    "workRequests",
  ]);
});
