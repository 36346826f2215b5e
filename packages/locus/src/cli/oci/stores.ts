/** Kinds of the control plane that are looked at, waited for and deleted here, but made elsewhere. */
import type {
  DedicatedAiCluster,
  DedicatedAiClusterState,
  Endpoint,
  LifecycleState,
  SemanticStore,
} from "@locus-sdk/oci";
import type { Group } from "./action.ts";
import { controlled, keptColumns } from "./control.ts";
import { groupOf } from "./resource.ts";

const semanticStores = controlled<SemanticStore, SemanticStore, LifecycleState>(
  {
    name: "semantic-stores",
    one: "semantic store",
    summary: "semantic stores, which turn questions into SQL",
    id: "ocid1.generativeaisemanticstore.oc1..a",
    columns: keptColumns<SemanticStore>([["DESCRIPTION", ({ description }) => description]]),
  },
  (genai) => genai.semanticStores,
);

const endpoints = controlled<Endpoint, Endpoint, LifecycleState>(
  {
    name: "endpoints",
    one: "endpoint",
    summary: "endpoints of models on dedicated AI clusters",
    id: "ocid1.generativeaiendpoint.oc1..a",
    columns: keptColumns<Endpoint>([
      ["MODEL", ({ modelId }) => modelId],
      ["CLUSTER", ({ dedicatedAiClusterId }) => dedicatedAiClusterId],
    ]),
  },
  (genai) => genai.endpoints,
);

const clusters = controlled<DedicatedAiCluster, DedicatedAiCluster, DedicatedAiClusterState>(
  {
    name: "clusters",
    one: "cluster",
    summary: "dedicated AI clusters",
    id: "ocid1.generativeaidedicatedaicluster.oc1..a",
    states: ["NEEDS_ATTENTION"],
    columns: keptColumns<DedicatedAiCluster>([
      ["TYPE", ({ type }) => type],
      ["UNITS", ({ unitCount, unitShape }) => `${unitCount} ${unitShape}`],
    ]),
  },
  (genai) => genai.dedicatedAiClusters,
);

export const groups: readonly Group[] = [groupOf(semanticStores), groupOf(endpoints), groupOf(clusters)];
