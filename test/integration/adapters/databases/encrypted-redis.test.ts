import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openCache } from '../../../../src/lib/adapters/cache/cache.ts'
import { connectDatabase, openPausable } from '../../../../src/lib/adapters/databases/registry.ts'
import { readConnectionFacts } from '../../../../src/lib/adapters/databases/redis/connection.ts'
import { openPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import { connectPlain } from '../../../../src/lib/queue/client.ts'
import { createAuthority } from '../../../support/certificate.ts'
import { tryPort } from '../../../support/free-ports.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { askMeasured } from '../../../support/database/measured.ts'
import type { ConnectionFacts } from '../../../../src/lib/ports/database-facts.ts'

const authority = createAuthority('redis')
const stranger = createAuthority('redis')
const { server, client, ca } = authority
const socket = join(authority.folder, 'redis.sock')
const tlsPort = await tryPort(0)
const service = await startPrivateService(
  'redis',
  `tls-port ${tlsPort}
tls-cert-file ${server.cert}
tls-key-file ${server.key}
tls-ca-cert-file ${ca}
tls-auth-clients yes
unixsocket ${socket}
unixsocketperm 777
user someone on >S3cret/1 ~* &* +@all`,
)

afterAll(async () => {
  await service?.[Symbol.asyncDispose]()
  authority[Symbol.dispose]()
  stranger[Symbol.dispose]()
})

describe.skipIf(service === null)('a Redis that asks for certificates', () => {
  const own = `cert=${client.cert}&key=${client.key}`
  const rediss = (parameters: string, host = '127.0.0.1') =>
    `rediss://someone:S3cret%2F1@${host}:${tlsPort}/2?${parameters}`
  const encrypted: ConnectionFacts = {
    transport: 'tcp',
    encrypted: true,
    protocol: 'TLSv1.3',
    verified: 'authority and host',
  }

  async function connectionOf(at: string): Promise<ConnectionFacts | undefined> {
    await using database = await connectDatabase(at, { poolSize: 1 })
    expect(await database.tables()).toEqual([])
    await askMeasured(at)
    return database.engine.connection
  }

  it('is reached by those that it has certified', async () => {
    const locked = `cert=${client.cert}&key=${authority.lockedKey}&key_password=${authority.keySecret}`
    expect(await connectionOf(rediss(`cacert=${ca}&${own}`))).toEqual(encrypted)
    expect(await connectionOf(rediss(`ssl_ca_certs=${ca}&${locked}`, 'localhost'))).toEqual(encrypted)
    expect(await connectionOf(rediss(`insecure=true&${own}`))).toEqual({ ...encrypted, verified: 'none' })
  })

  it.each([
    [`cacert=${stranger.ca}&${own}`, 'encryption-refused', 'certificate'],
    [own, 'encryption-refused', 'certificate'],
    [`cacert=${ca}&sni=elsewhere.example&${own}`, 'encryption-refused', 'elsewhere.example'],
    [`cacert=${ca}`, 'encryption-refused', 'certificate required'],
    [`cacert=/nonexistent&${own}`, 'certificate-unusable', 'cacert'],
    [`cacert=${client.key}&${own}`, 'certificate-unusable', 'it holds no certificate'],
    ['tls=true', 'url-parameter-unknown', 'Known: cacert, cert, key'],
  ])('is not with %j', async (parameters, code, text) => {
    await expect(connectDatabase(rediss(parameters), { poolSize: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    })
  })

  it('does not take certificates for what is not encrypted', async () => {
    await expect(connectionOf(`${service!.url}?cacert=${ca}`)).rejects.toMatchObject({ code: 'url-parameter-wrong' })
  })

  it('says so where the server answers in plain text', async () => {
    const plain = service!.url.replace('redis:', 'rediss:')
    await expect(connectionOf(`${plain}?cacert=${ca}`)).rejects.toMatchObject({
      message: expect.stringContaining('does not speak TLS'),
    })
  })

  it('is reached by its Unix socket', async () => {
    const facts = { transport: 'unix socket', encrypted: false }
    expect(await connectionOf(`unix:${socket}?db=3`)).toEqual(facts)
    expect(await connectionOf(`unix://someone:S3cret%2F1@${socket}?client_name=x`)).toEqual(facts)
    await expect(connectionOf('unix:/nowhere.sock')).rejects.toMatchObject({ code: 'database-unreachable' })
  })

  it.each([
    ['rediss', rediss(`cacert=${ca}&${own}`)],
    ['unix', `unix:${socket}`],
  ])('is cache, pub/sub and queue by %s', async (_scheme, url) => {
    await using cache = await openCache(url)
    await cache.set('key', Buffer.from('value'), 10_000)
    expect(String(await cache.get('key'))).toBe('value')
    await using pubsub = await openPubSub(url)
    const { promise: heard, resolve: onMessage } = Promise.withResolvers<string>()
    await pubsub.subscribe('channel', { onMessage, onGap() {} })
    await pubsub.publish('channel', 'hi')
    expect(await heard).toBe('hi')
    const queue = await connectPlain(url)
    expect(await queue.ping()).toBe('PONG')
    await queue.close()
  })

  it('can be paused, and its certificate goes on being checked against its own name', async () => {
    await using access = await openPausable(rediss(`cacert=${ca}&${own}`, 'localhost'))
    expect(await readConnectionFacts(access.url)).toEqual(encrypted)
    expect(await connectionOf(access.url)).toEqual(encrypted)
    await using bySocket = await openPausable(`unix://someone:S3cret%2F1@${socket}?db=3`)
    expect(await connectionOf(bySocket.url)).toEqual({ transport: 'tcp', encrypted: false })
  })
})
