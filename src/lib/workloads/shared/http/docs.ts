import { fastifySwagger } from '@fastify/swagger'
import { fastifySwaggerUi } from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { pagePolicy } from './safe-headers.ts'

/** One attribute of a picture that takes no room; Chromium names its hash. */
const styleOfSprites = "'unsafe-hashes' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/** Describes the routes that are added from here on as OpenAPI, and shows that under `/docs`. */
export async function addDocs(app: FastifyInstance, title: string, description: string): Promise<void> {
  await app.register(fastifySwagger, { openapi: { info: { title, version: '1', description } } })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: pagePolicy.replace("style-src 'self'", `style-src 'self' ${styleOfSprites}`),
    // Else a service elsewhere would be asked for a picture.
    uiConfig: { validatorUrl: null },
  })
}
