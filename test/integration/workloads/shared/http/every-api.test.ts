import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveConfig } from '../../../../../src/lib/config/resolve.ts'
import type { Settings } from '../../../../../src/lib/config/settings.ts'
import { migrateUp } from '../../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../../src/lib/adapters/databases/registry.ts'
import { createApp } from '../../../../../src/lib/workloads/shared/http/app.ts'
import { listen } from '../../../../../src/lib/workloads/shared/http/listen.ts'
import { measureRequests } from '../../../../../src/lib/workloads/shared/http/metrics.ts'
import { loadWorkload } from '../../../../../src/lib/workloads/registry.ts'
import { apiNames } from '../../../../support/workloads.ts'
import type { Services, RunningServer } from '../../../../../src/lib/ports/workload.ts'
import { createServices } from '../../../../../src/lib/app/services.ts'
import { askRaw, openRaw } from '../../../../support/http/raw-client.ts'
import { requireApi } from '../../../../../src/lib/app/server/serve.ts'

const token = 'a-token-of-this-test'
const page = 'https://app.example.com'

/** Where each takes a body, and the most bytes that it may have. */
const bodies: Readonly<Record<string, readonly [path: string, bytes: number]>> = {
  vaccination: ['/reservations', 3 * 1024 * 1024],
  stations: ['/booking', 16 * 1024],
  tickets: ['/ticket', 64 * 1024],
}

/** Before the part of a path that is a parameter. */
const longPart: Readonly<Record<string, string>> = {
  vaccination: '/schedules/id',
  stations: '/stations',
  orders: '/orders',
  tickets: '/orders',
}

describe.each(apiNames)('the API of %s', (name) => {
  let folder: string
  let stack: AsyncDisposableStack
  let server: RunningServer
  let guarded: RunningServer
  const errors: Error[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-apis-'))
    stack = new AsyncDisposableStack()
    const place = (file: string) => join(folder, file)
    const flags = {
      db: `sqlite:${place('test.db')}`,
      broker: `sqlite:${place('broker.db')}`,
      images: `disk:${place('images')}`,
    }
    const { values } = await resolveConfig({ flags, env: {}, cwd: folder })
    const workload = await loadWorkload(name)
    const { serve } = requireApi(workload)
    const database = stack.use(await connectDatabase(values.db, { poolSize: 2 }))
    await migrateUp(database, workload.name, workload.tables)
    const onError = (error: Error) => void errors.push(error)
    const start = async (options: Partial<Services>, settings: Settings = values): Promise<RunningServer> => {
      const services = stack.use(createServices(settings))
      const started = await serve(
        { ...services, database, host: '127.0.0.1', port: 0, onError, shutdownTimeout: 500, ...options },
        settings,
      )
      stack.defer(() => started.close())
      return started
    }
    server = await start({})
    guarded = await start({ metricsPort: 0, metricsToken: token, cors: [page] })
  })

  afterAll(async () => {
    await stack.disposeAsync()
    await rm(folder, { recursive: true, force: true })
  })

  it.each([
    ['no HTTP', 'HELLO\r\n\r\n', 400, 'bad-request'],
    ['a method that there is not', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad-request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      400,
      'bad-request',
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'bad-request'],
    ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n', 400, 'bad-request'],
    [
      'a transfer encoding',
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      501,
      'not-implemented',
    ],
    [
      'a content encoding',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx',
      415,
      'unsupported-media-type',
    ],
    ['a path that is no text', 'GET /%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400, 'bad-request'],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n', 417, 'expectation-failed'],
    [
      'a path of which a part is too long',
      `GET ${longPart[name] ?? '/x'}/${'x'.repeat(300)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      name in longPart ? 414 : 404,
      name in longPart ? 'uri-too-long' : 'no-such-path',
    ],
    ['an unknown path', 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404, 'no-such-path'],
  ])('answers %s in the one shape of errors', async (_what, text, status, error) => {
    const answer = await askRaw(server.origin, text)
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
    expect(JSON.parse(answer.body)).toEqual({ error, message: expect.stringMatching(/^.{5,240}[^{}]$/) })
  })

  it('serves whoever offers another protocol as HTTP/1.1', async () => {
    const offer =
      'Host: x\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n'
    using client = await openRaw(server.origin, `GET /healthz HTTP/1.1\r\n${offer}\r\n`)
    await expect.poll(() => client.received).toMatch(/^HTTP\/1\.1 200 [^]*"ok"/)
    // It is a connection like any other.
    client.socket.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => client.received).toContain('HTTP/1.1 404 ')
  })

  it.for(name in bodies ? [bodies[name]!] : [])(
    'answers a body that is too large in the same shape: %j',
    async ([path, most]) => {
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${most + 1}\r\n\r\n`
      const { status, body } = await askRaw(server.origin, head)
      expect([status, JSON.parse(body)]).toEqual([413, { error: 'too-large', message: expect.any(String) }])
    },
  )

  it.each(['/healthz', '/metrics', '/docs', '/nothing'])('has safe headers at %s', async (path) => {
    const { headers } = await fetch(server.origin + path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-(inline|eval)|\*/)
  })

  it('lets pages of the origins that are named use it, and no others', async () => {
    const preflight = (origin: string, from: string) =>
      fetch(`${origin}/reservations`, {
        method: 'OPTIONS',
        headers: {
          origin: from,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,authorization',
        },
      })
    const allowed = await preflight(guarded.origin, page)
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, page])
    expect(allowed.headers.get('access-control-allow-methods')).toContain('POST')
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type,authorization')
    expect(allowed.headers.get('access-control-max-age')).toBe('3600')
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull()
    const answer = await fetch(`${guarded.origin}/healthz`, { headers: { origin: page } })
    expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('vary')]).toEqual([page, 'Origin'])
    for (const [origin, from] of [
      [guarded.origin, 'https://other.example.com'],
      [guarded.origin, `${page}.evil.example`],
      [server.origin, page],
    ] as const) {
      for (const refused of [
        await preflight(origin, from),
        await fetch(`${origin}/healthz`, { headers: { origin: from } }),
      ]) {
        expect(refused.headers.get('access-control-allow-origin')).toBeNull()
      }
    }
  })

  it('has its metrics on a port of their own, for those who have the token', async () => {
    expect((await fetch(`${server.origin}/metrics`)).status).toBe(200)
    expect((await fetch(`${guarded.origin}/metrics`)).status).toBe(404)
    const metrics = `${guarded.metricsOrigin}/metrics`
    for (const authorization of ['', 'Bearer', `Bearer ${token}x`, `Basic ${token}`]) {
      const refused = await fetch(metrics, { headers: { authorization } })
      expect([refused.status, await refused.json()]).toEqual([
        401,
        { error: 'unauthorized', message: 'The metrics need their token.' },
      ])
    }
    await fetch(`${guarded.origin}/healthz`)
    const shown = await fetch(metrics, { headers: { authorization: `Bearer ${token}` } })
    expect(await shown.text()).toContain('route="/healthz"')
    expect((await fetch(metrics, { headers: { authorization: `bearer  ${token}` } })).status).toBe(200)
    expect(errors).toEqual([])
  })
})

describe('a port of metrics that is taken', () => {
  it('is told as such, and nothing is left', async () => {
    const onError = () => {}
    const host = '127.0.0.1'
    const other = await listen(createApp({ onError }), { host, port: 0 })
    const app = createApp({ onError })
    measureRequests(app, { host, onError, metricsPort: Number(new URL(other.origin).port) })
    await expect(listen(app, { host, port: 0 })).rejects.toThrow(/is taken by another program.*--metrics-port/)
    await other.close()
  })
})
