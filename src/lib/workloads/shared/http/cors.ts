import { fastifyCors } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** How long a browser may keep that it may ask, s; none keeps it for longer. */
const maxAgeSeconds = 3600

/**
 * Lets pages of other origins use an API: of those named, or of every one (`*`). None may send cookies, which no API of ours
 * reads. To be called before there are routes; without origins it does nothing, and browsers keep other pages out.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[] | undefined): void {
  if (origins === undefined) return
  void app.register(fastifyCors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['retry-after'],
    maxAge: maxAgeSeconds,
  })
}
