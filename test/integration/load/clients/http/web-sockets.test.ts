import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import {
  createServer as createNetServer,
  type AddressInfo,
  type Server as NetServer,
  type Socket as NetSocket,
} from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createGenerator, type GeneratorInterval } from '../../../../../src/lib/load/engine/generator.ts'
import { createSocketOpener, type SocketOpener } from '../../../../../src/lib/load/clients/http/web-sockets.ts'
import type { Socket } from '../../../../../src/lib/ports/scenario.ts'
import { realClock } from '../../../../../src/lib/base/measure/clock.ts'
import { mergeCounts, percentileMs } from '../../../../../src/lib/base/measure/histogram.ts'
import { createCertificate } from '../../../../support/certificate.ts'
import { tryPort } from '../../../../support/free-ports.ts'
import { createMemoryLedger } from '../../../../support/ledgers.ts'
import { defineScenario } from '../../../../../src/lib/load/scenarios/define-scenario.ts'
import type { StepMetrics } from '../../../../../src/lib/load/metrics/interval-metrics.ts'

let server: Server
let opener: SocketOpener
let peers: Duplex[]
let heard: string[]
let asked: string[]

/** What RFC 6455 adds to the key. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const request = { path: '/chat', protocol: 'test', hello: 'hello', isReady: (text: string) => text === 'ready' }
const anything = () => true

const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

/** A short text in one frame, as a server sends it. */
function frameOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, Buffer.byteLength(text)]), Buffer.from(text)])
}

/** With which a server says that it closes, and why. */
function closeFrame(code: number, reason: string): Buffer {
  return Buffer.concat([Buffer.from([0x88, 2 + reason.length, code >> 8, code & 0xff]), Buffer.from(reason)])
}

/** Of a short one, which a client has masked. */
function textOf(frame: Buffer): string {
  const length = frame[1]! & 0x7f
  const mask = frame.subarray(2, 6)
  return Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]!)).toString()
}

beforeEach(async () => {
  peers = []
  heard = []
  asked = []
  server = createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', ({ headers, url }, socket: NetSocket) => {
    asked.push(`${url} ${headers.authorization} ${headers['sec-websocket-protocol']}`)
    if (url === '/') {
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
      return
    }
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${guid}`).digest('base64')
    const head = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: test`
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head}\r\n\r\n`)
    if (url === '/ready' || url === '/echo' || url === '/api/') socket.write(frameOf('ready'))
    socket.on('error', () => {})
    socket.on('data', (frame: Buffer) => {
      heard.push(textOf(frame))
      if (url === '/echo') socket.write(frameOf(textOf(frame)))
    })
    peers.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opener = createSocketOpener([origin()], 20_000)
})

afterEach(async () => {
  await opener.close()
  for (const peer of peers) peer.destroy()
  server.closeAllConnections()
  server.close()
})

/** One that is ready, and the server's end of it. */
async function open() {
  const opening = opener.open(request)
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['hello'])
  const peer = peers[0]!
  peer.write(Buffer.concat([frameOf('welcome'), frameOf('ready')]))
  return { peer, socket: (await opening).socket! }
}

it('says hello, waits until the server is ready, and gives what comes in order, once', async () => {
  const { peer, socket } = await open()
  expect(socket.isOpen).toBe(true)
  peer.write(Buffer.concat([frameOf('one'), frameOf('two'), frameOf('three')]))
  const seen: string[] = []
  const two = await socket.next((text) => seen.push(text) > 0 && text === 'two')
  expect([two.text, two.reason, seen]).toEqual(['two', null, ['one', 'two']])
  expect((await socket.next(anything)).text).toBe('three')
  socket.send('thanks')
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['hello', 'thanks'])
})

it('gives what came before the server went away, and then says that it did', async () => {
  const { peer, socket } = await open()
  peer.write(frameOf('last'))
  peer.end()
  expect((await socket.next((text) => text === 'last')).text).toBe('last')
  expect((await socket.next(anything)).reason).toBe('connection closed')
  expect(socket.isOpen).toBe(false)
  socket.send('nobody hears it')
})

/** Why `peer` opens none. */
async function refusalOf(peer: Server | NetServer, scheme = 'http'): Promise<string | null> {
  peer.listen(0, '127.0.0.1')
  await once(peer, 'listening')
  const { port } = peer.address() as AddressInfo
  const other = createSocketOpener([`${scheme}://127.0.0.1:${port}`], 20_000)
  const { socket, reason } = await other.open(request)
  expect(socket).toBeNull()
  await other.close()
  peer.close()
  return reason
}

it('says why none is opened', async () => {
  expect(await opener.open({ ...request, path: '/' })).toEqual({ socket: null, reason: 'upgrade refused: status 404' })
  const port = await tryPort(0)
  const reasonAt = async (place: string) => (await createSocketOpener([place], 20_000).open(request)).reason
  expect(await reasonAt(`http://127.0.0.1:${port}`)).toBe('connection refused')
  expect(await reasonAt('http://127.0.0.1:1')).toBe(
    'no upgrade asked for: a port that browsers and undici do not connect to',
  )
  const answering = (text: string) => createNetServer((socket) => socket.once('data', () => socket.end(text)))
  const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  const noWebSocket = 'upgrade refused: the answer is not that of a WebSocket'
  expect(await refusalOf(answering(`${upgrade}\r\n`))).toBe(noWebSocket)
  expect(await refusalOf(answering(`${upgrade}Sec-WebSocket-Protocol: test\r\nSec-WebSocket-Accept: x\r\n\r\n`))).toBe(
    noWebSocket,
  )
  expect(await refusalOf(answering('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'))).toBe(
    'upgrade refused: status 503',
  )
  expect(await refusalOf(answering(''))).toBe('connection closed')
  expect(await refusalOf(answering('no HTTP\r\n\r\n'))).toMatch(/^invalid answer: /)
  expect(await refusalOf(createNetServer((socket) => socket.resetAndDestroy()))).toBe('connection reset')
  expect(await refusalOf(createHttpsServer(createCertificate()), 'https')).toBe(
    'certificate refused: DEPTH_ZERO_SELF_SIGNED_CERT',
  )
  expect(await refusalOf(createServer(), 'https')).toMatch(/^TLS failed: /)
})

it.each<[string, (peer: NetSocket) => unknown]>([
  ['closed by the server: 1011 too busy', (peer) => peer.end(closeFrame(1011, 'too busy'))],
  ['closed by the server: 1001', (peer) => peer.end(closeFrame(1001, ''))],
  ['closed by the server', (peer) => peer.end(Buffer.from([0x88, 0]))],
  ['connection closed', (peer) => peer.end()],
  ['connection reset', (peer) => peer.resetAndDestroy()],
  ['invalid answer: no frame of a WebSocket', (peer) => peer.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))],
])('says that an open one ended: %s', async (reason, end) => {
  const { peer, socket } = await open()
  end(peer as NetSocket)
  expect((await socket.next(anything)).reason).toBe(reason)
})

it('does not wait for ever, neither for a server that is not ready nor for a text', async () => {
  const impatient = createSocketOpener([`http://127.0.0.1:${(server.address() as AddressInfo).port}`], 1000)
  expect(await impatient.open(request)).toEqual({ socket: null, reason: 'timeout' })
  const { socket } = await impatient.open({ ...request, path: '/ready' })
  expect(await socket!.next(anything)).toMatchObject({ text: null, reason: 'timeout' })
  expect(socket!.isOpen).toBe(true)
  await impatient.close()
})

it('ends all of them at the end of the run, and opens no more', async () => {
  const { socket } = await open()
  const waiting = socket.next(anything)
  await opener.close()
  expect(await waiting).toMatchObject({ text: null, reason: 'cut off at the end of the run' })
  expect(await opener.open(request)).toEqual({ socket: null, reason: 'cut off at the end of the run' })
})

it('opens them below the path of the target, with its user and password', async () => {
  const port = (server.address() as AddressInfo).port
  const other = createSocketOpener([`http://user:pw@127.0.0.1:${port}/api`], 20_000)
  expect((await other.open({ ...request, path: '/' })).reason).toBeNull()
  expect(asked).toEqual([`/api/ Basic ${Buffer.from('user:pw').toString('base64')} test`])
  await other.close()
})

it('refuses what is no path and what is no text: both are mistakes of the scenario', async () => {
  await expect(opener.open({ ...request, path: 'chat' })).rejects.toThrow('path cannot be "chat"')
  const { socket } = await open()
  expect(() => socket.send({ a: 1 } as never)).toThrow('what a socket sends cannot be an object. Allowed: a text')
})

it('breaks off what the server does not close, while the run lasts and at its end', async () => {
  const { peer, socket } = await open()
  const closed = once(peer, 'end')
  socket.close()
  await closed
  heard = []
  peers = []
  const second = await open()
  const begun = performance.now()
  const gone = once(second.peer, 'end')
  await opener.close()
  await gone
  expect(performance.now() - begun).toBeLessThan(5000)
})

it('does not wait for a server that never says whether it speaks WebSocket', async () => {
  const silent = createNetServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const impatient = createSocketOpener([`http://127.0.0.1:${(silent.address() as AddressInfo).port}`], 500)
  const [connection] = await Promise.all([
    once(silent, 'connection') as Promise<[NetSocket]>,
    impatient.open(request).then((opened) => expect(opened).toEqual({ socket: null, reason: 'timeout' })),
  ])
  if (!connection[0].destroyed) await once(connection[0].resume(), 'close')
  silent.close()
})

it('drops the oldest of what nobody receives, and says so to whoever waits for it', async () => {
  let dropped = 0
  const impatient = createSocketOpener([origin()], 1000, realClock, () => dropped++)
  const { socket } = await impatient.open({ ...request, path: '/ready' })
  const peer = peers.at(-1) as NetSocket
  // 100,000 texts take 10 MB with what each costs, and a socket keeps 4 MiB.
  peer.write(Buffer.concat(Array.from({ length: 100_000 }, (_, index) => frameOf(String(index)))))
  peer.write(frameOf('last'))
  await new Promise((done) => setTimeout(done, 1500))
  const seen: string[] = []
  expect((await socket!.next((text) => seen.push(text) > 0 && text === 'last')).text).toBe('last')
  expect(seen.length).toBeGreaterThan(30_000)
  expect(seen.length).toBeLessThan(50_000)
  expect(seen.length + dropped).toBe(100_001)
  expect((await socket!.next(anything)).reason).toBe('timeout, after texts that nobody received were dropped')
  await impatient.close()
})

it('measures the echo of a kept socket from when its text was sent, however long ago the last request was', async () => {
  const chat = defineScenario({
    name: 'chat',
    prepare: () => ({ socket: null as Socket | null, texts: 0 }),
    async run(user, state) {
      state.socket ??= await user.connect({ step: 'open', ...request, path: '/echo' })
      await user.think(250)
      const text = `text ${state.texts++}`
      state.socket?.send(text)
      await user.receive(state.socket!, { step: 'echo', accept: (given) => given === text })
    },
  })
  const task = {
    origins: [origin()],
    timeout: 5000,
    model: {
      kind: 'closed',
      stages: [
        { durationMs: 0, users: 2 },
        { durationMs: 1500, users: 2 },
      ],
    },
    shard: { index: 0, of: 1 },
    seed: 'test',
    runId: 'test',
    statuses: { bookedStatuses: [], conflictStatuses: [] },
  } as const
  const echoes: StepMetrics[] = []
  const keep = ({ recorded }: GeneratorInterval) =>
    void echoes.push(...recorded.steps.filter(({ name }) => name === 'echo'))
  const hooks = {
    ledger: createMemoryLedger(),
    signal: new AbortController().signal,
    onSecond: keep,
    onMistake(error: Error) {
      throw error
    },
  }
  const generator = createGenerator(task, hooks, { scenarios: [chat], clock: realClock })
  await generator.prepare()
  const { last } = await generator.run()
  await generator.close()
  keep(last!)
  const times = mergeCounts(echoes.map(({ response }) => response))
  expect(times.totalCount).toBeGreaterThan(4)
  // Measured from the connection they would be 250, 500, 750 ms and so on.
  expect(percentileMs(times, 50)).toBeLessThan(125)
})
