import type { FastifyReply } from 'fastify'
import Negotiator from 'negotiator'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { readThrough } from '../../../adapters/cache/cache.ts'
import type { Cache } from '../../../ports/cache.ts'

/** How the bytes of a response are sent; `identity` as they are. */
export type Encoding = 'br' | 'gzip' | 'identity'

/** The shortest first. */
const encodings: readonly Encoding[] = ['br', 'gzip', 'identity']

/** `@types/negotiator` does not know the order of the server yet. */
type Chooser = Negotiator & {
  encoding(available: readonly Encoding[], options: { readonly preferred: readonly Encoding[] }): Encoding | undefined
}

/**
 * The encoding that an `Accept-Encoding` header asks for: the one with the highest q-value, of equals the shortest. Without a
 * header, or where it refuses all, the bytes go as they are.
 */
export function encodingFor(header: string | undefined): Encoding {
  if (header === undefined) return 'identity'
  const chooser = new Negotiator({ headers: { 'accept-encoding': header } }) as Chooser
  return chooser.encoding(encodings, { preferred: encodings }) ?? 'identity'
}

/** The default (11) takes a second for a month of slots, fifty times as long as this, and saves a fifth of the bytes. */
const brotliQuality = 5

const gzip = promisify(zlib.gzip)
const brotli = promisify(zlib.brotliCompress)

/** Compresses bytes, outside of the event loop. */
export async function encode(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'identity') return bytes
  if (encoding === 'gzip') return gzip(bytes)
  const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: size } = zlib.constants
  return brotli(bytes, { params: { [quality]: brotliQuality, [size]: bytes.length } })
}

/** Sends JSON in an encoding. Caches on the way learn that others may get it in another. */
export function sendEncoded(reply: FastifyReply, bytes: Buffer, encoding: Encoding): FastifyReply {
  // Another origin may have been named there, for CORS.
  const vary = [reply.getHeader('vary') ?? [], 'accept-encoding'].flat().join(', ')
  void reply.headers({ 'content-type': 'application/json; charset=utf-8', vary })
  if (encoding !== 'identity') void reply.header('content-encoding', encoding)
  return reply.send(bytes)
}

/** Reads bytes in an encoding; `load` reads the plain ones where the cache has none. */
export type ReadEncoded = (key: string, encoding: Encoding, load: () => Promise<Buffer>) => Promise<Buffer>

/** When the plain bytes were read, ms since 1970, stands before what is cached. */
const stampBytes = 8

/**
 * Reads through `cache`, at most `ttlMs` old, and keeps each encoding beside the plain bytes, so that a body is compressed
 * once however many ask for it. What is compressed is as old as what it is made of, not as its compression.
 */
export function readEncodedThrough(cache: Cache, ttlMs: number): ReadEncoded {
  const through = readThrough(cache, (bytes) => Math.max(1, bytes.readDoubleLE(0) + ttlMs - Date.now()))
  return async (key, encoding, load) => {
    const loadPlain = async () => stamped(Date.now(), await load())
    const readPlain = () => through(`${key}:identity`, loadPlain)
    const readEncoded = async () => {
      const plain = await readPlain()
      return stamped(plain.readDoubleLE(0), await encode(plain.subarray(stampBytes), encoding))
    }
    const bytes = encoding === 'identity' ? await readPlain() : await through(`${key}:${encoding}`, readEncoded)
    return bytes.subarray(stampBytes)
  }
}

function stamped(time: number, bytes: Buffer): Buffer {
  const stamp = Buffer.alloc(stampBytes)
  stamp.writeDoubleLE(time)
  return Buffer.concat([stamp, bytes])
}
