import { fastifySwagger } from '@fastify/swagger'
import { fastifySwaggerUi } from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import type { Services } from '../../../ports/workload.ts'
import { createApp } from './app.ts'
import { allowOrigins } from './cors.ts'
import { addHealthRoutes, type HealthServices } from './health.ts'
import { measureRequests, type MetricsPlace } from './metrics.ts'
import { pagePolicy } from './request-head.ts'

/** One attribute of a picture that takes no room; Chromium names its hash. */
const styleOfSprites = "'unsafe-hashes' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/** The body of every error, as `ErrorBody` has it, for the description of an API. */
export const ErrorSchema = z
  .object({
    error: z.string().describe('a word that programs can rely on'),
    message: z.string(),
    issues: z.array(z.object({ field: z.string(), reason: z.string() })).exactOptional(),
  })
  .meta({ title: 'Error' })

export interface Api {
  readonly app: FastifyInstance
  readonly registry: Registry
}

/** How an API describes itself, the largest body that it takes, in bytes, and whether pages elsewhere may send cookies. */
export interface ApiDescription {
  readonly title: string
  readonly description: string
  readonly bodyLimit?: number
  readonly takesCredentials?: boolean
}

/** Makes an API with its metrics, its description under `/docs`, `/healthz` and `/readyz`. */
export async function createApi(
  services: MetricsPlace & HealthServices & Pick<Services, 'cors'>,
  { title, description, takesCredentials = false, ...limits }: ApiDescription,
): Promise<Api> {
  const app = createApp({ ...services, ...limits })
  allowOrigins(app, services.cors, takesCredentials)
  const registry = measureRequests(app, services)
  await addDocs(app, title, description)
  addHealthRoutes(app, services)
  return { app, registry }
}

/** Sends bytes that are JSON already: fastify does not serialise a Buffer again. */
export function sendJson(reply: FastifyReply, bytes: Buffer): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(bytes)
}

/** Describes the routes that are added from here on as OpenAPI, and shows that under `/docs`. */
async function addDocs(app: FastifyInstance, title: string, description: string): Promise<void> {
  await app.register(fastifySwagger, { openapi: { info: { title, version: '1', description } } })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: pagePolicy.replace("style-src 'self'", `style-src 'self' ${styleOfSprites}`),
    // Else a service elsewhere would be asked for a picture.
    uiConfig: { validatorUrl: null },
  })
}
