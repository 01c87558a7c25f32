import type { Settings } from '../../config/settings.ts'

/** What `rushbench start` is told through its environment, so that another process of it serves the same. */
export function serveEnvironment(values: Settings): Readonly<Record<string, string>> {
  return {
    RUSHBENCH_WORKLOAD: values.workload,
    RUSHBENCH_DB: values.db,
    RUSHBENCH_DB_POOL: String(values.dbPool),
    RUSHBENCH_CACHE: values.cache,
    RUSHBENCH_CACHE_TTL: `${values.cacheTtl}ms`,
    RUSHBENCH_BROKER: values.broker,
    RUSHBENCH_IMAGES: values.images,
    RUSHBENCH_SERVICE: values.service,
    RUSHBENCH_SERVICE_PORT: String(values.servicePort),
    RUSHBENCH_SHUTDOWN_TIMEOUT: `${values.shutdownTimeout}ms`,
    ...(values.metricsToken === undefined ? {} : { RUSHBENCH_METRICS_TOKEN: values.metricsToken }),
    ...(values.serviceSecret === undefined ? {} : { RUSHBENCH_SERVICE_SECRET: values.serviceSecret }),
    ...(values.locations === undefined ? {} : { RUSHBENCH_LOCATIONS: values.locations }),
  }
}
