// The control plane's resources, each with its paths.
import type { Route } from "../http/route.ts";
import { modelRoutes } from "./models.ts";

export const controlPlaneRoutes: readonly Route[] = [...modelRoutes];
