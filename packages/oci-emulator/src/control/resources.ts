// What the control plane keeps: projects, API keys, semantic stores, connectors, endpoints, clusters, work requests.

export class ControlPlane {
  clear(): void {}
}
