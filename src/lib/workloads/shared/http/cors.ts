import { fastifyCors } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** How long a browser may keep that it may ask, s; none keeps it for longer. */
const maxAgeSeconds = 3600

/**
 * Lets pages of other origins use an API: of those named, or of every one (`*`). Cookies, which no API of ours reads, may be
 * sent by pages of a named origin where `takesCredentials`: a browser refuses the response to a page that sends them unasked.
 * To be called before there are routes; without origins it does nothing, and browsers keep other pages out.
 */
export function allowOrigins(
  app: FastifyInstance,
  origins: readonly string[] | undefined,
  takesCredentials = false,
): void {
  if (origins === undefined) return
  const isOpen = origins.includes('*')
  void app.register(fastifyCors, {
    origin: isOpen ? '*' : [...origins],
    credentials: takesCredentials && !isOpen,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['retry-after'],
    maxAge: maxAgeSeconds,
  })
}
