import type { FastifyInstance, FastifyReply } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { mediaTypeOf } from '../../shared/http/request-head.ts'
import { chunkBytes, type OwnerKind, type UploadHeader, type UploadPart } from '../image/contract.ts'
import { RpcError, type RpcCode } from '../rpc/errors.ts'
import type { Clients } from '../services.ts'
import { createContext, type VerifyToken } from './context.ts'
import { findImage, readImageOwner, requireMember } from './image-resolvers.ts'

/** The HTTP status of each code that a service refuses with. */
const statuses: Readonly<Record<RpcCode, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  taken: 409,
  'too-many': 429,
  full: 413,
  'wrong-state': 409,
  unavailable: 503,
  internal: 500,
}

/**
 * Takes images of posts, users and messages as they are, `POST /images?post=ID`, from their owners, and gives them,
 * `GET /images/ID`: those of messages to members of the room. They are passed on as they come: none is ever whole in this process.
 */
export async function addImageRoutes(
  app: FastifyInstance,
  clients: Clients,
  verify: VerifyToken,
  onError: (error: Error) => void,
): Promise<void> {
  const refuse = (reply: FastifyReply, error: unknown) => {
    const code = error instanceof RpcError ? error.code : 'internal'
    if (!(error instanceof RpcError)) onError(error as Error)
    const message = code === 'internal' ? 'It could not be carried out' : (error as Error).message
    return reply.code(statuses[code]).send({ error: code, message })
  }

  const contextOf = (authorization: string | undefined) => createContext(clients, verify, authorization, false, '')

  await app.register(async (images) => {
    images.removeAllContentTypeParsers()
    images.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

    images.post<{ Querystring: Partial<Record<OwnerKind, string>>; Body: Readable | undefined }>(
      '/images',
      { schema: { hide: true } },
      async ({ query, headers, body, raw }, reply) => {
        try {
          const owner = await readImageOwner(query, contextOf(headers.authorization))
          const contentType = mediaTypeOf(headers['content-type'] ?? '')
          const service = await clients.get('ImageService')
          const { id, bytes } = await service.upload(partsOf({ ...owner, contentType }, body ?? Readable.from([]), raw))
          return await reply.code(201).send({ id, bytes, path: `/images/${id}` })
        } catch (error) {
          return refuse(reply, error)
        }
      },
    )

    images.get<{ Params: { id: string } }>('/images/:id', { schema: { hide: true } }, async (request, reply) => {
      const { params, headers } = request
      const left = new AbortController()
      reply.raw.once('close', () => left.abort())
      try {
        const context = contextOf(headers.authorization)
        const { roomId } = await findImage(params.id, context)
        if (roomId !== '') await requireMember(roomId, context)
        const service = await clients.get('ImageService')
        const chunks = service.download(params, left.signal)[Symbol.asyncIterator]()
        const first = await chunks.next()
        if (first.done) throw new RpcError('not-found', 'There is no such image')
        // Whatever it is, no browser runs it.
        void reply.type('application/octet-stream')
        return await reply.send(Readable.from(bytesOf(first.value.chunk, chunks), { objectMode: false }))
      } catch (error) {
        return refuse(reply, error)
      }
    })
  })
}

/**
 * Ends only where the request does, as its length or its last chunk says. Throws `invalid` where it breaks off. What is left
 * of one that is refused half-way is read nonetheless: else the next request on its connection would never be.
 */
async function* partsOf(header: UploadHeader, body: Readable, request: IncomingMessage): AsyncGenerator<UploadPart> {
  yield { header }
  let length = 0
  try {
    for await (const bytes of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += bytes.length
      for (let at = 0; at < bytes.length; at += chunkBytes) yield { chunk: bytes.subarray(at, at + chunkBytes) }
    }
  } catch (error) {
    throw new RpcError('invalid', 'The upload broke off', error)
  } finally {
    body.resume()
  }
  if (!request.complete) throw new RpcError('invalid', 'The upload broke off')
  yield { end: { bytes: length } }
}

async function* bytesOf(first: Buffer, rest: AsyncIterator<{ readonly chunk: Buffer }>): AsyncGenerator<Buffer> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value.chunk
}
