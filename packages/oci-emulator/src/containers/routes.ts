// Containers as resources, and the files in them.
import type { Route } from "../http/route.ts";

export const containerRoutes: readonly Route[] = [];
