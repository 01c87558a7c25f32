import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUndiciClient } from '../../../dev/bench/load/undici-client.ts'
import { createSocketClient } from '../../../src/lib/load/clients/http/socket-client.ts'
import type { HttpResponse, HttpClient } from '../../../src/lib/ports/http-client.ts'
import { badResponses, goodResponses, type ResponseSample } from '../../support/http/http-responses.ts'

/** How the server answers. */
interface Delivery {
  readonly method?: 'HEAD' | undefined
  /** Written one by one. */
  readonly pieces: readonly Buffer[]
  /** Close the connection after them. */
  readonly closes: boolean
}

const timeoutMs = 10_000
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')
const singly = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))

let server: Server
let sockets: HttpClient
let undici: HttpClient
let delivery: Delivery
const open = new Set<Socket>()

async function deliver(socket: Socket, { pieces, closes }: Delivery): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece)
    if (pieces.length > 1) await nextTurn()
  }
  if (closes) socket.end()
}

beforeAll(async () => {
  server = createServer({ noDelay: true }, (socket) => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    // No request of these has a body, and each waits for the answer to the one before.
    socket.on('data', () => void deliver(socket, delivery))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  sockets = createSocketClient(origin, timeoutMs)
  undici = createUndiciClient(origin, timeoutMs)
})

afterAll(async () => {
  await Promise.all([sockets.close(), undici.close()])
  for (const socket of open) socket.destroy()
  server.close()
})

async function ask(given: Delivery): Promise<{ readonly ours: HttpResponse; readonly theirs: HttpResponse }> {
  delivery = given
  const request = { method: given.method ?? 'GET', path: '/', wantBody: true } as const
  return { ours: await sockets.request(request), theirs: await undici.request(request) }
}

/** What came of it, without words for failures: undici calls some invalid that were cut off. */
function seen({ status, bytes, body, reason, maybeExecuted }: HttpResponse) {
  return reason === null ? { status, bytes, body, maybeExecuted } : { failed: true, maybeExecuted }
}

const agreed = goodResponses.filter(({ refusedByUndici }) => !refusedByUndici)
const onlyOurs = goodResponses.filter(({ refusedByUndici }) => refusedByUndici)

/** The sample, whole and byte by byte. */
function deliveriesOf({ text, method, keepsOpen }: ResponseSample): Delivery[] {
  const bytes = bytesOf(text)
  return [[bytes], singly(bytes)].map((pieces) => ({ method, pieces, closes: !keepsOpen }))
}

describe('both clients make the same of', () => {
  it.each(agreed)('$name, whole and byte by byte', async (sample) => {
    for (const given of deliveriesOf(sample)) {
      const { ours, theirs } = await ask(given)
      expect(ours).toEqual(theirs)
      expect(ours).toMatchObject({ status: sample.status, body: bytesOf(sample.body) })
    }
  })

  it.each(agreed)('$name, cut off anywhere', async ({ text, method }) => {
    const bytes = bytesOf(text)
    for (let end = 0; end < bytes.length; end++) {
      const { ours, theirs } = await ask({ method, pieces: [bytes.subarray(0, end)], closes: true })
      expect(seen(ours), `${end} bytes`).toEqual(seen(theirs))
      expect([null, 'connection closed']).toContain(ours.reason)
    }
  })
})

describe('ours takes', () => {
  it.each(onlyOurs)('$name, which undici refuses', async (sample) => {
    for (const given of deliveriesOf(sample)) {
      const { ours, theirs } = await ask(given)
      expect(ours).toMatchObject({ status: sample.status, body: bytesOf(sample.body), reason: null })
      expect(theirs.reason).not.toBeNull()
    }
  })
})

describe('ours refuses', () => {
  it.each(badResponses)('$name', async ({ text, parseError }) => {
    delivery = { pieces: [bytesOf(text)], closes: true }
    const { reason } = await sockets.request({ method: 'GET', path: '/', wantBody: true })
    expect(reason).toBe(`invalid answer: ${parseError}`)
  })
})

describe('of a damaged answer', () => {
  const damaged = fc
    .tuple(
      fc.constantFrom(...agreed, ...badResponses),
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...bytesOf('\r\n\0 :0')), fc.nat(255))), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.nat(),
    )
    .map(([{ text }, changes, at]) => {
      const bytes = bytesOf(text)
      for (const [position, byte] of changes) bytes[position % bytes.length] = byte
      return [bytes.subarray(0, at % bytes.length), bytes.subarray(at % bytes.length)]
    })

  it('ours makes what undici makes, or refuses it', async () => {
    await fc.assert(
      fc.asyncProperty(damaged, async (pieces) => {
        // undici takes no 100 that it did not ask for; a client must (RFC 9110, 15.2).
        fc.pre(!Buffer.concat(pieces).includes('HTTP/1.1 100'))
        const { ours, theirs } = await ask({ pieces, closes: true })
        // A length said twice, which undici refuses.
        fc.pre(!/content-length/i.test(theirs.reason ?? ''))
        if (ours.reason === null) expect(ours).toEqual(theirs)
        else expect(ours.reason).toMatch(/^invalid answer: |^connection closed$/)
      }),
      { numRuns: 300 },
    )
  })
})
