// Files as resources: upload, list, retrieve, content, delete.
import type { Route } from "../http/route.ts";

export const fileRoutes: readonly Route[] = [];
