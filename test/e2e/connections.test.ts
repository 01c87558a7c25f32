import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { createCertificate } from '../support/certificate.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

/** The exit code where the machine is too busy for the generator to keep up, which says nothing here. */
const notValid = 5

/** A scenario of GETs with so much think time. */
const asking = (thinkMs: number): string => `export default { name: 'a', async run(user) {
  await user.request({ step: 'get', method: 'GET', path: '/' })
  ${thinkMs > 0 ? `await user.think(${thinkMs})` : ''}
} }`

describe('load, whatever becomes of its connections', () => {
  let work: CliSandbox
  const servers: Server[] = []

  beforeAll(async () => void (work = await createSandbox()))
  afterAll(async () => {
    for (const server of servers) server.close()
    await work[Symbol.asyncDispose]()
  })

  async function listen(server: Server): Promise<number> {
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  async function load(thinkMs: number, args: readonly string[], env: Record<string, string> = {}) {
    await writeFile(join(work.folder, 'asking.mjs'), asking(thinkMs))
    const { code, stdout, stderr } = await work.run(['load', '--scenario', 'asking.mjs', '--json', ...args], env)
    return { code, ...(JSON.parse(stdout) as LoadReport), stderr }
  }

  it('sends requests again that a server never read, and says how many', async () => {
    // It closes a connection just as the second request comes in, and says nothing of it before.
    const port = await listen(
      createServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => {
          socket.write(answer)
          socket.once('data', () => socket.destroy())
        })
      }),
    )
    const { code, load: made } = await load(200, [`--target=http://127.0.0.1:${port}`, '--users=50', '--duration=3s'])
    expect([0, notValid]).toContain(code)
    expect(made.failureReasons).toEqual({})
    expect(made.reconnected).toBeGreaterThan(0)
  })

  it('counts what had no file descriptor, and ends in time', async () => {
    const port = await listen(createHttpServer((_request, response) => response.end('ok')))
    const { code, load: made } = await load(
      0,
      [`--target=http://127.0.0.1:${port}`, '--users=100', '--duration=2s', '--threshold=failures<100%'],
      { RUSHBENCH_TEST_HOST: 'prlimit --nofile=70:70' },
    )
    expect([0, notValid]).toContain(code)
    expect(made.seconds).toBeLessThan(4)
    expect(Object.keys(made.failureReasons)).toEqual(['too many open files'])
    // Those without a descriptor try ten times a second.
    expect(made.failures).toBeLessThanOrEqual(100 * 10 * Math.ceil(made.seconds + 1))
    expect(made.requests).toBeGreaterThan(made.failures)
  })

  it('is no busier than ten tries a second and user where nobody listens any more', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => {
        // The load begins: after the look whether the target is there, nothing is.
        socket.end(answer.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
        server.close()
      })
    })
    const port = await listen(server)
    const { load: made } = await load(0, [`--target=http://127.0.0.1:${port}`, '--users=20', '--duration=2s'])
    expect(Object.keys(made.failureReasons)).toEqual(['connection refused'])
    expect(made.failures).toBeGreaterThan(20)
    expect(made.failures).toBeLessThanOrEqual(20 * 21)
  })

  it('trusts the certificates that NODE_EXTRA_CA_CERTS names, and keeps its TLS connections', async () => {
    const certificate = createCertificate()
    const file = join(work.folder, 'cert.pem')
    await writeFile(file, certificate.cert)
    const server = createHttpsServer(certificate, (_request, response) => response.end('ok'))
    let handshakes = 0
    server.on('secureConnection', () => handshakes++)
    const target = `--target=https://127.0.0.1:${await listen(server)}`
    const args = [target, '--users=10', '--duration=2s', '--threads=2']
    const { code, load: made } = await load(100, args, { NODE_EXTRA_CA_CERTS: file })
    expect([0, notValid]).toContain(code)
    expect(made.failureReasons).toEqual({})
    expect(made.requests).toBeGreaterThan(100)
    // One of them looked whether the target is there.
    expect(handshakes).toBeLessThanOrEqual(11)
    const { code: refused, stderr } = await work.run(['load', '--scenario', 'asking.mjs', ...args])
    expect(refused).not.toBe(0)
    expect(stderr).toContain('certificate refused: DEPTH_ZERO_SELF_SIGNED_CERT')
  })
})
